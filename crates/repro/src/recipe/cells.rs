//! The cells of a table: the cartesian product of an experiment's axes, each with the chain of stages that fills it.

use anyhow::Result;

use super::methods::{accelerate, siren};
use super::resolve::{Line, resolve};
use super::stages::{FitStage, Probe, Stage, TrainStage, UpscaleStage};
use crate::experiment::axes::asks;
use crate::experiment::{Experiment, FigureName, NetworkSpec, SuperresolutionSpec, TestSpec};

/// One cell of the table and the stages that fill it.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Data set that is fitted; `photos-x2` where the fit is rendered twice as fine.
    pub dataset: String,
    /// Data set the network was trained on, where the experiment crosses them.
    pub trained_on: Option<String>,
    /// Name of the line: the method's, unless the row says another.
    pub method: String,
    /// Round whose budget it has.
    pub round: usize,
    /// Seed.
    pub seed: u64,
    /// The dense network of its line, of which its budget is a fraction.
    pub dense: NetworkSpec,
    /// Meta-training, then the fit.
    pub stages: Vec<Stage>,
}

impl Cell {
    /// A readable name, which `--only` is matched against: `photos/meta-sparse-inr/k14/seed42`; where data sets are
    /// crossed, `silhouettes-to-photos/…`.
    pub fn name(&self) -> String {
        let from = self.trained_on.as_ref().map_or(String::new(), |trained_on| format!("{trained_on}-to-"));
        format!("{from}{}/{}/k{}/seed{}", self.dataset, self.method, self.round, self.seed)
    }

    /// The network of the chain's first stage; none if it has no network.
    pub fn network(&self) -> Option<NetworkSpec> {
        self.stages.iter().find_map(|stage| match stage {
            Stage::Dense(train) => Some(train.network),
            _ => None,
        })
    }

    /// The fit that ends the chain; none if it has no network.
    pub fn fit(&self) -> Option<&FitStage> {
        self.stages.iter().find_map(|stage| match stage {
            Stage::Fit(fit) => Some(fit),
            _ => None,
        })
    }

    /// The data set whose test signals are fitted, by its own name.
    pub fn source(&self) -> &str {
        self.stages.last().map_or(&self.dataset, Stage::dataset)
    }

    /// Side at which the end of the chain is judged, pixels.
    pub fn resolution(&self) -> usize {
        self.stages.iter().fold(0, |_, stage| match stage {
            Stage::Dense(train) => train.resolution,
            Stage::Round(round) => round.train.resolution,
            Stage::Fit(fit) => fit.resolution * fit.render.unwrap_or(1),
            Stage::Upscale(upscale) => upscale.resolution * upscale.factor,
        })
    }
}

/// The cartesian product of the axes: data sets × seeds × lines (× data sets fitted).
///
/// # Errors
/// If a row asks for what cannot be computed.
pub fn cells(experiment: &Experiment) -> Result<Vec<Cell>> {
    let lines = experiment.row.iter().map(|row| resolve(experiment, row)).collect::<Result<Vec<Line>>>()?;
    let mut cells = Vec::new();
    for dataset in &experiment.axes.dataset {
        for &seed in &experiment.axes.seed {
            for line in lines.iter().filter(|line| asks(line.row, dataset)) {
                for &round in &line.row.rounds {
                    match (&experiment.axes.fit_on, &experiment.superresolution) {
                        (Some(fit_on), _) => {
                            for fitted in fit_on {
                                cells.push(cell(experiment, line, (fitted, Some(dataset)), seed, round)?);
                            }
                        }
                        (None, Some(spec)) => {
                            let plain = cell(experiment, line, (dataset, None), seed, round)?;
                            cells.extend(spec.factors.iter().map(|factor| rendered(&plain, spec, *factor)));
                        }
                        (None, None) => cells.push(cell(experiment, line, (dataset, None), seed, round)?),
                    }
                }
            }
        }
    }
    Ok(cells)
}

/// The same chain, fitted at the low resolution and judged `factor` times as fine.
fn rendered(cell: &Cell, spec: &SuperresolutionSpec, factor: usize) -> Cell {
    let mut stages = cell.stages.clone();
    for stage in &mut stages {
        match stage {
            Stage::Fit(fit) => (fit.resolution, fit.render) = (spec.resolution, Some(factor)),
            Stage::Upscale(upscale) => (upscale.resolution, upscale.factor) = (spec.resolution, factor),
            _ => {}
        }
    }
    Cell { dataset: format!("{}-x{factor}", cell.dataset), stages, ..cell.clone() }
}

fn cell(
    experiment: &Experiment,
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
    };
    let mut stages = line.training(dense, round)?;
    let siren = siren(&settings.network, dataset)?;
    let fit = FitStage {
        dataset: dataset.into(),
        resolution,
        fit: settings.fit,
        test: settings.test,
        prunings: line.prunings(siren.weights(), round),
        render: None,
        spectra: siren.d_in() == 2 && experiment.figures.contains(&FigureName::Spectra),
        surface: experiment.surface.filter(|_| siren.d_in() == 3),
    };
    if let Some(spec) = &settings.accelerate {
        let probe = spec.probe.map(|probe| {
            let test = TestSpec { signals: probe.signals, ..settings.test };
            let fit = FitStage { test, surface: None, spectra: false, ..fit.clone() };
            Probe { every: probe.every, fit }
        });
        accelerate(&mut stages, spec, probe.as_ref());
    }
    stages.push(match line.method.is_interpolation() {
        true => {
            let (dataset, test) = (fit.dataset, fit.test);
            Stage::Upscale(UpscaleStage { dataset, resolution, factor: 1, test })
        }
        false => Stage::Fit(fit),
    });
    Ok(Cell {
        dataset: dataset.into(),
        trained_on: trained_on.cloned(),
        method: line.row.name().to_string(),
        round,
        seed,
        dense: settings.network,
        stages,
    })
}
