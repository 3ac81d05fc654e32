//! What an experiment may not ask for: every refusal names the key and, for a name, the nearest known one.

use anyhow::{Context, Result, bail, ensure};

use super::{Experiment, PathName, RowSpec, ScheduleSpec, Settings, unknown};
use crate::claims::Claim;
use crate::plot::style::method_label;
use crate::recipe::METHODS;

/// Refuses what cannot be computed, naming the key.
pub(super) fn check(experiment: &Experiment) -> Result<()> {
    let axes = &experiment.axes;
    check_settings(&experiment.settings())?;
    for row in &experiment.row {
        if let Some(own) = &row.own {
            check_settings(own).with_context(|| format!("[[row]] {}: set", row.name()))?;
        }
    }
    ensure!(!axes.seed.is_empty(), "[axes]: seed is empty; name at least one");
    ensure!(!axes.dataset.is_empty(), "[axes]: dataset is empty; name at least one");
    distinct("seed", &axes.seed)?;
    distinct("dataset", &axes.dataset)?;
    let named = experiment.row.iter().flat_map(|r| r.datasets.iter().flatten());
    for name in axes.dataset.iter().chain(axes.fit_on.iter().flatten()).chain(named) {
        if !datasets::KINDS.iter().any(|kind| kind.name == name) {
            return Err(unknown("[axes] dataset", name, datasets::KINDS.iter().map(|kind| kind.name)));
        }
    }
    check_shapes(experiment)?;
    for name in &experiment.figures {
        if !crate::figures::FIGURES.iter().any(|figure| figure.name == name) {
            return Err(unknown("figures", name, crate::figures::FIGURES.iter().map(|figure| figure.name)));
        }
    }
    if let Some(spec) = &experiment.superresolution {
        ensure!(spec.resolution >= 2, "[superresolution]: resolution must be at least 2");
        ensure!(spec.factors.iter().all(|&factor| factor > 0), "[superresolution]: factors must be positive");
        distinct("factors", &spec.factors)?;
    }
    experiment.row.iter().try_for_each(|row| check_row(experiment, row))?;
    check_lines(experiment)?;
    super::labels::check_labels(experiment)?;
    experiment.claims.iter().try_for_each(|claim| check_claim(experiment, claim))
}

/// Rows are told apart by their names: what is computed otherwise never has the name of another.
fn check_lines(experiment: &Experiment) -> Result<()> {
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
fn check_claim(experiment: &Experiment, claim: &Claim) -> Result<()> {
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

fn check_settings(settings: &Settings) -> Result<()> {
    let Settings { network, signal, meta, prune, fit, test, accelerate } = settings;
    ensure!(
        network.width > 0 && network.sine_layers > 0,
        "[network]: width and sine_layers must be positive"
    );
    ensure!(network.w0 > 0.0, "[network]: w0 must be positive");
    ensure!(signal.resolution >= 2, "[signal]: resolution must be at least 2");
    ensure!(meta.tasks > 0 && meta.dense_steps > 0, "[meta]: tasks and dense_steps must be positive");
    ensure!(meta.outer_lr > 0.0 && meta.inner_lr >= 0.0, "[meta]: learning rates must be positive");
    ensure!(prune.fraction > 0.0 && prune.fraction < 1.0, "[prune]: fraction must be between 0 and 1");
    ensure!(fit.steps > 0 && fit.lr > 0.0, "[fit]: steps and lr must be positive");
    ensure!(test.signals > 0, "[test]: signals must be positive");
    let Some(accelerate) = accelerate else { return Ok(()) };
    ensure!(
        accelerate.last_reptile.is_none_or(|r| r.steps > 0 && r.lr > 0.0 && r.rate > 0.0 && r.rate <= 1.0),
        "[accelerate] last_reptile: steps and lr must be positive, rate in (0, 1]"
    );
    ensure!(accelerate.dense_resolution != 1, "[accelerate]: dense_resolution must be 0 or at least 2");
    ensure!(
        accelerate.probe_every == 0 || (1..=test.signals).contains(&accelerate.probe_signals),
        "[accelerate]: probe_signals must be 1 to test.signals"
    );
    Ok(())
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
        ensure!(
            (4..=256).contains(&surface.grid) && surface.samples > 0 && surface.points > 0,
            "[surface]: grid must be 4 to 256, samples and points positive"
        );
    }
    Ok(())
}

fn check_row(experiment: &Experiment, row: &RowSpec) -> Result<()> {
    let place = format!("[[row]] {}", row.name());
    let methods = crate::recipe::METHODS;
    let Some(method) = methods.iter().find(|m| m.name == row.method) else {
        return Err(unknown("[[row]] method", &row.method, methods.iter().map(|m| m.name)));
    };
    ensure!(!row.rounds.is_empty(), "{place}: rounds is empty");
    distinct("rounds", &row.rounds)?;
    ensure!(
        row.fit.is_none_or(|fit| fit.steps > 0 && fit.lr > 0.0),
        "{place}: fit steps and lr must be positive"
    );
    ensure!(
        experiment.fit_pruning.is_some() || !method.prunes_fits(),
        "{place}: the method prunes while it fits; say how in [fit_pruning]"
    );
    ensure!(
        experiment.superresolution.is_some() || !method.is_interpolation(),
        "{place}: the method enlarges pictures; say by how much in [superresolution]"
    );
    match (&row.schedule, method.is_scheduled()) {
        (None, false) => Ok(()),
        (None, true) => bail!("{place}: the method needs a schedule = {{ … }}"),
        (Some(_), false) => bail!("{place}: only the method `scheduled` takes a schedule"),
        (Some(schedule), true) => check_schedule(schedule).with_context(|| place),
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
        schedule.batches.is_some() == needs && schedule.batches != Some(0),
        "schedule.batches: positive, for a criterion that needs meta-gradients and no other"
    );
    Ok(())
}

fn distinct<T: PartialEq + std::fmt::Debug>(axis: &str, values: &[T]) -> Result<()> {
    for (i, value) in values.iter().enumerate() {
        ensure!(!values[..i].contains(value), "[axes] {axis}: {value:?} is named twice");
    }
    Ok(())
}
