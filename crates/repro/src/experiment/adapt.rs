//! [adapt]: which numbers of a network are a signal's own. Where the section is absent all are, as in the paper.

use meta::adapt::{Entries, Subset};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `[adapt]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptSpec {
    /// What the inner steps and the fits move; everything else all signals share.
    pub own: Own,
}

/// A part of the network by its name in [`Subset::NAMED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own(pub Subset);

/// A signal's own entries: all where nothing is said.
pub fn entries(own: Option<Own>) -> Entries {
    own.map_or(Entries::ALL, |own| Entries::of(own.0))
}

impl Serialize for Own {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named = Subset::NAMED.iter().find(|(_, subset)| *subset == self.0);
        named.map_or_else(
            || Err(serde::ser::Error::custom("a part without a name")),
            |(name, _)| serializer.serialize_str(name),
        )
    }
}

impl<'de> Deserialize<'de> for Own {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map(Self).map_err(|_| {
            let known: Vec<String> = Subset::NAMED.iter().map(|(name, _)| format!("`{name}`")).collect();
            D::Error::custom(format!("unknown variant `{name}`, expected one of {}", known.join(", ")))
        })
    }
}
