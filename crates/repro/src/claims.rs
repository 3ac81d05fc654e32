//! Claims of an experiment and what the measurements say of them.
//!
//! A claim is an ordering of two cells that must hold at any size; an expectation is a number that must come out
//! at the paper's size. Both come from the experiment's file (`[[claim]]`, `[[expect]]`). A claim is tested on
//! differences paired by seed and signal, d = psnr(better) − psnr(worse), so that what a seed (tasks, initialisation)
//! or a signal does to both sides cancels; it holds, does not, or is undecided as the 95 % interval of
//! [`crate::statistics::paired`] says. The PSNR is that after the last step of the fits, or after the steps that the
//! claim names, each with a verdict of its own. All differences are in dB. A pair of which a side is fitted exactly
//! (infinite PSNR) has no difference and is left out, as is a seed that one side lacks or failed; both are counted in the
//! verdict. A claim that names a ratio of weights is judged only where the networks have it. Every verdict is of its claim alone; how many
//! stay decided when all are tested together is said below them ([`together`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::measure::Rows;
use crate::plot::style::method_label;
use crate::row::Row;
use crate::statistics::{FEWEST, holm, mean_sd, paired};
use crate::table::Stat;
use crate::table::text::{TERMINAL_COLUMNS, clip, count_text, signed};

/// The ratios of weights that pass for the one a claim names, as multiples of it. "Twice as many" stands for 0.8⁻³, and
/// narrow networks have whole widths; fewer weights would make a claim easier than it says, so that less is allowed below.
pub const PREMISE: std::ops::RangeInclusive<f64> = 0.9..=1.25;

/// A ratio further off than this is told beside the verdict.
const TOLD: f64 = 0.05;

/// One side of a claim: a method at a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellRef {
    /// Method.
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
    /// The side said to have the higher PSNR.
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

impl Claim {
    /// The claim in words, after a step or the last.
    fn text_at(&self, step: Option<usize>) -> String {
        match step {
            Some(1) => format!("After 1 step of the fit: {}", self.text),
            Some(step) => format!("After {step} steps of the fit: {}", self.text),
            None => self.text.clone(),
        }
    }
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
    fn share(&self) -> f64 {
        self.worse as f64 / self.better as f64 / self.times
    }

    fn is_false(&self) -> bool {
        !PREMISE.contains(&self.share())
    }

    /// `1,062 weights against 556`.
    fn text(&self) -> String {
        format!("{} weights against {}", count_text(Some(self.worse)), count_text(Some(self.better)))
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Verdict {
    /// `holds`, `does not hold (1 seed)`, `undecided`, …
    pub fn words(&self) -> String {
        let words = match self.status {
            Status::Holds => "holds",
            Status::DoesNotHold => "does not hold",
            Status::Undecided => "undecided",
            Status::NotMeasured if self.exact > 0 => "not judged: every pair has an exact fit",
            Status::NotMeasured => "not measured",
            Status::PremiseFails => {
                let weights = self.premise.map_or(String::new(), |it| format!(", {}", it.text()));
                return format!("not judged: its premise is false{weights}");
            }
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

    /// `+1.20 ± 0.10 dB over 3 seeds × 16 signals, 95 % [+0.80, +1.50]`; empty if nothing was measured.
    pub fn difference_text(&self) -> String {
        let Some(mean) = self.mean_db else { return String::new() };
        let plus = |number: f64| if number >= 0.0 { "+" } else { "" };
        let seeds = if self.seeds == 1 { "1 seed".into() } else { format!("{} seeds", self.seeds) };
        let signals = self.signals.map_or(String::new(), |signals| format!(" × {signals} signals"));
        let ends = |[low, high]: [f64; 2]| {
            format!(", 95 % [{}{}, {}{}]", plus(low), signed(low), plus(high), signed(high))
        };
        let interval = self.interval_db.map_or(String::new(), ends);
        let mean_sd = Stat { mean, sd: self.sd_db }.text();
        format!("{}{mean_sd} dB over {seeds}{signals}{interval}{}", plus(mean), self.remarks_text())
    }

    /// `; left out: 1 signal fitted exactly, 1 seed without both sides; 1,062 weights against 556`; empty if there is
    /// nothing of the kind to tell.
    fn remarks_text(&self) -> String {
        let plural = |count: usize, what: &str, why: &str| match count {
            0 => None,
            1 => Some(format!("1 {what} {why}")),
            count => Some(format!("{count} {what}s {why}")),
        };
        let parts = [
            plural(self.exact, "signal", "fitted exactly"),
            plural(self.seeds_left_out, "seed", "without both sides"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let left_out =
            if parts.is_empty() { String::new() } else { format!("; left out: {}", parts.join(", ")) };
        let told = self.premise.filter(|premise| (premise.share() - 1.0).abs() > TOLD);
        left_out + &told.map_or(String::new(), |premise| format!("; {}", premise.text()))
    }
}

/// Checks every claim, after every step it names, on every data set it is said of.
pub fn check_claims(rows: &Rows, claims: &[Claim]) -> Vec<Verdict> {
    let mut all: Vec<String> = Vec::new();
    for row in &rows.signals {
        if !all.contains(&row.dataset) {
            all.push(row.dataset.clone());
        }
    }
    let mut verdicts = Vec::new();
    for claim in claims {
        let steps = match claim.steps.is_empty() {
            true => vec![None],
            false => claim.steps.iter().copied().map(Some).collect(),
        };
        let on = claim.datasets.as_ref().unwrap_or(&all);
        let on_all = |step| on.iter().map(move |dataset| check_claim(rows, claim, dataset, step));
        verdicts.extend(steps.into_iter().flat_map(on_all));
    }
    verdicts
}

fn check_claim(rows: &Rows, claim: &Claim, dataset: &str, step: Option<usize>) -> Verdict {
    let better = by_seed_and_signal(rows, dataset, &claim.better, step);
    let worse = by_seed_and_signal(rows, dataset, &claim.worse, step);
    let Differences { of_seeds: differences, exact, seeds_left_out } = differences(&better, &worse);
    let premise = premise(&rows.cells, dataset, claim);
    let is_false = premise.is_some_and(|premise| premise.is_false());
    let found = paired(&differences).filter(|_| !is_false);
    Verdict {
        name: claim.name.clone(),
        text: claim.text_at(step),
        dataset: dataset.to_owned(),
        step,
        status: match found {
            None if is_false => Status::PremiseFails,
            None => Status::NotMeasured,
            Some(_) if differences[0].len() < FEWEST => Status::Undecided,
            Some(found) => order_status(found.interval),
        },
        mean_db: found.map(|found| found.mean),
        sd_db: found.and_then(|found| found.sd),
        interval_db: found.and_then(|found| found.interval),
        p_value: found.and_then(|found| found.p_value),
        seeds: differences.len(),
        signals: differences.first().map(Vec::len),
        exact,
        seeds_left_out,
        premise,
    }
}

/// The networks of a claim that are furthest from the ratio of weights it names.
fn premise(rows: &[Row], dataset: &str, claim: &Claim) -> Option<Premise> {
    let times = claim.times_weights?;
    let weights = |side: &CellRef| -> Vec<usize> {
        let trained_on = side.trained_on.as_deref().unwrap_or(dataset);
        let of_side = rows.iter().filter(|row| {
            (&*row.dataset, row.trained_on.as_deref().unwrap_or(dataset), &*row.method, row.round)
                == (dataset, trained_on, &*side.method, side.round)
        });
        of_side.filter_map(|row| row.weights).collect()
    };
    let (better, worse) = (weights(&claim.better), weights(&claim.worse));
    let pairs =
        better.iter().flat_map(|&better| worse.iter().map(move |&worse| Premise { times, better, worse }));
    pairs.max_by(|a, b| a.share().ln().abs().total_cmp(&b.share().ln().abs()))
}

fn order_status(interval: Option<[f64; 2]>) -> Status {
    match interval {
        Some([low, _]) if low > 0.0 => Status::Holds,
        Some([_, high]) if high < 0.0 => Status::DoesNotHold,
        _ => Status::Undecided,
    }
}

/// Seed → signal → PSNR in dB of a cell.
type Pairs<'a> = BTreeMap<Option<u64>, BTreeMap<&'a str, f64>>;

/// Of the rows after a step, or of those after the last.
fn by_seed_and_signal<'a>(rows: &'a Rows, dataset: &str, cell: &CellRef, step: Option<usize>) -> Pairs<'a> {
    let trained_on = cell.trained_on.as_deref().unwrap_or(dataset);
    let wanted = (dataset, trained_on, &*cell.method, cell.round);
    let mut pairs = Pairs::new();
    let mut add = |at: (&str, Option<&'a str>, &str, usize), seed, signal: &'a str, psnr_db| {
        if (at.0, at.1.unwrap_or(at.0), at.2, at.3) == wanted {
            pairs.entry(seed).or_default().insert(signal, psnr_db);
        }
    };
    match step {
        None => rows.signals.iter().filter(|row| row.err.is_none()).for_each(|row| {
            let at = (&*row.dataset, row.trained_on.as_deref(), &*row.method, row.round);
            row.psnr_db.into_iter().for_each(|psnr_db| add(at, row.seed, &row.signal, psnr_db));
        }),
        Some(step) => rows.along.iter().filter(|row| row.step == step).for_each(|row| {
            let at = (&*row.dataset, row.trained_on.as_deref(), &*row.method, row.round);
            add(at, row.seed, &row.signal, row.psnr_db);
        }),
    }
    pairs
}

/// The differences of a claim, and what they leave out.
#[derive(Default)]
struct Differences {
    /// better − worse, dB: `[seeds][signals]`.
    of_seeds: Vec<Vec<f64>>,
    /// Signals of which a side is infinite in some seed.
    exact: usize,
    /// Seeds that one side lacks.
    seeds_left_out: usize,
}

/// Of every seed that both sides have, over the signals that all of those seeds have on both sides, finite.
fn differences(better: &Pairs, worse: &Pairs) -> Differences {
    let all: BTreeSet<_> = better.keys().chain(worse.keys()).collect();
    let seeds: Vec<_> =
        better.iter().filter_map(|(seed, b)| worse.get(seed).map(|worse| (b, worse))).collect();
    let seeds_left_out = all.len() - seeds.len();
    let Some((first, _)) = seeds.first() else { return Differences { seeds_left_out, ..Default::default() } };
    let everywhere = |name: &&str| {
        seeds.iter().all(|(better, worse)| better.contains_key(name) && worse.contains_key(name))
    };
    let is_finite =
        |name: &&str| seeds.iter().all(|(better, worse)| (better[name] - worse[name]).is_finite());
    let known = first.keys().copied().filter(everywhere);
    let (names, exact): (Vec<&str>, Vec<&str>) = known.partition(is_finite);
    let of_seed = |(better, worse): &(&BTreeMap<&str, f64>, &BTreeMap<&str, f64>)| -> Vec<f64> {
        names.iter().map(|name| better[name] - worse[name]).collect()
    };
    let of_seeds = if names.is_empty() { Vec::new() } else { seeds.iter().map(of_seed).collect() };
    Differences { of_seeds, exact: exact.len(), seeds_left_out }
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
        step: None,
        status,
        mean_db,
        sd_db,
        interval_db: None,
        p_value: None,
        seeds: differences.len(),
        signals: None,
        exact: 0,
        seeds_left_out: 0,
        premise: None,
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

/// Verdicts as terminal text: a claim, and a line for each data set it is checked on.
pub fn verdicts_text(verdicts: &[Verdict]) -> String {
    let mut out = String::new();
    for of_one_claim in verdicts.chunk_by(|a, b| a.name == b.name && a.text == b.text) {
        let _ = writeln!(out, "{}", clip(&of_one_claim[0].text, TERMINAL_COLUMNS));
        for verdict in of_one_claim {
            let words = [verdict.words(), verdict.difference_text()];
            let words: Vec<String> = words.into_iter().filter(|text| !text.is_empty()).collect();
            let line = format!("  {} {}: {}", verdict.mark(), verdict.dataset, words.join(", "));
            for part in line
                .split("; ")
                .enumerate()
                .map(|(i, part)| format!("{}{part}", if i > 0 { "      " } else { "" }))
            {
                let _ = writeln!(out, "{}", clip(&part, TERMINAL_COLUMNS));
            }
        }
    }
    if let Some(together) = together(verdicts) {
        let _ = writeln!(out, "{together}");
    }
    out
}

/// How many of the decided claims stay decided when all claims of the experiment are tested together (Holm), in words; nothing
/// if there are fewer than two to test.
pub fn together(verdicts: &[Verdict]) -> Option<String> {
    let tested: Vec<(&Verdict, f64)> = verdicts
        .iter()
        .filter(|verdict| verdict.signals.is_some_and(|signals| signals >= FEWEST))
        .filter_map(|verdict| Some((verdict, verdict.p_value?)))
        .collect();
    if tested.len() < 2 {
        return None;
    }
    let p_values: Vec<f64> = tested.iter().map(|(_, p_value)| *p_value).collect();
    let alone = |verdict: &Verdict| matches!(verdict.status, Status::Holds | Status::DoesNotHold);
    let decided = tested.iter().filter(|(verdict, _)| alone(verdict)).count();
    let stay = tested.iter().zip(holm(&p_values)).filter(|((verdict, _), stays)| *stays && alone(verdict));
    let (all, stay) = (tested.len(), stay.count());
    Some(match stay == decided {
        true => format!("All {decided} decided of {all} stay so when tested together at 5 % (Holm)."),
        false => {
            format!("{stay} of {decided} decided stay so when all {all} are tested together at 5 % (Holm).")
        }
    })
}

/// Whether a claim or an expectation does not hold, or stands on a false premise (exit code 4 with `--strict`).
pub fn any_broken(verdicts: &[Verdict]) -> bool {
    verdicts.iter().any(|verdict| matches!(verdict.status, Status::DoesNotHold | Status::PremiseFails))
}
