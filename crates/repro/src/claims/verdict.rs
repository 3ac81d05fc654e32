//! What the measurements say of a claim.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::experiment::PREMISE;
use crate::words::numbers::count_text;
use crate::words::quantities::Quantity;

/// What the measurements say of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The interval of the difference is above zero (an expectation: the mean is within its tolerance).
    Holds,
    /// The interval is below zero (an expectation: the mean is not within its tolerance).
    DoesNotHold,
    /// Zero is inside the interval, or there are fewer than [`FEWEST`] signals.
    Undecided,
    /// No pair of seed and signal has both sides.
    NotMeasured,
    /// The networks do not have the ratio of weights that the claim names.
    PremiseFails,
    /// An expectation of the paper's size, and the rows are of another profile.
    NotEvaluated,
}

/// A claim or an expectation on one data set, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Name of the claim.
    pub name: String,
    /// The claim in words.
    pub text: String,
    /// Data set.
    pub dataset: String,
    /// Step of the fit it is said of; none for the last.
    pub step: Option<usize>,
    /// What the measurements say.
    pub status: Status,
    /// The quantity it is said of.
    pub quantity: Quantity,
    /// Mean over seeds of how much better the better side is (claim), or of measured − expected (expectation); in the
    /// quantity's unit.
    pub mean: Option<f64>,
    /// Sample standard deviation of that difference over seeds; none for one seed.
    pub sd: Option<f64>,
    /// 95 % interval of the mean difference over seeds and signals (claims only).
    pub interval: Option<[f64; 2]>,
    /// Two-sided p-value of that difference (claims only).
    pub p_value: Option<f64>,
    /// Seeds it rests on.
    pub seeds: usize,
    /// Signals of each seed it rests on (claims only).
    pub signals: Option<usize>,
    /// Signals left out because a side is fitted exactly in some seed: infinite PSNR has no difference.
    pub exact: usize,
    /// Seeds left out because a side is missing or failed.
    pub seeds_left_out: usize,
    /// The weights of the networks, where the claim names their ratio.
    pub premise: Option<Premise>,
}

/// Differences carry their unit in their name where they have one: `mean_db`, `sd_db`, `interval_db`.
impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kind = self.quantity.kind();
        let named = |name: &str| match kind.unit {
            "dB" => format!("{name}_db"),
            _ => name.to_string(),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("text", &self.text)?;
        map.serialize_entry("dataset", &self.dataset)?;
        map.serialize_entry("step", &self.step)?;
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("quantity", &self.quantity)?;
        map.serialize_entry(&named("mean"), &self.mean)?;
        map.serialize_entry(&named("sd"), &self.sd)?;
        map.serialize_entry(&named("interval"), &self.interval)?;
        map.serialize_entry("p_value", &self.p_value)?;
        map.serialize_entry("seeds", &self.seeds)?;
        map.serialize_entry("signals", &self.signals)?;
        for (name, count) in [("exact", self.exact), ("seeds_left_out", self.seeds_left_out)] {
            if count > 0 {
                map.serialize_entry(name, &count)?;
            }
        }
        if let Some(premise) = &self.premise {
            map.serialize_entry("premise", premise)?;
        }
        map.end()
    }
}

/// The ratio of weights that a claim names, and the networks it is said of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Premise {
    /// worse over better, as the claim has it.
    pub times: f64,
    /// Surviving weights of the better side.
    pub better: usize,
    /// Surviving weights of the worse side.
    pub worse: usize,
}

impl Premise {
    /// The ratio measured over the one named.
    pub fn share(&self) -> f64 {
        self.worse as f64 / self.better as f64 / self.times
    }

    /// Whether the networks do not have it.
    pub fn is_false(&self) -> bool {
        !PREMISE.contains(&self.share())
    }

    /// `1,062 weights against 556`.
    pub fn text(&self) -> String {
        format!("{} weights against {}", count_text(Some(self.worse)), count_text(Some(self.better)))
    }
}

/// Whether a claim or an expectation does not hold, or stands on a false premise (exit code 4 with `--strict`).
pub fn any_broken(verdicts: &[Verdict]) -> bool {
    verdicts.iter().any(|verdict| matches!(verdict.status, Status::DoesNotHold | Status::PremiseFails))
}
