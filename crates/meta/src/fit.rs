//! The fit of one signal from an initial network: what the paper evaluates.
//!
//! `default`: Adam 1e-4, 100 steps on the full image; `two_step_sgd`: gradient descent 1e-2, 2 steps
//! (PAPER §1.4, the authors' `evals/eval.py`). Pruned weights stay pruned; MAML + OneShot and MAML + IMP begin
//! dense and prune on the way.

use std::sync::Arc;

use inr_core::metrics::{mse, psnr_db};
use inr_core::optim::{Adam, sgd_step};
use inr_core::{Engine, Layout, Params, Real, Samples};

use crate::Diverged;

/// Which optimiser fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Optimiser {
    /// Adam with torch's defaults.
    Adam,
    /// Plain gradient descent.
    Sgd,
}

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
    /// The fitted network.
    pub params: Params<T>,
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

/// Fits a signal from an initial network; the network given is not changed.
///
/// # Errors
/// If the loss stops being finite.
pub fn fit<T: Real>(
    engine: &dyn Engine<T>,
    init: &Params<T>,
    samples: &Samples<T>,
    config: FitConfig,
) -> Result<Fit<T>, Diverged> {
    fit_and_prune(engine, init, samples, config, |_, _| None)
}

/// [`fit`], but `after_step(steps taken, network)` may answer with a layout that keeps fewer weights: the survivors
/// go on with their values and moments. The PSNR of a step is that of the network before it, pruned if it was.
///
/// # Errors
/// As [`fit`].
///
/// # Panics
/// If a layout keeps a weight that was pruned before.
pub fn fit_and_prune<T: Real>(
    engine: &dyn Engine<T>,
    init: &Params<T>,
    samples: &Samples<T>,
    config: FitConfig,
    mut after_step: impl FnMut(usize, &Params<T>) -> Option<Arc<Layout>>,
) -> Result<Fit<T>, Diverged> {
    let mut params = init.clone();
    let mut adam = Adam::new(config.lr, params.layout().len());
    let mut psnr = Vec::with_capacity(config.steps + 1);
    let check = |step: usize, loss: f64| match loss.is_finite() {
        true => Ok(psnr_db(loss)),
        false => Err(Diverged { what: "fit", step: step as u64, loss }),
    };
    for step in 0..config.steps {
        let (loss, grad) = engine.value_and_grad(&params, samples);
        psnr.push(check(step, loss)?);
        match config.optimiser {
            Optimiser::Adam => adam.update(params.values_mut(), &grad),
            Optimiser::Sgd => sgd_step(config.lr, params.values_mut(), &grad),
        }
        if let Some(layout) = after_step(step + 1, &params) {
            adam = adam.narrowed(&params.layout().positions_of(&layout));
            params = params.narrowed(layout);
        }
    }
    let loss = mse(&engine.forward(&params, &samples.coords), &samples.targets);
    psnr.push(check(config.steps, loss)?);
    Ok(Fit { params, psnr_db: psnr })
}
