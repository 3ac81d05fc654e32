//! Reptile (Nichol, Achiam & Schulman 2018) with the optimiser that fits use: an outer step moves the initial network
//! towards the networks that some steps of Adam make of it, one a task.
//!
//! ```text
//! θ ← θ + ε · mean over tasks (U_k(θ) − θ)        U_k: k Adam steps, moments from zero
//! ```
//!
//! Not the paper's training. No second derivatives: k may be as long as the fits of the evaluation, and each step may
//! see other coordinates of the signal.

use inr_core::optim::Adam;
use inr_core::{Engine, Key, Params, Real, Samples};
use rayon::prelude::*;

use crate::Diverged;
use crate::accelerate::Subsets;
use crate::train::State;

/// The inner loop of Reptile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reptile {
    /// Number k of Adam steps a task.
    pub steps: usize,
    /// Their learning rate.
    pub lr: f64,
    /// Random coordinates a step sees; 0: all.
    pub coordinates: usize,
}

impl Reptile {
    /// One outer step in place, with ε = `rate`; returns the mean over tasks of the loss before their last inner step,
    /// on the coordinates of that step. Coordinates are drawn under the keys `reptile`, outer step and place of the task; the outer
    /// Adam is left as it is.
    ///
    /// # Errors
    /// If a loss is not finite; the state is then unchanged.
    pub fn outer_step<T: Real>(
        &self,
        engine: &dyn Engine<T>,
        state: &mut State<T>,
        rate: f64,
        tasks: &[Samples<T>],
        key: &Key,
    ) -> Result<f64, Diverged> {
        let key = key.derive("reptile").fold(state.step);
        let start = &state.params;
        let fit = |(i, task): (usize, &Samples<T>)| self.adapt(engine, start, task, &key.fold(i as u64));
        let adapted: Vec<(f64, Params<T>)> = tasks.par_iter().enumerate().map(fit).collect();
        let loss = adapted.iter().map(|(loss, _)| loss).sum::<f64>() / tasks.len() as f64;
        if !loss.is_finite() || adapted.iter().any(|(_, p)| p.values().iter().any(|v| !v.is_finite())) {
            return Err(Diverged { what: "meta-training", step: state.step, loss });
        }
        let share = T::from_f64(rate / tasks.len() as f64);
        let mut next = state.params.values().to_vec();
        for (_, params) in &adapted {
            let moved = params.values().iter().zip(state.params.values());
            next.iter_mut().zip(moved).for_each(|(next, (&to, &from))| *next += share * (to - from));
        }
        state.params.values_mut().copy_from_slice(&next);
        state.step += 1;
        Ok(loss)
    }

    /// U_k(θ) of one task, and the loss before the last step.
    fn adapt<T: Real>(
        &self,
        engine: &dyn Engine<T>,
        start: &Params<T>,
        task: &Samples<T>,
        key: &Key,
    ) -> (f64, Params<T>) {
        let mut params = start.clone();
        let mut adam = Adam::new(self.lr, params.layout().len());
        let mut subsets = (self.coordinates > 0).then(|| Subsets::new(key, self.coordinates));
        let d_in = params.layout().siren().d_in();
        let mut last = f64::NAN;
        for step in 0..self.steps {
            let part = subsets.as_mut().map(|s| s.of_tasks(step as u64, std::slice::from_ref(task), d_in));
            let (loss, grad) = engine.value_and_grad(&params, part.as_ref().map_or(task, |part| &part[0]));
            adam.update(params.values_mut(), &grad);
            last = loss;
        }
        (last, params)
    }
}
