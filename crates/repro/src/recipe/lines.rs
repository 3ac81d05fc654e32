//! Which rows of an experiment are one line of its tables, and of which lines its claims are.
//!
//! A mean ± sd is over seeds of one line. Rows that are computed otherwise therefore never share a name, nor what a
//! person reads of it.

use anyhow::{Result, bail, ensure};

use super::labels::label;
use super::methods::METHODS;
use crate::experiment::{Claim, Experiment, RowSpec};
use crate::words::quantities::Quantity;

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
                "{place}: two rows that differ in their method or settings (schedule, set) would be one line; give \
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

fn is_computed_alike(a: &RowSpec, b: &RowSpec) -> bool {
    a.schedule == b.schedule && a.own == b.own
}

fn share_data(a: &RowSpec, b: &RowSpec) -> bool {
    match (&a.datasets, &b.datasets) {
        (Some(a), Some(b)) => a.iter().any(|name| b.contains(name)),
        _ => true,
    }
}

/// A claim compares two lines. One of a line that this profile leaves out is "not measured", and said so.
pub(super) fn check_claim(claim: &Claim) -> Result<()> {
    let place = format!("[[claim]] {}", claim.name);
    ensure!(claim.better != claim.worse, "{place}: better and worse are the same line; name two");
    ensure!(
        claim.quantity.kind().of_signals,
        "{place}: quantity = {:?} is of a whole cell; a claim compares signal by signal: name one that signals.csv has",
        claim.quantity.kind().column
    );
    ensure!(
        claim.steps.is_empty() || claim.quantity == Quantity::Psnr,
        "{place}: after the steps of a fit PSNR alone is known; leave steps or quantity out"
    );
    ensure!(
        claim.times_weights.is_none_or(|times| times.is_finite() && times > 0.0),
        "{place}: times_weights must be a positive number"
    );
    Ok(())
}
