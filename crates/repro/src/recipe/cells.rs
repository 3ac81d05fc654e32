//! The cells of a table: the cartesian product of an experiment's axes, each with the chain of stages that fills it.

use anyhow::{Result, bail};

use super::cell::Cell;
use super::kinds::DerivedKind;
use super::methods::{accelerate, siren};
use super::resolve::{Line, resolve};
use super::stages::{FitStage, Probe, Stage, TrainStage, UpscaleStage, View};
use crate::experiment::axes::asks;
use crate::experiment::{Experiment, SuperresolutionSpec, TestSpec};

/// The cartesian product of the axes: data sets × seeds × lines (× data sets fitted), and what of `kinds` each asks for.
///
/// # Errors
/// If a row asks for what cannot be computed.
pub fn cells(experiment: &Experiment, kinds: &[DerivedKind]) -> Result<Vec<Cell>> {
    let lines = experiment.row.iter().map(|row| resolve(experiment, row)).collect::<Result<Vec<Line>>>()?;
    let mut cells = Vec::new();
    for dataset in &experiment.axes.dataset {
        for &seed in &experiment.axes.seed {
            for line in lines.iter().filter(|line| asks(line.row, dataset)) {
                for &round in &line.row.rounds {
                    match (&experiment.axes.fit_on, &experiment.superresolution) {
                        (Some(_), Some(_)) => {
                            bail!(
                                "[axes] fit_on and [superresolution] are not computed together; leave one out"
                            )
                        }
                        (Some(fit_on), None) => {
                            for fitted in fit_on {
                                cells.push(cell(line, (fitted, Some(dataset)), seed, round)?);
                            }
                        }
                        (None, Some(spec)) => {
                            let plain = cell(line, (dataset, None), seed, round)?;
                            cells.extend(spec.factors.iter().map(|factor| rendered(&plain, spec, *factor)));
                        }
                        (None, None) => cells.push(cell(line, (dataset, None), seed, round)?),
                    }
                }
            }
        }
    }
    for cell in &mut cells {
        let derived = kinds.iter().filter_map(|kind| kind.stage(experiment, cell));
        let derived: Vec<Stage> = derived.map(Stage::Derived).collect();
        cell.stages.extend(derived);
    }
    Ok(cells)
}

/// The same cell, fitted at the low resolution and judged `factor` times as fine.
fn rendered(cell: &Cell, spec: &SuperresolutionSpec, factor: usize) -> Cell {
    let mut stages = cell.stages.clone();
    for stage in &mut stages {
        match stage {
            Stage::Fit(fit) | Stage::Time(fit) => fit.resolution = spec.resolution,
            Stage::Upscale(upscale) => (upscale.resolution, upscale.factor) = (spec.resolution, factor),
            Stage::Dense(_) | Stage::Round(_) | Stage::Derived(_) => {}
        }
    }
    let view = View { resolution: spec.resolution, render: Some(factor), ..cell.view.clone() };
    Cell { dataset: format!("{}-x{factor}", cell.dataset), view, stages, ..cell.clone() }
}

fn cell(
    line: &Line,
    (dataset, trained_on): (&str, Option<&String>),
    seed: u64,
    round: usize,
) -> Result<Cell> {
    let settings = line.settings;
    let resolution = settings.signal.resolution;
    let dense = TrainStage {
        dataset: trained_on.map_or(dataset, String::as_str).into(),
        resolution,
        network: settings.network,
        meta: (&settings.meta).into(),
        seed,
        steps: settings.meta.dense_steps,
        accelerated: None,
        own: settings.adapt.map(|adapt| adapt.own),
    };
    let mut stages = line.training(dense, round)?;
    let siren = siren(&settings.network, dataset)?;
    let fit = FitStage {
        dataset: dataset.into(),
        resolution,
        fit: settings.fit,
        test: settings.test,
        prunings: line.prunings(siren.weights(), round),
        own: settings.adapt.map(|adapt| adapt.own),
    };
    if let Some(spec) = &settings.accelerate {
        let probe = spec.probe.map(|probe| {
            let test = TestSpec { signals: probe.signals, ..settings.test };
            Probe { every: probe.every, fit: FitStage { test, ..fit.clone() } }
        });
        accelerate(&mut stages, spec, probe.as_ref());
    }
    let view = View { dataset: dataset.into(), resolution, test: fit.test, render: None };
    stages.extend(match line.method.is_interpolation() {
        true => {
            let (dataset, test) = (fit.dataset, fit.test);
            vec![Stage::Upscale(UpscaleStage { dataset, resolution, factor: 1, test })]
        }
        false => vec![Stage::Fit(fit.clone()), Stage::Time(fit)],
    });
    Ok(Cell {
        dataset: dataset.into(),
        trained_on: trained_on.cloned(),
        method: line.method.name,
        line: line.row.name().to_string(),
        round,
        seed,
        dense: settings.network,
        view,
        stages,
    })
}
