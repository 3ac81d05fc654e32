//! What an experiment may not ask for: every refusal names the key and, for a name, the nearest known one.

use anyhow::{Context, Result, bail, ensure};

use std::path::Path;

use super::labels::check_labels;
use super::lines::{check_claim, check_lines};
use super::methods::{METHODS, siren};
use crate::experiment::axes::{MOST_ROUNDS, asks, check_axes, check_name, distinct};
use crate::experiment::range::{check_fit, check_settings, check_surface, whole};
use crate::experiment::{self, Experiment, Overrides, PathName, RowSpec, ScheduleSpec, unknown};

/// Reads an experiment's file, merges the profile and the command line into it, and refuses what cannot be computed.
///
/// # Errors
/// As [`experiment::load`]; also if a row names no method, or asks of one what it does not do.
pub fn load(path: &Path, overrides: &Overrides) -> Result<Experiment> {
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
    check_settings(&experiment.settings())?;
    for row in &experiment.row {
        if let Some(own) = &row.own {
            check_settings(own).with_context(|| format!("[[row]] {}: set", row.name()))?;
        }
    }
    check_axes(experiment)?;
    check_shapes(experiment)?;
    experiment.row.iter().try_for_each(|row| check_row(experiment, row))?;
    check_lines(experiment)?;
    check_labels(experiment)?;
    experiment.claims.iter().try_for_each(check_claim)
}

/// Shapes need [surface]; a network cannot go from pixels to points in space.
fn check_shapes(experiment: &Experiment) -> Result<()> {
    let axes = &experiment.axes;
    let form = |name: &String| datasets::kind(name).map_or((2, 3), |kind| (kind.coordinates, kind.channels));
    let mut fitted = axes.fit_on.iter().flatten();
    if let Some(other) = fitted.find(|name| axes.dataset.iter().any(|trained| form(trained) != form(name))) {
        bail!("[axes] fit_on: a network trained on {} cannot fit {other}", axes.dataset.join(" or "));
    }
    if let Some(shapes) = axes.dataset.iter().find(|name| form(name).0 == 3) {
        let Some(surface) = experiment.surface else {
            bail!("[surface] is missing: fits of {shapes} are measured with its grid, samples and points");
        };
        check_surface(&surface)?;
    }
    Ok(())
}

fn check_row(experiment: &Experiment, row: &RowSpec) -> Result<()> {
    let place = format!("[[row]] {}", row.name());
    let methods = METHODS;
    let Some(method) = methods.iter().find(|m| m.name == row.method) else {
        return Err(unknown("[[row]] method", &row.method, methods.iter().map(|m| m.name)));
    };
    ensure!(!row.rounds.is_empty(), "{place}: rounds is empty");
    distinct(&format!("{place} rounds"), &row.rounds)?;
    row.fit.iter().try_for_each(|fit| check_fit(&format!("{place}: fit"), fit))?;
    ensure!(
        experiment.fit_pruning.is_some() || !method.prunes_fits(),
        "{place}: the method prunes while it fits; say how in [fit_pruning]"
    );
    ensure!(
        experiment.superresolution.is_some() || !method.is_interpolation(),
        "{place}: the method enlarges pictures; say by how much in [superresolution]"
    );
    ensure!(
        experiment.axes.fit_on.is_none() || !method.is_interpolation(),
        "{place}: the method has no network that could be trained on one data set and fitted on another"
    );
    match (&row.schedule, method.is_scheduled()) {
        (None, false) => Ok(()),
        (None, true) => bail!("{place}: the method needs a schedule = {{ … }}"),
        (Some(_), false) => bail!("{place}: only the method `scheduled` takes a schedule"),
        (Some(schedule), true) => check_schedule(schedule)
            .and_then(|()| check_reach(experiment, row, schedule))
            .with_context(|| place),
    }
}

fn check_schedule(schedule: &ScheduleSpec) -> Result<()> {
    let Some(pruner) = prune::pruner(&schedule.criterion) else {
        let known = prune::PRUNERS.iter().map(|pruner| pruner.name);
        return Err(unknown("schedule.criterion", &schedule.criterion, known));
    };
    let geometric = schedule.path == PathName::Geometric;
    let in_range = |fraction: f64| fraction > 0.0 && fraction <= 1.0;
    ensure!(
        schedule.fraction.is_some() == geometric && schedule.fraction.is_none_or(in_range),
        "schedule.fraction: in (0, 1], for the path `geometric` and no other"
    );
    let needs = pruner.needs == prune::Needs::Gradient;
    ensure!(
        schedule.batches.is_some() == needs && schedule.batches.is_none_or(|n| (1..=10_000).contains(&n)),
        "schedule.batches: positive, at most 10,000, for a criterion that needs meta-gradients and no other"
    );
    Ok(())
}

/// Refuses a schedule that does not reach the budget of a round.
fn check_reach(experiment: &Experiment, row: &RowSpec, schedule: &ScheduleSpec) -> Result<()> {
    let (PathName::Geometric, Some(fraction)) = (schedule.path, schedule.fraction) else { return Ok(()) };
    let settings = row.own.clone().unwrap_or_else(|| experiment.settings());
    for dataset in experiment.axes.dataset.iter().filter(|dataset| asks(row, dataset)) {
        let weights = siren(&settings.network, dataset).weights();
        for &round in &row.rounds {
            whole("rounds", round, 0..=MOST_ROUNDS)?;
            let target = prune::ladder(weights, settings.prune.fraction, round)[round];
            reaches(weights, target, fraction)
                .with_context(|| format!("schedule.fraction = {fraction}, round {round} on {dataset}"))?;
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
