//! The cells of a table: the cartesian product of an experiment's axes, each with the chain of stages that fills it.

use anyhow::{Result, bail};

use super::methods::{accelerate, siren};
use super::resolve::{Line, resolve};
use super::stages::{FitStage, PicturesStage, Probe, ShapesStage, Stage, TrainStage, UpscaleStage, View};
use crate::experiment::axes::asks;
use crate::experiment::{Experiment, FigureName, NetworkSpec, SuperresolutionSpec, SurfaceSpec, TestSpec};

/// One cell of the table and the stages that fill it.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Data set that is fitted; `photos-x2` where the fit is rendered twice as fine.
    pub dataset: String,
    /// Data set the network was trained on, where the experiment crosses them.
    pub trained_on: Option<String>,
    /// Method of [`METHODS`].
    pub method: &'static str,
    /// Name of the line: the method's, unless the row says another.
    pub line: String,
    /// Round whose budget it has.
    pub round: usize,
    /// Seed.
    pub seed: u64,
    /// The dense network of its line, of which its budget is a fraction.
    pub dense: NetworkSpec,
    /// Meta-training, the fits, and what stands behind them ([`Stage::behind`]).
    pub stages: Vec<Stage>,
}

impl Cell {
    /// A readable name, which `--only` is matched against: `photos/meta-sparse-inr/k14/seed42`; where data sets are
    /// crossed, `silhouettes-to-photos/…`.
    pub fn name(&self) -> String {
        let from = self.trained_on.as_ref().map_or(String::new(), |trained_on| format!("{trained_on}-to-"));
        format!("{from}{}/{}/k{}/seed{}", self.dataset, self.line, self.round, self.seed)
    }

    /// The network of the chain's first stage; none if it has no network.
    pub fn network(&self) -> Option<NetworkSpec> {
        self.stages.iter().find_map(|stage| match stage {
            Stage::Dense(train) => Some(train.network),
            _ => None,
        })
    }

    /// The fit; none if it has no network.
    pub fn fit(&self) -> Option<&FitStage> {
        self.stages.iter().find_map(|stage| match stage {
            Stage::Fit(fit) => Some(fit),
            _ => None,
        })
    }

    /// How its reconstructions are compared with the signals; every cell has one.
    fn view(&self) -> Option<&View> {
        self.stages.iter().find_map(|stage| match stage {
            Stage::Judge(view) => Some(view),
            _ => None,
        })
    }

    /// The data set whose test signals are fitted, by its own name.
    pub fn source(&self) -> &str {
        self.view().map_or(&self.dataset, |view| &view.dataset)
    }

    /// Side at which it is judged, pixels.
    pub fn resolution(&self) -> usize {
        self.view().map_or(0, View::side)
    }

    /// Whether its reconstructions are rendered finer than the signals that were fitted.
    pub fn is_rendered(&self) -> bool {
        self.view().is_some_and(|view| view.render.is_some())
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
                        (Some(_), Some(_)) => {
                            bail!(
                                "[axes] fit_on and [superresolution] are not computed together; leave one out"
                            )
                        }
                        (Some(fit_on), None) => {
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

/// The same cell, fitted at the low resolution and judged `factor` times as fine.
fn rendered(cell: &Cell, spec: &SuperresolutionSpec, factor: usize) -> Cell {
    let mut stages = cell.stages.clone();
    for stage in &mut stages {
        match stage {
            Stage::Fit(fit) | Stage::Time(fit) => fit.resolution = spec.resolution,
            Stage::Upscale(upscale) => (upscale.resolution, upscale.factor) = (spec.resolution, factor),
            Stage::Judge(view) | Stage::Spectra(view) | Stage::Pictures(PicturesStage { view, .. }) => {
                (view.resolution, view.render) = (spec.resolution, Some(factor));
            }
            Stage::Dense(_) | Stage::Round(_) | Stage::Shapes(_) => {}
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
    let surface = experiment.surface.filter(|_| siren.d_in() == 3);
    stages.extend(behind(experiment, view, surface, seed, round));
    Ok(Cell {
        dataset: dataset.into(),
        trained_on: trained_on.cloned(),
        method: line.method.name,
        line: line.row.name().to_string(),
        round,
        seed,
        dense: settings.network,
        stages,
    })
}

/// What is made of reconstructions: everywhere their measures; for the page, pictures of the first seed and spectra.
fn behind(
    experiment: &Experiment,
    view: View,
    surface: Option<SurfaceSpec>,
    seed: u64,
    round: usize,
) -> Vec<Stage> {
    let shown = experiment.gallery.contains(&round);
    let is_first = experiment.axes.seed.first() == Some(&seed);
    let with_spectra = experiment.figures.contains(&FigureName::Spectra) && surface.is_none();
    let (dataset, test) = (view.dataset.clone(), view.test);
    [
        Some(Stage::Judge(view.clone())),
        surface.map(|surface| Stage::Shapes(ShapesStage { dataset, test, surface })),
        (shown && with_spectra).then(|| Stage::Spectra(view.clone())),
        (shown && is_first).then_some(Stage::Pictures(PicturesStage { view, surface })),
    ]
    .into_iter()
    .flatten()
    .collect()
}
