//! Reptile (Nichol, Achiam & Schulman 2018) with the optimiser that fits use: an outer step moves the initial network
//! towards the networks that some steps of Adam make of it, one a task.
//!
//! ```text
//! θ ← θ + ε · mean over tasks (U_k(θ) − θ)        U_k: k Adam steps, moments from zero
//! ```
//!
//! Only a signal's own numbers ([`Adapt`]) are stepped, and only what they begin at moves: shared numbers that do not adapt stay.
//! Not the paper's training. No second derivatives: k may be as long as the fits of the evaluation, and each step may
//! see other coordinates of the signal.

use inr_core::{Engine, Key, Question, Real, Samples};
use rayon::prelude::*;

use crate::accelerate::Subsets;
use crate::adapt::Adapt;
use crate::descent::Descent;
use crate::diverged::Diverged;
use crate::fit::Optimiser;
use crate::train::State;

/// The inner loop of Reptile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reptile {
    /// Number k of Adam steps a task.
    pub steps: usize,
    /// Their learning rate.
    pub lr: f64,
    /// Random coordinates a step sees; all if none.
    pub coordinates: Option<usize>,
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
        adapt: &dyn Adapt<T>,
        state: &mut State<T>,
        rate: f64,
        tasks: &[Samples<T>],
        key: &Key,
    ) -> Result<f64, Diverged> {
        let key = key.derive("reptile").fold(state.step);
        let (loss, ends) = self.descend(engine, adapt, state, tasks, &key);
        if !loss.is_finite() || ends.iter().flatten().any(|v| !v.is_finite()) {
            return Err(Diverged { what: "meta-training", step: state.step, loss });
        }
        let (start, share) = (adapt.start(&state.params), T::from_f64(rate / tasks.len() as f64));
        let mut next = state.params.values().to_vec();
        for end in &ends {
            let moved: Vec<T> = end.iter().zip(&start).map(|(&to, &from)| share * (to - from)).collect();
            adapt.pull_start(&state.params, &moved, &mut next);
        }
        state.params.values_mut().copy_from_slice(&next);
        state.step += 1;
        Ok(loss)
    }

    /// The inner loops of all tasks in lockstep: the mean loss before the last step, and U_k(θ) of each, `[own]`.
    fn descend<T: Real>(
        &self,
        engine: &dyn Engine<T>,
        adapt: &dyn Adapt<T>,
        state: &State<T>,
        tasks: &[Samples<T>],
        key: &Key,
    ) -> (f64, Vec<Vec<T>>) {
        let layout = state.params.layout();
        let (wanted, d_in) = (adapt.wanted(layout), layout.siren().d_in());
        let descent = |_| Descent::new(adapt, &state.params, Optimiser::Adam, self.lr);
        let mut descents: Vec<Descent<T>> = tasks.iter().map(descent).collect();
        let subsets = |count| (0..tasks.len()).map(move |i| Subsets::new(&key.fold(i as u64), count));
        let mut subsets: Vec<Subsets> = self.coordinates.into_iter().flat_map(subsets).collect();
        let mut losses = vec![f64::NAN; tasks.len()];
        for step in 0..self.steps as u64 {
            let pairs = subsets.par_iter_mut().zip(tasks);
            let parts = pairs.map(|(subsets, task)| subsets.of_tasks(step, std::slice::from_ref(task), d_in));
            let parts: Vec<Samples<T>> = parts.flatten_iter().collect();
            let seen = if parts.is_empty() { tasks } else { &parts };
            let questions: Vec<Question<T>> = descents.iter().map(Descent::network).zip(seen).collect();
            let answers = engine.gradients(&questions, &wanted);
            losses = answers.iter().map(|(loss, _)| *loss).collect();
            descents.par_iter_mut().zip(&answers).for_each(|(descent, (_, gradient))| descent.step(gradient));
        }
        let loss = losses.iter().sum::<f64>() / tasks.len() as f64;
        (loss, descents.into_iter().map(|descent| descent.end().1).collect())
    }
}
