//! What an experiment may not ask for: every refusal names the key and, for a name, the nearest known one.

use std::path::Path as FilePath;

use anyhow::{Context, Result, bail, ensure};

use super::cells::cells;
use super::figures::{check_figures, check_gallery};
use super::labels::check_labels;
use super::lines::{check_claim, check_lines};
use super::methods::{Path, Schedule, siren};
use super::resolve::{Line, resolve};
use crate::experiment::axes::{MOST_ROUNDS, asks, check_axes, check_name};
use crate::experiment::range::{check_settings, check_surface};
use crate::experiment::{self, Experiment, Overrides};

/// Reads an experiment's file, merges the profile and the command line into it, and refuses what cannot be computed.
///
/// # Errors
/// As [`experiment::load`]; also if a row names no method, or asks of one what it does not do.
pub fn load(path: &FilePath, overrides: &Overrides) -> Result<Experiment> {
    experiment::load(path, overrides, check)
}

/// The same of a text.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, overrides: &Overrides) -> Result<Experiment> {
    experiment::parse(text, overrides, check)
}

/// Refuses what cannot be computed, naming the key.
fn check(experiment: &Experiment) -> Result<()> {
    check_name("name", &experiment.name)?;
    check_settings(&experiment.settings)?;
    for row in &experiment.row {
        if let Some(own) = &row.own {
            check_settings(own).with_context(|| format!("[[row]] {}: set", row.name()))?;
        }
    }
    check_axes(experiment)?;
    check_shapes(experiment)?;
    for row in &experiment.row {
        check_reach(experiment, &resolve(experiment, row)?)?;
    }
    check_lines(experiment)?;
    check_labels(experiment)?;
    experiment.claims.iter().try_for_each(check_claim)?;
    check_gallery(experiment)?;
    check_figures(experiment, &cells(experiment, &[])?)
}

/// Shapes need [surface]; a network cannot go from pixels to points in space.
fn check_shapes(experiment: &Experiment) -> Result<()> {
    let axes = &experiment.axes;
    for trained in &axes.dataset {
        let kind = datasets::kind(trained)?;
        for fitted in axes.fit_on.iter().flatten() {
            let other = datasets::kind(fitted)?;
            ensure!(
                (kind.coordinates, kind.channels) == (other.coordinates, other.channels),
                "[axes] fit_on: a network trained on {trained} cannot fit {fitted}; leave one of them out"
            );
        }
        if kind.coordinates == 3 {
            let Some(surface) = experiment.surface else {
                bail!(
                    "[surface] is missing: fits of {trained} are measured with its grid, samples and points"
                );
            };
            check_surface(&surface)?;
        }
    }
    Ok(())
}

/// Refuses a schedule that does not reach the budget of a round.
fn check_reach(experiment: &Experiment, line: &Line) -> Result<()> {
    let Some(&Schedule { path: Path::Geometric(fraction), .. }) = line.schedule() else { return Ok(()) };
    let place = || format!("[[row]] {}", line.row.name());
    for dataset in experiment.axes.dataset.iter().filter(|dataset| asks(line.row, dataset)) {
        let weights = siren(&line.settings.network, dataset)?.weights();
        for &round in &line.row.rounds {
            let target = prune::ladder(weights, line.settings.prune.fraction, round)[round];
            reaches(weights, target, fraction)
                .with_context(|| format!("schedule.fraction = {fraction}, round {round} on {dataset}"))
                .with_context(place)?;
        }
    }
    Ok(())
}

fn reaches(weights: usize, target: usize, fraction: f64) -> Result<()> {
    let mut survivors = weights;
    for _ in 0..MOST_ROUNDS {
        if survivors <= target + target / 100 {
            return Ok(());
        }
        let gone = prune::removed(survivors, fraction);
        ensure!(
            gone > 0,
            "a pruning removes none of {survivors} weights, but {target} are to survive; prune a larger fraction"
        );
        survivors -= gone;
    }
    bail!("more than {MOST_ROUNDS} prunings from {weights} weights to {target}; prune a larger fraction")
}
