//! The fit of one signal from an initial network: what the paper evaluates.
//!
//! `default`: Adam 1e-4, 100 steps on the full image; `two_step_sgd`: gradient descent 1e-2, 2 steps
//! (PAPER §1.4, the authors' `evals/eval.py`). Pruned weights stay pruned; MAML + OneShot and MAML + IMP begin
//! dense and prune on the way. Only the signal's own numbers ([`Adapt`]) are moved.

use std::sync::Arc;

use inr_core::metrics::{mse, psnr_db};
use inr_core::{Engine, Layout, Params, Question, Real, Samples};
use rayon::prelude::*;

use crate::adapt::{Adapt, Entries};
use crate::descent::Descent;
pub use crate::descent::Optimiser;
use crate::diverged::Diverged;

/// How a signal is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitConfig {
    /// The optimiser.
    pub optimiser: Optimiser,
    /// Learning rate.
    pub lr: f64,
    /// Number of full-image steps.
    pub steps: usize,
}

/// A fitted signal.
pub struct Fit<T> {
    /// The fitted network, all of it.
    pub params: Params<T>,
    /// The numbers of it that are the signal's own, `[own]`: with the network it began from they say the same.
    pub own: Vec<T>,
    /// PSNR before every step and after the last, dB: `[steps + 1]`.
    pub psnr_db: Vec<f64>,
}

impl<T> Fit<T> {
    /// PSNR after the last step, dB: what the paper's README and slides report.
    pub fn last_db(&self) -> f64 {
        self.psnr_db[self.psnr_db.len() - 1]
    }

    /// Best PSNR along the fit, dB: what the paper's Figure 2 reports (PAPER §1.5).
    pub fn peak_db(&self) -> f64 {
        self.psnr_db.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }
}

/// Fits a signal from an initial network, all of whose entries adapt; the network given is not changed.
///
/// # Errors
/// If the loss stops being finite.
pub fn fit<T: Real>(
    engine: &dyn Engine<T>,
    init: &Params<T>,
    samples: &Samples<T>,
    config: FitConfig,
) -> Result<Fit<T>, Diverged> {
    fit_and_prune(engine, &Entries::ALL, init, samples, config, |_, _| None)
}

/// Fits a signal's own numbers, and `after_step(steps taken, network)` may answer with a layout that keeps fewer weights:
/// the survivors go on with their values and moments. The PSNR of a step is that of the network before it, pruned if it was.
///
/// # Errors
/// As [`fit`].
///
/// # Panics
/// If a layout keeps a weight that was pruned before.
pub fn fit_and_prune<T: Real>(
    engine: &dyn Engine<T>,
    adapt: &dyn Adapt<T>,
    init: &Params<T>,
    samples: &Samples<T>,
    config: FitConfig,
    mut after_step: impl FnMut(usize, &Params<T>) -> Option<Arc<Layout>>,
) -> Result<Fit<T>, Diverged> {
    let signals = std::slice::from_ref(samples);
    let mut fits =
        fit_together(engine, adapt, init, signals, config, |_, step, params| after_step(step, params));
    fits.remove(0)
}

/// [`fit_and_prune`] of several signals in lockstep: the engine is asked for all their gradients at once. The result is that
/// of the signals one by one, to the bit; one whose loss stops being finite stops alone.
///
/// `after_step(signal, steps taken, network)` is called for every signal after each step, in their order.
///
/// # Panics
/// If a layout keeps a weight that was pruned before.
pub fn fit_together<T: Real>(
    engine: &dyn Engine<T>,
    adapt: &dyn Adapt<T>,
    init: &Params<T>,
    signals: &[Samples<T>],
    config: FitConfig,
    mut after_step: impl FnMut(usize, usize, &Params<T>) -> Option<Arc<Layout>>,
) -> Vec<Result<Fit<T>, Diverged>> {
    let wanted = adapt.wanted(init.layout());
    let mut all: Vec<Fitting<T>> = signals.iter().map(|_| Fitting::new(adapt, init, config)).collect();
    for step in 0..config.steps {
        let going = all.iter().zip(signals).filter(|(fitting, _)| fitting.diverged.is_none());
        let questions: Vec<Question<T>> = going.map(|(fitting, s)| (fitting.descent.network(), s)).collect();
        let answers = engine.gradients(&questions, &wanted);
        let going = all.iter_mut().enumerate().filter(|(_, fitting)| fitting.diverged.is_none());
        let mut going: Vec<_> = going.zip(answers).collect();
        going.par_iter_mut().for_each(|((_, fitting), (loss, gradient))| fitting.step(step, *loss, gradient));
        for ((signal, fitting), _) in going {
            let pruned = after_step(signal, step + 1, fitting.descent.network());
            pruned.into_iter().for_each(|layout| fitting.descent.narrow(layout));
        }
    }
    all.into_par_iter()
        .zip(signals)
        .map(|(fitting, samples)| fitting.end(engine, samples, config.steps))
        .collect()
}

/// A signal while it is fitted.
struct Fitting<'a, T> {
    descent: Descent<'a, T>,
    psnr_db: Vec<f64>,
    diverged: Option<Diverged>,
}

impl<'a, T: Real> Fitting<'a, T> {
    fn new(adapt: &'a dyn Adapt<T>, init: &Params<T>, config: FitConfig) -> Self {
        let descent = Descent::new(adapt, init, config.optimiser, config.lr);
        Self { descent, psnr_db: Vec::with_capacity(config.steps + 1), diverged: None }
    }

    /// Notes the loss before a step; whether it is finite.
    fn note(&mut self, step: usize, loss: f64) -> bool {
        match loss.is_finite() {
            true => self.psnr_db.push(psnr_db(loss)),
            false => self.diverged = Some(Diverged { what: "fit", step: step as u64, loss }),
        }
        loss.is_finite()
    }

    fn step(&mut self, step: usize, loss: f64, gradient: &[T]) {
        if self.note(step, loss) {
            self.descent.step(gradient);
        }
    }

    fn end(mut self, engine: &dyn Engine<T>, samples: &Samples<T>, steps: usize) -> Result<Fit<T>, Diverged> {
        if self.diverged.is_none() {
            let values = engine.forward(self.descent.network(), &samples.coords);
            self.note(steps, mse(&values, &samples.targets));
        }
        let (params, own) = self.descent.end();
        match self.diverged {
            Some(diverged) => Err(diverged),
            None => Ok(Fit { params, own, psnr_db: self.psnr_db }),
        }
    }
}
