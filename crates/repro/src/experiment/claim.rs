//! Claims and expectations as an experiment's file says them.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::words::quantities::Quantity;

/// The ratios of weights that pass for the one a claim names, as multiples of it. "Twice as many" stands for 0.8⁻³, and
/// narrow networks have whole widths; fewer weights would make a claim easier than it says, so that less is allowed below.
pub const PREMISE: RangeInclusive<f64> = 0.9..=1.25;

/// One side of a claim: a method at a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellRef {
    /// Name of the line.
    pub method: String,
    /// Pruning round.
    pub round: usize,
    /// Data set the network was trained on; the one fitted if absent.
    #[serde(default)]
    pub trained_on: Option<String>,
}

/// `[[claim]]`: an ordering that must hold at any size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Short name.
    pub name: String,
    /// The quantity it is said of; PSNR after the last step if absent.
    #[serde(default = "psnr")]
    pub quantity: Quantity,
    /// The side said to be better.
    pub better: CellRef,
    /// The other side.
    pub worse: CellRef,
    /// Data sets it is said of; all if absent.
    #[serde(default)]
    pub datasets: Option<Vec<String>>,
    /// Steps of the fit after which it is said; the last alone if absent.
    #[serde(default)]
    pub steps: Vec<usize>,
    /// The premise: `worse` has so many times the surviving weights of `better`, within [`PREMISE`]; none if absent.
    #[serde(default)]
    pub times_weights: Option<f64>,
    /// The claim in words; those of the step are put before them.
    pub text: String,
}

fn psnr() -> Quantity {
    Quantity::Psnr
}

/// `[[expect]]`: a number that must come out at the paper's size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Data set.
    pub dataset: String,
    /// Method.
    pub method: String,
    /// Pruning round.
    pub round: usize,
    /// PSNR after the last step, dB.
    pub psnr_db: f64,
    /// Allowed distance of the mean over seeds, dB.
    pub tolerance_db: f64,
}

impl Claim {
    /// The claim in words, after a step or the last.
    pub fn text_at(&self, step: Option<usize>) -> String {
        match step {
            Some(1) => format!("After 1 step of the fit: {}", self.text),
            Some(step) => format!("After {step} steps of the fit: {}", self.text),
            None => self.text.clone(),
        }
    }
}
