//! A row with its names looked up. What is refused here is refused when the file is read; behind it nobody looks a name up
//! again, so that nobody needs an answer for a name that is not known.

use anyhow::{Context, Result, bail, ensure};

use super::methods::{FitPrunings, Method, Path, Schedule, Train, Training, method_of, scheduled};
use super::stages::{FitPruning, Stage, TrainStage};
use crate::experiment::axes::distinct;
use crate::experiment::{Experiment, FitRounds, PathName, RowSpec, ScheduleSpec, Settings, unknown};

/// What a row asks for.
pub(super) struct Line<'a> {
    /// The row.
    pub(super) row: &'a RowSpec,
    /// Its method.
    pub(super) method: &'static Method,
    /// The file's settings, or the row's own.
    pub(super) settings: &'a Settings,
    way: Way,
    prunings: Option<(FitPrunings, FitRounds)>,
}

/// How a line comes to its initial network.
pub(super) enum Way {
    /// By its method.
    Method(Training),
    /// By its schedule.
    Schedule(Schedule),
    /// It has none.
    Interpolation,
}

impl Line<'_> {
    /// The schedule, if it has one.
    pub(super) fn schedule(&self) -> Option<&Schedule> {
        match &self.way {
            Way::Schedule(schedule) => Some(schedule),
            Way::Method(_) | Way::Interpolation => None,
        }
    }

    /// The stages of meta-training for the budget of a round, the first of them `dense` or like it.
    pub(super) fn training(&self, dense: TrainStage, round: usize) -> Result<Vec<Stage>> {
        match &self.way {
            Way::Method(training) => training(self.settings, dense, round),
            Way::Schedule(schedule) => scheduled(self.settings, schedule, dense, round),
            Way::Interpolation => Ok(Vec::new()),
        }
    }

    /// The prunings on the way of a fit to the budget of a round, from so many weights.
    pub(super) fn prunings(&self, weights: usize, round: usize) -> Vec<FitPruning> {
        let Some((prunings, counted)) = self.prunings else { return Vec::new() };
        let rounds = match counted {
            FitRounds::Described => round,
            FitRounds::Released => round.saturating_sub(1),
        };
        prunings(weights, self.settings.fit.steps, self.settings.prune.fraction, rounds)
    }
}

/// Looks the names of a row up.
///
/// # Errors
/// If one is not known, or the row asks of its method what it does not do.
pub(super) fn resolve<'a>(experiment: &'a Experiment, row: &'a RowSpec) -> Result<Line<'a>> {
    let place = format!("[[row]] {}", row.name());
    let method = method_of(&row.method)?;
    ensure!(!row.rounds.is_empty(), "{place}: rounds is empty; name at least one");
    distinct(&format!("{place} rounds"), &row.rounds)?;
    if method.is_interpolation() {
        ensure!(
            experiment.superresolution.is_some(),
            "{place}: the method enlarges pictures; say by how much in [superresolution]"
        );
        ensure!(
            experiment.axes.fit_on.is_none(),
            "{place}: the method has no network that could be trained on one data set and fitted on another; leave out \
             the row, or [axes] fit_on"
        );
    }
    let prunings = match (method.prunings, &experiment.fit_pruning) {
        (Some(prunings), Some(spec)) => Some((prunings, spec.rounds)),
        (Some(_), None) => bail!("{place}: the method prunes while it fits; say how in [fit_pruning]"),
        (None, _) => None,
    };
    let way = match (method.train, &row.schedule) {
        (Train::Plain(training), None) => Way::Method(training),
        (Train::Interpolation, None) => Way::Interpolation,
        (Train::Scheduled, Some(schedule)) => Way::Schedule(known(schedule).with_context(|| place)?),
        (Train::Scheduled, None) => bail!("{place}: the method needs a schedule = {{ … }}"),
        (_, Some(_)) => bail!("{place}: only the method `scheduled` takes a schedule; leave it out"),
    };
    Ok(Line { row, method, settings: experiment.settings_of(row), way, prunings })
}

fn known(spec: &ScheduleSpec) -> Result<Schedule> {
    let Some(pruner) = prune::pruner(&spec.criterion) else {
        let known = prune::PRUNERS.iter().map(|pruner| pruner.name);
        return Err(unknown("schedule.criterion", &spec.criterion, known));
    };
    let path = match (spec.path, spec.fraction) {
        (PathName::Geometric, Some(fraction)) if fraction > 0.0 && fraction <= 1.0 => {
            Path::Geometric(fraction)
        }
        (PathName::Cubic, None) => Path::Cubic,
        _ => bail!("schedule.fraction: in (0, 1], for the path `geometric` and no other"),
    };
    let needs = pruner.needs == prune::Needs::Gradient;
    ensure!(
        spec.batches.is_some() == needs && spec.batches.is_none_or(|n| (1..=10_000).contains(&n)),
        "schedule.batches: positive, at most 10,000, for a criterion that needs meta-gradients and no other"
    );
    Ok(Schedule { pruner, path, carry: spec.carry, batches: spec.batches })
}
