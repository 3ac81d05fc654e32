//! What the measurements say of a claim.

use serde::Serialize;

use crate::experiment::PREMISE;
use crate::words::numbers::count_text;

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
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    /// Mean over seeds of better − worse (claim) or measured − expected (expectation), dB.
    pub mean_db: Option<f64>,
    /// Sample standard deviation of that difference over seeds, dB; none for one seed.
    pub sd_db: Option<f64>,
    /// 95 % interval of the mean difference over seeds and signals, dB (claims only).
    pub interval_db: Option<[f64; 2]>,
    /// Two-sided p-value of that difference (claims only).
    pub p_value: Option<f64>,
    /// Seeds it rests on.
    pub seeds: usize,
    /// Signals of each seed it rests on (claims only).
    pub signals: Option<usize>,
    /// Signals left out because a side is fitted exactly in some seed: infinite PSNR has no difference.
    #[serde(skip_serializing_if = "is_zero")]
    pub exact: usize,
    /// Seeds left out because a side is missing or failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub seeds_left_out: usize,
    /// The weights of the networks, where the claim names their ratio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub premise: Option<Premise>,
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

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Whether a claim or an expectation does not hold, or stands on a false premise (exit code 4 with `--strict`).
pub fn any_broken(verdicts: &[Verdict]) -> bool {
    verdicts.iter().any(|verdict| matches!(verdict.status, Status::DoesNotHold | Status::PremiseFails))
}
