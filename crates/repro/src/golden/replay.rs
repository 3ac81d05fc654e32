//! Replays a golden trajectory and says how far this program is from it.
//!
//! A trajectory is a folder written by the authors' own code: `init.safetensors`, `signals.safetensors`,
//! `meta_grad_step0.safetensors`, the network after every phase, and `log.json` with every loss, the
//! survivors of every pruning and the PSNR curves of fits. Phases: `dense`, then `roundK`: prune by
//! magnitude, meta-train on. Outer step s trains on signals (3s + i) mod n, i = 0, 1, 2. Fits run twice: from
//! the trajectory's own network, where it is kept, and from the replayed one. Log and files are checked as a whole
//! before anything is computed, and what was compared is counted against what they hold.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use inr_core::{Engine, Key, Params, Real, Samples, grid};
use meta::Diverged;
use meta::fit::fit;
use meta::maml::{Inner, Order, batch_gradient};
use meta::train::State;
use rayon::prelude::*;

use super::compare;
use super::files::Tensors;
use super::log::{LOSSES, Log, LoggedFit, Precision, Step, TASKS};
use super::tolerance::{Deviation, FitFrom, Quantity, Tolerances, Worst};

/// A trajectory in memory.
pub struct Golden {
    log: Log,
    precision: Precision,
    tensors: Tensors,
}

impl Golden {
    /// Reads a trajectory.
    ///
    /// # Errors
    /// If a file is missing, damaged, of another format or of another network, if the log is not whole, or if there is
    /// anything in it that a replay would not compare.
    pub fn open(dir: &Path) -> Result<Self> {
        let log = Log::read(&dir.join("log.json"))?;
        let (precision, tensors) = (log.precision()?, Tensors::read(dir, &log)?);
        Ok(Self { log, precision, tensors })
    }

    /// The precision the trajectory was computed in.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Width of its network.
    pub fn width(&self) -> usize {
        self.log.config.width
    }

    /// What the trajectory holds, all of which a replay compares, and what it does not hold.
    pub fn contents(&self) -> String {
        let (kept, lost): (Vec<String>, Vec<String>) =
            self.log.phases().into_iter().partition(|phase| self.tensors.networks.contains_key(phase));
        let held = format!(
            "holds {} outer steps, {} prunings, {} fits and the networks after {}",
            self.log.steps.len(),
            self.log.prune.len(),
            self.log.fits.len(),
            kept.join(", ")
        );
        match lost.as_slice() {
            [] => held,
            lost => format!("{held}; no networks, of which nothing is compared, after {}", lost.join(", ")),
        }
    }

    /// Replays everything; `report(done, all)` is told of progress.
    ///
    /// # Errors
    /// If the replay leaves the finite numbers, or has not compared all that the trajectory holds.
    pub fn replay<T: Real>(
        &self,
        engine: &dyn Engine<T>,
        tolerances: &Tolerances,
        report: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<Deviation>> {
        let signals = self.signals::<T>();
        let mut state = State::new(self.tensors.init.cast::<T>(), self.log.config.beta);
        let mut worst = Worst::default();
        let all = self.log.steps.len() + self.log.fits.len();
        let mut done = 0;
        for (round, phase) in self.log.phases().iter().enumerate() {
            if round > 0 {
                self.prune(&mut state, round, &mut worst);
            }
            for step in self.log.steps.iter().filter(|step| step.phase == *phase) {
                self.outer_step(engine, &mut state, step, &signals.train, &mut worst)?;
                done += 1;
                report(done, all);
            }
            let replayed = (FitFrom::Replay, state.params.clone());
            let own = self.tensors.networks.get(phase);
            if let Some(own) = own {
                compare::params(phase, &state.params, own, &mut worst);
            }
            let own = own.map(|own| (FitFrom::Trajectory, own.cast::<T>()));
            for (from, start) in own.into_iter().chain([replayed]) {
                self.compare_fits(engine, phase, (from, &start), &signals.test, &mut worst)?;
            }
            done += self.log.fits.iter().filter(|f| f.at == *phase).count();
            report(done, all);
        }
        self.check_counts(&worst)?;
        Ok(worst.deviations(tolerances))
    }

    fn outer_step<T: Real>(
        &self,
        engine: &dyn Engine<T>,
        state: &mut State<T>,
        step: &Step,
        train: &[Samples<T>],
        worst: &mut Worst,
    ) -> Result<()> {
        let inner = Inner { steps: LOSSES - 1, lr: self.log.config.alpha, order: Order::Second };
        let tasks: Vec<Samples<T>> =
            (0..TASKS).map(|i| train[(TASKS * step.step + i) % train.len()].clone()).collect();
        let batch = batch_gradient(engine, &state.params, &tasks, inner);
        if !batch.outer_loss.is_finite() || batch.gradient.iter().any(|g| !g.is_finite()) {
            return Err(Diverged { what: "replay", step: step.step as u64, loss: batch.outer_loss }.into());
        }
        compare::losses(step, batch.outer_loss, &batch.task_losses, worst);
        if step.step == 0 {
            compare::gradient(&state.params, &batch.gradient, &self.tensors.gradient, worst);
        }
        state.adam.update(state.params.values_mut(), &batch.gradient);
        ensure!(
            state.params.is_finite(),
            "{} step {}: a weight is not finite any more",
            step.phase,
            step.step
        );
        Ok(())
    }

    fn signals<T: Real>(&self) -> Signals<T> {
        let coords = Arc::new(grid::square::<T>(self.log.config.res));
        let samples = |values: &Vec<f64>| {
            Samples::new(coords.clone(), values.iter().map(|&v| T::from_f64(v)).collect(), 2, 3)
        };
        let all = |signals: &[Vec<f64>]| signals.iter().map(samples).collect();
        Signals { train: all(&self.tensors.train), test: all(&self.tensors.test) }
    }

    fn prune<T: Real>(&self, state: &mut State<T>, round: usize, worst: &mut Worst) {
        let magnitude = prune::pruner("magnitude").expect("the pruner of the paper");
        let (params, key) = (state.params.cast(), Key::root(0));
        let evidence = prune::Evidence { params: &params, initial: None, gradient: None, key: &key };
        let layout = prune::prune(&evidence, magnitude, prune::Cut::Fraction(0.2));
        compare::survivors(round, &layout, &self.log.prune[round - 1].kept, worst);
        state.adam = state.adam.narrowed(&state.params.layout().positions_of(&layout));
        state.params = state.params.narrowed(layout);
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
                let fitted = fit(engine, params, &test[f.signal], self.log.fit_config(f)?);
                let at = || format!("{phase}, test.{}, {}", f.signal, f.optimiser);
                Ok(fitted.with_context(at)?.psnr_db)
            })
            .collect::<Result<_>>()?;
        logged.iter().zip(&ours).for_each(|(f, ours)| compare::curve(phase, from, ours, f, worst));
        Ok(())
    }

    /// As many values were compared as the trajectory holds.
    fn check_counts(&self, worst: &Worst) -> Result<()> {
        let leaves = self.tensors.init.layout().leaves().len();
        let (rounds, networks) = (self.log.prune.len(), self.tensors.networks.len());
        let values: usize = self.log.fits.iter().map(|f| f.psnr_db_by_step.len()).sum();
        let mut expected = vec![
            (Quantity::Losses, self.log.steps.len() * (1 + TASKS * LOSSES)),
            (Quantity::MetaGradient, leaves),
            (Quantity::Params, networks * leaves),
            (Quantity::Survivors, rounds),
            (Quantity::Masks, rounds + networks),
        ];
        for [start, any, end] in [FitFrom::Trajectory, FitFrom::Replay].map(Quantity::psnr) {
            let fits = self.log.fits.len();
            expected.extend([(start, fits), (any, values), (end, fits)]);
        }
        for (quantity, expected) in expected {
            let found = worst.compared(quantity);
            ensure!(
                found == expected,
                "{}: {found} compared of {expected} in the trajectory",
                quantity.name()
            );
        }
        Ok(())
    }
}

struct Signals<T> {
    train: Vec<Samples<T>>,
    test: Vec<Samples<T>>,
}
