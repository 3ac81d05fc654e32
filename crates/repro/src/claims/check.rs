//! Claims of an experiment and what the measurements say of them.
//!
//! A claim is an ordering of two cells that must hold at any size; an expectation is a number that must come out
//! at the paper's size. Both come from the experiment's file (`[[claim]]`, `[[expect]]`). A claim is tested on
//! differences of its quantity paired by seed and signal, d = better − worse (worse − better where the smaller is better), so that what a seed (tasks, initialisation)
//! or a signal does to both sides cancels; it holds, does not, or is undecided as the 95 % interval of
//! [`crate::measures::statistics::paired`] says. A PSNR is that after the last step of the fits, or after the steps that the
//! claim names, each with a verdict of its own. A pair of which a side is fitted exactly
//! (infinite PSNR) has no difference and is left out, as is a seed that one side lacks or failed; both are counted in the
//! verdict. A claim that names a ratio of weights is judged only where the networks have it. Every verdict is of its claim alone; how many
//! stay decided when all are tested together is said below them ([`super::together`]).

use std::collections::{BTreeMap, BTreeSet};

use super::verdict::{Premise, Status, Verdict};
use crate::experiment::{CellRef, Claim, Expect};
use crate::measures::statistics::{FEWEST, mean_sd, paired};
use crate::rows::{Row, Rows};
use crate::words::methods::method_label;
use crate::words::quantities::{Better, Quantity};

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
    let better = by_seed_and_signal(rows, dataset, claim, &claim.better, step);
    let worse = by_seed_and_signal(rows, dataset, claim, &claim.worse, step);
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
        quantity: claim.quantity,
        mean: found.map(|found| found.mean),
        sd: found.and_then(|found| found.sd),
        interval: found.and_then(|found| found.interval),
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
            (&*row.dataset, row.trained_on.as_deref().unwrap_or(dataset), &*row.line, row.round)
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

/// Seed → signal → how good a cell is at it: the quantity, negative where the smaller is better.
type Pairs<'a> = BTreeMap<Option<u64>, BTreeMap<&'a str, f64>>;

/// Of the rows after a step, or of those after the last.
fn by_seed_and_signal<'a>(
    rows: &'a Rows,
    dataset: &str,
    claim: &Claim,
    cell: &CellRef,
    step: Option<usize>,
) -> Pairs<'a> {
    let trained_on = cell.trained_on.as_deref().unwrap_or(dataset);
    let wanted = (dataset, trained_on, &*cell.method, cell.round);
    let mut pairs = Pairs::new();
    let mut add = |at: (&str, Option<&'a str>, &str, usize), seed, signal: &'a str, worth| {
        if (at.0, at.1.unwrap_or(at.0), at.2, at.3) == wanted {
            pairs.entry(seed).or_default().insert(signal, worth);
        }
    };
    match step {
        None => rows.signals.iter().filter(|row| row.err.is_none()).for_each(|row| {
            let at = (&*row.dataset, row.trained_on.as_deref(), &*row.line, row.round);
            let worth = |value: f64| match claim.quantity.kind().better {
                Better::Higher => value,
                Better::Lower => -value,
            };
            let known = row.values[claim.quantity].map(worth);
            known.into_iter().for_each(|worth| add(at, row.seed, &row.signal, worth));
        }),
        Some(step) => rows.along.iter().filter(|row| row.step == step).for_each(|row| {
            let at = (&*row.dataset, row.trained_on.as_deref(), &*row.line, row.round);
            add(at, row.seed, &row.signal, row.psnr_db);
        }),
    }
    pairs
}

/// The differences of a claim, and what they leave out.
#[derive(Default)]
struct Differences {
    /// better − worse, in the quantity's unit: `[seeds][signals]`.
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
        quantity: Quantity::Psnr,
        mean: mean_db,
        sd: sd_db,
        interval: None,
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
        .filter(|row| row.dataset == dataset && row.line == method && row.round == round)
        .filter(|row| row.err.is_none())
        .filter_map(|row| row.values[Quantity::Psnr].map(|psnr_db| (row.seed, psnr_db)))
        .collect()
}
