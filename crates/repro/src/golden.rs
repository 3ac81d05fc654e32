//! Replays a golden trajectory and says how far this program is from it.
//!
//! A trajectory is a folder written by the authors' own code: `init.safetensors`, `signals.safetensors`,
//! `meta_grad_step0.safetensors`, the network after every phase, and `log.json` with every loss, the
//! survivors of every pruning and the PSNR curves of fits. Phases: `dense`, then `roundK`: prune by
//! magnitude, meta-train on. Outer step s trains on signals (3s + i) mod n, i = 0, 1, 2. Fits run twice: from
//! the trajectory's own network, where it is kept, and from the replayed one.

mod tolerance;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use inr_core::file::TensorFile;
use inr_core::params::to_full;
use inr_core::{Engine, Key, Params, Real, Samples, grid};
use meta::fit::{FitConfig, Optimiser, fit};
use meta::maml::{Inner, Order, batch_gradient};
use meta::train::State;
use rayon::prelude::*;
use serde::Deserialize;

use tolerance::Worst;
pub use tolerance::{Deviation, FitFrom, PsnrTolerances, Quantity, Tolerances};

/// `log.json`.
#[derive(Deserialize)]
struct Log {
    config: Config,
    steps: Vec<Step>,
    prune: Vec<Pruned>,
    fits: Vec<LoggedFit>,
}

#[derive(Deserialize)]
struct Config {
    dtype: String,
    width: usize,
    res: usize,
    w0: f64,
    alpha: f64,
    beta: f64,
}

#[derive(Deserialize)]
struct Step {
    phase: String,
    step: u64,
    outer_loss: f64,
    task_losses: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Pruned {
    round: usize,
    kept: Vec<usize>,
}

#[derive(Deserialize)]
struct LoggedFit {
    at: String,
    signal: usize,
    optimiser: String,
    psnr_db_by_step: Vec<f64>,
}

/// A trajectory in memory.
pub struct Golden {
    dir: std::path::PathBuf,
    log: Log,
}

impl Golden {
    /// Reads a trajectory's log.
    ///
    /// # Errors
    /// If the folder or its `log.json` is missing or of another format.
    pub fn open(dir: &Path) -> Result<Self> {
        let path = dir.join("log.json");
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("{}: a golden trajectory has a log.json; name its folder", path.display())
        })?;
        let log =
            serde_json::from_str(&text).with_context(|| format!("{}: not a golden log", path.display()))?;
        Ok(Self { dir: dir.into(), log })
    }

    /// The precision the trajectory was computed in: `f32` or `f64`.
    pub fn precision(&self) -> &str {
        &self.log.config.dtype
    }

    /// Width of its network.
    pub fn width(&self) -> usize {
        self.log.config.width
    }

    /// Replays everything; `report(done, all)` is told of progress.
    ///
    /// # Errors
    /// If a file is missing or damaged, or the replay leaves the finite numbers.
    pub fn replay<T: Real>(
        &self,
        engine: &dyn Engine<T>,
        tolerances: &Tolerances,
        report: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<Deviation>> {
        let Config { alpha, beta, w0, res, .. } = self.log.config;
        let signals = self.signals::<T>(res)?;
        let mut state = State::new(self.network::<T>("init", w0)?, beta);
        let inner = Inner { steps: 2, lr: alpha, order: Order::Second };
        let mut worst = Worst::default();
        let all = self.log.steps.len() + self.log.fits.len();
        let mut done = 0;
        for phase in self.phases() {
            if let Some(round) = phase.strip_prefix("round") {
                self.prune(&mut state, round.parse().with_context(|| format!("phase {phase}"))?, &mut worst)?;
            }
            for step in self.log.steps.iter().filter(|s| s.phase == phase) {
                let train = &signals.train;
                let tasks: Vec<Samples<T>> =
                    (0..3).map(|i| train[(3 * step.step as usize + i) % train.len()].clone()).collect();
                let batch = batch_gradient(engine, &state.params, &tasks, inner);
                compare_losses(step, batch.outer_loss, &batch.task_losses, &mut worst)?;
                if step.step == 0 {
                    self.compare_gradient(&state.params, &batch.gradient, &mut worst)?;
                }
                state.adam.update(state.params.values_mut(), &batch.gradient);
                done += 1;
                report(done, all);
            }
            self.compare_params(&phase, &state.params, w0, &mut worst)?;
            let replayed = (FitFrom::Replay, state.params.clone());
            let own = self.keeps(&phase).then(|| self.network(&phase, w0)).transpose()?;
            for (from, start) in own.map(|own| (FitFrom::Trajectory, own)).into_iter().chain([replayed]) {
                self.compare_fits(engine, &phase, (from, &start), &signals.test, &mut worst)?;
            }
            done += self.log.fits.iter().filter(|f| f.at == phase).count();
            report(done, all);
        }
        Ok(worst.deviations(tolerances))
    }

    /// Phases in order of their first step.
    fn phases(&self) -> Vec<String> {
        let mut phases: Vec<String> = self.log.steps.iter().map(|s| s.phase.clone()).collect();
        phases.dedup();
        phases
    }

    /// Whether the network after a phase is part of the trajectory.
    fn keeps(&self, phase: &str) -> bool {
        self.dir.join(format!("{phase}.safetensors")).exists()
    }

    fn network<T: Real>(&self, name: &str, w0: f64) -> Result<Params<T>> {
        Ok(TensorFile::read(&self.dir.join(format!("{name}.safetensors")))?.params(w0)?)
    }

    fn signals<T: Real>(&self, res: usize) -> Result<Signals<T>> {
        let path = self.dir.join("signals.safetensors");
        let file = TensorFile::read(&path)?;
        let coords = Arc::new(grid::square::<T>(res));
        let split = |name: &str| -> Result<Vec<Samples<T>>> {
            let mut found = Vec::new();
            while file.has(&format!("{name}.{}", found.len())) {
                let (shape, values) = file.get(&format!("{name}.{}", found.len()))?;
                ensure!(
                    shape == [3, res, res],
                    "{}: {name}: shape {shape:?}, expected [3, {res}, {res}]",
                    path.display()
                );
                // [3, res, res] → [res · res, 3]
                let pixels = res * res;
                let targets = (0..pixels * 3).map(|i| T::from_f64(values[i % 3 * pixels + i / 3])).collect();
                found.push(Samples::new(coords.clone(), targets, 2, 3));
            }
            ensure!(!found.is_empty(), "{}: no {name}.0", path.display());
            Ok(found)
        };
        Ok(Signals { train: split("train")?, test: split("test")? })
    }

    fn prune<T: Real>(&self, state: &mut State<T>, round: usize, worst: &mut Worst) -> Result<()> {
        let magnitude = prune::pruner("magnitude").context("no magnitude pruner")?;
        let (params, key) = (state.params.cast(), Key::root(0));
        let evidence = prune::Evidence { params: &params, initial: None, gradient: None, key: &key };
        let layout = prune::prune(&evidence, magnitude, prune::Cut::Fraction(0.2));
        let logged = self
            .log
            .prune
            .iter()
            .find(|p| p.round == round)
            .with_context(|| format!("log.json: no round {round}"))?;
        ensure!(logged.kept.len() == layout.siren().layers(), "log.json: round {round}: one count a layer");
        let ours: usize = layout.weights();
        let theirs: usize = logged.kept.iter().sum();
        worst.met(Quantity::Survivors, ours.abs_diff(theirs) as f64, || {
            format!("round{round}: {ours} against {theirs}")
        });
        // Layers that differ in count differ in at least that many entries; masks of every round are not kept.
        let per_layer =
            layout.weight_leaves().zip(&logged.kept).map(|(leaf, &n)| leaf.len().abs_diff(n)).sum::<usize>();
        worst.met(Quantity::Masks, per_layer as f64, || format!("round{round}, counts per layer"));
        state.adam = state.adam.narrowed(&state.params.layout().positions_of(&layout));
        state.params = state.params.narrowed(layout);
        Ok(())
    }

    fn compare_gradient<T: Real>(&self, params: &Params<T>, gradient: &[T], worst: &mut Worst) -> Result<()> {
        let file = TensorFile::read(&self.dir.join("meta_grad_step0.safetensors"))?;
        for leaf in params.layout().leaves() {
            let ours = to_full(leaf, &gradient[leaf.range()]);
            let distance = relative_distance(&ours, file.get(&leaf.name)?.1);
            worst.met(Quantity::MetaGradient, distance, || leaf.name.clone());
        }
        Ok(())
    }

    /// Not every trajectory keeps every phase; those it keeps are compared.
    fn compare_params<T: Real>(
        &self,
        phase: &str,
        params: &Params<T>,
        w0: f64,
        worst: &mut Worst,
    ) -> Result<()> {
        if !self.keeps(phase) {
            return Ok(());
        }
        let theirs: Params<f64> = self.network(phase, w0)?;
        let mut differing = 0;
        for (leaf, their_leaf) in params.layout().leaves().iter().zip(theirs.layout().leaves()) {
            let ours = to_full(leaf, params.leaf(leaf));
            let distance = relative_distance(&ours, &to_full(their_leaf, theirs.leaf(their_leaf)));
            worst.met(Quantity::Params, distance, || format!("{phase}, {}", leaf.name));
            if let (Some(a), Some(b)) = (&leaf.kept, &their_leaf.kept) {
                let b: std::collections::BTreeSet<u32> = b.iter().copied().collect();
                let common = a.iter().filter(|i| b.contains(i)).count();
                differing += a.len() + b.len() - 2 * common;
            }
        }
        worst.met(Quantity::Masks, differing as f64, || phase.to_string());
        Ok(())
    }

    fn compare_fits<T: Real>(
        &self,
        engine: &dyn Engine<T>,
        phase: &str,
        (from, params): (FitFrom, &Params<T>),
        test: &[Samples<T>],
        worst: &mut Worst,
    ) -> Result<()> {
        let logged: Vec<&LoggedFit> = self.log.fits.iter().filter(|f| f.at == phase).collect();
        let ours: Vec<Vec<f64>> = logged
            .par_iter()
            .map(|f| {
                let (optimiser, lr) = match f.optimiser.as_str() {
                    "adam" => (Optimiser::Adam, 1e-4),
                    "sgd2" => (Optimiser::Sgd, 1e-2),
                    other => bail!("log.json: unknown optimiser {other}"),
                };
                ensure!(
                    f.signal < test.len() && !f.psnr_db_by_step.is_empty(),
                    "log.json: a fit without signal or curve"
                );
                let config = FitConfig { optimiser, lr, steps: f.psnr_db_by_step.len() - 1 };
                Ok(fit(engine, params, &test[f.signal], config)?.psnr_db)
            })
            .collect::<Result<_>>()?;
        let [at_start, at_any, at_end] = Quantity::psnr(from);
        for (f, ours) in logged.iter().zip(&ours) {
            let last = ours.len() - 1;
            for (step, (a, b)) in ours.iter().zip(&f.psnr_db_by_step).enumerate() {
                let at = || format!("{phase}, test.{}, {}, step {step}", f.signal, f.optimiser);
                worst.met(at_any, (a - b).abs(), at);
                if step == 0 {
                    worst.met(at_start, (a - b).abs(), at);
                }
                if step == last {
                    worst.met(at_end, (a - b).abs(), at);
                }
            }
        }
        Ok(())
    }
}

struct Signals<T> {
    train: Vec<Samples<T>>,
    test: Vec<Samples<T>>,
}

fn compare_losses(step: &Step, outer: f64, tasks: &[Vec<f64>], worst: &mut Worst) -> Result<()> {
    ensure!(step.task_losses.len() == tasks.len(), "log.json: step {}: expected three tasks", step.step);
    let at = |what: &str| format!("{} step {}, {what}", step.phase, step.step);
    worst.met(Quantity::Losses, (outer / step.outer_loss - 1.0).abs(), || at("outer"));
    for (i, (ours, theirs)) in tasks.iter().zip(&step.task_losses).enumerate() {
        ensure!(
            ours.len() == theirs.len(),
            "log.json: step {}: expected {} losses a task",
            step.step,
            ours.len()
        );
        for (k, (a, b)) in ours.iter().zip(theirs).enumerate() {
            worst.met(Quantity::Losses, (a / b - 1.0).abs(), || at(&format!("task {i}, inner step {k}")));
        }
    }
    Ok(())
}

/// ‖ours − theirs‖ / ‖theirs‖.
fn relative_distance<T: Real>(ours: &[T], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len(), "leaves of different networks");
    let difference: f64 = ours.iter().zip(theirs).map(|(a, b)| (a.to_f64() - b).powi(2)).sum();
    (difference / theirs.iter().map(|b| b * b).sum::<f64>()).sqrt()
}
