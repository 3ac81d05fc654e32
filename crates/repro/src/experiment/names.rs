//! Names in a file of what other crates call by their own types, each with its conversion.

use meta::fit::Optimiser;
use meta::maml::Order;
use serde::{Deserialize, Serialize};

/// Name of [`Order`] in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderName {
    /// First-order MAML.
    First,
    /// Exact second-order MAML.
    Second,
}

impl From<OrderName> for Order {
    fn from(name: OrderName) -> Self {
        match name {
            OrderName::First => Self::First,
            OrderName::Second => Self::Second,
        }
    }
}

/// Name of [`Optimiser`] in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum OptimiserName {
    /// Adam with torch's defaults.
    Adam,
    /// Plain gradient descent.
    Sgd,
}

impl From<OptimiserName> for Optimiser {
    fn from(name: OptimiserName) -> Self {
        match name {
            OptimiserName::Adam => Self::Adam,
            OptimiserName::Sgd => Self::Sgd,
        }
    }
}

/// Name of [`datasets::Choice`] in a file; with the number of signals it is one, see [`super::TestSpec`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChoiceName {
    /// The authors': the first n by path.
    FirstByPath,
    /// Evenly over classes or paths.
    Stratified,
}
