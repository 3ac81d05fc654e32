//! The outer loop: Adam on the mean meta-gradient of a fresh batch of signals a step.
//!
//! As the authors' `trainer.py` (PAPER §1.1, §1.3): every step takes the first batch of a fresh
//! permutation, no clipping; their rate is constant ([`Rate::constant`]). Which signals step s sees is a function of the seed and s
//! alone, so a resumed run sees what the uninterrupted one would have seen.

use std::ops::ControlFlow;

use inr_core::optim::Adam;
use inr_core::{Engine, Key, Params, Real, Samples};

use crate::accelerate::Rate;
use crate::adapt::Adapt;
use crate::diverged::Diverged;
use crate::maml::{Inner, shared_gradient};

/// Everything that changes while a network is meta-trained.
#[derive(Clone, Debug, PartialEq)]
pub struct State<T> {
    /// The network.
    pub params: Params<T>,
    /// The outer optimiser; one for all pruning rounds.
    pub adam: Adam<T>,
    /// Outer steps taken, counted over all rounds.
    pub step: u64,
}

impl<T: Real> State<T> {
    /// The start of a run.
    pub fn new(params: Params<T>, outer_lr: f64) -> Self {
        let adam = Adam::new(outer_lr, params.layout().len());
        Self { params, adam, step: 0 }
    }
}

/// Indices of the signals of outer step `step`: `count` different ones of `n`, under the key `tasks`.
pub fn tasks_of_step(key: &Key, step: u64, count: usize, n: usize) -> Vec<usize> {
    key.derive("tasks").fold(step).choose(count, n)
}

/// One outer step of MAML in place, at the outer rate `rate`; returns the loss before it.
///
/// # Errors
/// If the loss is not finite; the state is then unchanged.
pub fn outer_step<T: Real>(
    engine: &dyn Engine<T>,
    adapt: &dyn Adapt<T>,
    state: &mut State<T>,
    rate: f64,
    tasks: &[Samples<T>],
    inner: Inner,
) -> Result<f64, Diverged> {
    state.adam.lr = rate;
    let batch = shared_gradient(engine, adapt, &state.params, tasks, inner);
    if !batch.outer_loss.is_finite() || batch.gradient.iter().any(|g| !g.is_finite()) {
        return Err(Diverged { what: "meta-training", step: state.step, loss: batch.outer_loss });
    }
    state.adam.update(state.params.values_mut(), &batch.gradient);
    state.step += 1;
    Ok(batch.outer_loss)
}

/// Takes outer steps until `until`, each at its rate, or until `after_step` breaks.
///
/// `outer_step(state, rate)` takes one, e.g. [`outer_step`] or [`crate::reptile::Reptile::outer_step`] on the signals of
/// `state.step`, and returns its loss; `after_step(state, loss)` sees the state after each.
///
/// # Errors
/// What the two return.
pub fn train<T, E>(
    state: &mut State<T>,
    rate: Rate,
    until: u64,
    mut outer_step: impl FnMut(&mut State<T>, f64) -> Result<f64, E>,
    mut after_step: impl FnMut(&State<T>, f64) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    while state.step < until {
        let loss = outer_step(state, rate.at(state.step))?;
        if after_step(state, loss)?.is_break() {
            break;
        }
    }
    Ok(())
}
