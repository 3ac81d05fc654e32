//! Which rows of an experiment are one line of its tables, and of which lines its claims are.
//!
//! A mean ± sd is over seeds of one line. Rows that are computed otherwise therefore never share a name, nor what a
//! person reads of it, and a claim names lines that there are.

use anyhow::{Result, bail, ensure};

use super::{Experiment, RowSpec, unknown};
use crate::claims::Claim;
use crate::plot::style::method_label;
use crate::recipe::METHODS;

/// Rows are told apart by their names: what is computed otherwise never has the name of another.
pub(super) fn check_lines(experiment: &Experiment) -> Result<()> {
    for (i, row) in experiment.row.iter().enumerate() {
        let borrowed = row.name() != row.method && label(row.name()) != label(&row.method);
        if borrowed && let Some(method) = METHODS.iter().find(|m| label(m.name) == label(row.name())) {
            bail!(
                "[[row]] name {:?}: is a method's, {}, but the row's is {}; choose another name",
                row.name(),
                method.name,
                row.method
            );
        }
        for before in experiment.row[..i].iter().filter(|before| label(before.name()) == label(row.name())) {
            let place = format!("[[row]] {}", row.name());
            ensure!(
                before.method == row.method && is_computed_alike(before, row) && before.name() == row.name(),
                "{place}: two rows that differ in their method or settings (schedule, fit, set) would be one line; give \
                 one of them a `name` of its own"
            );
            let round =
                row.rounds.iter().find(|round| before.rounds.contains(round) && share_data(before, row));
            if let Some(round) = round {
                bail!(
                    "{place}: round {round} is asked twice on one data set; remove it from one row, or give one a `name`"
                );
            }
        }
    }
    Ok(())
}

/// What a person reads of a name, whatever its case and spaces.
fn label(name: &str) -> String {
    let words: Vec<&str> = method_label(name).split_whitespace().collect();
    words.join(" ").to_lowercase()
}

fn is_computed_alike(a: &RowSpec, b: &RowSpec) -> bool {
    a.schedule == b.schedule && a.fit == b.fit && a.own == b.own
}

fn share_data(a: &RowSpec, b: &RowSpec) -> bool {
    match (&a.datasets, &b.datasets) {
        (Some(a), Some(b)) => a.iter().any(|name| b.contains(name)),
        _ => true,
    }
}

/// A claim is of lines that the experiment has.
pub(super) fn check_claim(experiment: &Experiment, claim: &Claim) -> Result<()> {
    let place = format!("[[claim]] {}", claim.name);
    for (key, side) in [("better", &claim.better), ("worse", &claim.worse)] {
        let named = || experiment.row.iter().filter(|row| row.name() == side.method);
        if named().next().is_none() {
            let known = experiment.row.iter().map(RowSpec::name);
            return Err(unknown(&format!("{place}: {key}.method"), &side.method, known));
        }
        ensure!(
            named().any(|row| row.rounds.contains(&side.round)),
            "{place}: {key}.round is {}, and no [[row]] {} has it; its rounds are {}",
            side.round,
            side.method,
            named().flat_map(|row| &row.rounds).map(usize::to_string).collect::<Vec<_>>().join(", ")
        );
    }
    ensure!(claim.better != claim.worse, "{place}: better and worse are the same line");
    ensure!(
        claim.times_weights.is_none_or(|times| times.is_finite() && times > 0.0),
        "{place}: times_weights must be a positive number"
    );
    Ok(())
}
