//! Claims of an experiment and what the measurements say of them.
//!
//! A claim is an ordering of two cells that must hold at any size; an expectation is a number that must come out
//! at the paper's size. Both come from the experiment's file (`[[claim]]`, `[[expect]]`) and are checked with the
//! spread over seeds: the seeds pair the two sides, d_s = psnr(better, s) − psnr(worse, s), so that what a seed
//! does to both (tasks, initialisation) cancels. All differences are in dB.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::plot::style::method_label;
use crate::row::Row;
use crate::table::text::{TERMINAL_COLUMNS, clip};
use crate::table::{Stat, datasets_of};

/// One side of a claim: a method at a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellRef {
    /// Method.
    pub method: String,
    /// Pruning round.
    pub round: usize,
}

/// `[[claim]]`: an ordering that must hold at any size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Short name.
    pub name: String,
    /// The side said to have the higher PSNR.
    pub better: CellRef,
    /// The other side.
    pub worse: CellRef,
    /// Data sets it is said of; all if absent.
    #[serde(default)]
    pub datasets: Option<Vec<String>>,
    /// The claim in words.
    pub text: String,
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

/// What the measurements say of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The difference is above zero by two standard errors, or by its sign for one seed.
    Holds,
    /// The difference is below zero by two standard errors, or by its sign for one seed.
    DoesNotHold,
    /// The spread over seeds is too large to tell.
    Undecided,
    /// No seed has both sides.
    NotMeasured,
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
    /// What the measurements say.
    pub status: Status,
    /// Mean over seeds of better − worse (claim) or measured − expected (expectation), dB.
    pub mean_db: Option<f64>,
    /// Sample standard deviation of that difference over seeds, dB; none for one seed.
    pub sd_db: Option<f64>,
    /// Seeds it rests on.
    pub seeds: usize,
}

impl Verdict {
    /// `holds`, `does not hold (1 seed)`, `undecided`, …
    pub fn words(&self) -> String {
        let words = match self.status {
            Status::Holds => "holds",
            Status::DoesNotHold => "does not hold",
            Status::Undecided => "undecided",
            Status::NotMeasured => "not measured",
            Status::NotEvaluated => "not evaluated at this size",
        };
        if self.seeds == 1 { format!("{words} (1 seed)") } else { words.to_owned() }
    }

    /// ✓, ✗ or ?.
    pub fn mark(&self) -> char {
        match self.status {
            Status::Holds => '✓',
            Status::DoesNotHold => '✗',
            _ => '?',
        }
    }

    /// `+1.20 ± 0.10 dB over 3 seeds`; empty if nothing was measured.
    pub fn difference_text(&self) -> String {
        let Some(mean) = self.mean_db else { return String::new() };
        let sign = if mean >= 0.0 { "+" } else { "" };
        let seeds = if self.seeds == 1 { "1 seed".into() } else { format!("{} seeds", self.seeds) };
        format!("{sign}{} dB over {seeds}", Stat { mean, sd: self.sd_db }.text())
    }
}

/// Checks every claim on every data set it is said of.
///
/// The seeds pair the two sides: d_s = psnr(better, s) − psnr(worse, s). With n ≥ 2 seeds the claim holds if
/// mean(d) − 2·sd(d)/√n > 0 and does not if mean(d) + 2·sd(d)/√n < 0; one seed decides by its sign.
pub fn check_claims(rows: &[Row], claims: &[Claim]) -> Vec<Verdict> {
    let all = datasets_of(rows);
    let mut verdicts = Vec::new();
    for claim in claims {
        for dataset in claim.datasets.as_ref().unwrap_or(&all) {
            verdicts.push(check_claim(rows, claim, dataset));
        }
    }
    verdicts
}

fn check_claim(rows: &[Row], claim: &Claim, dataset: &str) -> Verdict {
    let better = by_seed(rows, dataset, &claim.better.method, claim.better.round);
    let worse = by_seed(rows, dataset, &claim.worse.method, claim.worse.round);
    let differences: Vec<f64> =
        better.iter().filter_map(|(seed, better)| worse.get(seed).map(|worse| better - worse)).collect();
    let (mean_db, sd_db) = mean_sd(&differences);
    Verdict {
        name: claim.name.clone(),
        text: claim.text.clone(),
        dataset: dataset.to_owned(),
        status: order_status(mean_db, sd_db, differences.len()),
        mean_db,
        sd_db,
        seeds: differences.len(),
    }
}

fn order_status(mean_db: Option<f64>, sd_db: Option<f64>, n: usize) -> Status {
    let Some(mean) = mean_db else { return Status::NotMeasured };
    let margin = 2.0 * sd_db.unwrap_or(0.0) / (n as f64).sqrt();
    if mean - margin > 0.0 {
        Status::Holds
    } else if mean + margin < 0.0 {
        Status::DoesNotHold
    } else {
        Status::Undecided
    }
}

/// Checks the expectations against rows of the profile `paper`; of other profiles nothing is expected.
pub fn check_expectations(rows: &[Row], expectations: &[Expect]) -> Vec<Verdict> {
    let paper_size: Vec<Row> = rows.iter().filter(|row| row.profile == "paper").cloned().collect();
    expectations.iter().map(|expect| check_expectation(&paper_size, expect)).collect()
}

fn check_expectation(paper_size: &[Row], expect: &Expect) -> Verdict {
    let measured = by_seed(paper_size, &expect.dataset, &expect.method, expect.round);
    let differences: Vec<f64> = measured.values().map(|psnr_db| psnr_db - expect.psnr_db).collect();
    let (mean_db, sd_db) = mean_sd(&differences);
    let status = match mean_db {
        Some(mean) if mean.abs() <= expect.tolerance_db => Status::Holds,
        Some(_) => Status::DoesNotHold,
        None if paper_size.is_empty() => Status::NotEvaluated,
        None => Status::NotMeasured,
    };
    let label = method_label(&expect.method);
    Verdict {
        name: format!("{label}, round {}", expect.round),
        text: format!("{label} reaches {:.2} ± {:.2} dB", expect.psnr_db, expect.tolerance_db),
        dataset: expect.dataset.clone(),
        status,
        mean_db,
        sd_db,
        seeds: differences.len(),
    }
}

/// PSNR in dB of each seed of a cell; failed rows are left out.
fn by_seed(rows: &[Row], dataset: &str, method: &str, round: usize) -> BTreeMap<Option<u64>, f64> {
    rows.iter()
        .filter(|row| row.dataset == dataset && row.method == method && row.round == round)
        .filter(|row| row.err.is_none())
        .filter_map(|row| row.psnr_db.map(|psnr_db| (row.seed, psnr_db)))
        .collect()
}

fn mean_sd(values: &[f64]) -> (Option<f64>, Option<f64>) {
    if values.is_empty() {
        return (None, None);
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    (Some(mean), (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt()))
}

/// Verdicts as terminal text, a line each.
pub fn verdicts_text(verdicts: &[Verdict]) -> String {
    let mut out = String::new();
    for verdict in verdicts {
        let words = [verdict.words(), verdict.difference_text()];
        let words: Vec<String> = words.into_iter().filter(|text| !text.is_empty()).collect();
        let line = format!("{} {}: {}", verdict.mark(), verdict.dataset, clip(&verdict.text, 90));
        let _ = writeln!(out, "{}\n    {}", clip(&line, TERMINAL_COLUMNS), words.join(", "));
    }
    out
}

/// Whether a claim or an expectation does not hold (exit code 4 with `--strict`).
pub fn any_broken(verdicts: &[Verdict]) -> bool {
    verdicts.iter().any(|verdict| verdict.status == Status::DoesNotHold)
}
