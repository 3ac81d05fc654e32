//! What is timed: a computation on a network of a shape, at a grid of coordinates, at a density.

use std::sync::Arc;

use inr_core::optim::Adam;
use inr_core::{Engine, Key, Layout, Params, Samples, Siren, grid};
use meta::maml::{Inner, Order, batch_gradient};
use serde::Serialize;

/// The paper's network and protocol (PAPER §1.2, §1.3).
const W0: f64 = 200.0;
const HIDDEN: usize = 4;
const TASKS: usize = 3;
/// The inner loop of the paper.
pub(super) const INNER: Inner = Inner { steps: 2, lr: 1e-2, order: Order::Second };
pub(super) const FIT_LR: f64 = 1e-4;
/// Products of a network's matrices a coordinate: forward, backward, weight gradient; and those of a curvature.
const GRADIENT_PRODUCTS: usize = 3;
const CURVATURE_PRODUCTS: usize = 8;

/// A computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// Loss and gradient of one signal.
    Gradient,
    /// One Adam step of the fit of one signal.
    Adam,
    /// The exact meta-gradient of three signals, two inner steps.
    Maml,
}

/// A computation of a size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Case {
    /// The computation.
    pub what: What,
    /// Hidden width.
    pub width: usize,
    /// Side of the square of coordinates.
    pub side: usize,
    /// Share of the weights that survive.
    pub density: f64,
}

impl Case {
    /// A case.
    pub const fn new(what: What, width: usize, side: usize, density: f64) -> Self {
        Self { what, width, side, density }
    }

    /// Whether a network has the width and at least the weights of the case.
    pub fn is_within(&self, network: &Params<f32>) -> bool {
        let siren = network.layout().siren();
        let weights = (self.density * siren.weights() as f64).round() as usize;
        siren.widths[1] == self.width && weights <= network.layout().weights()
    }

    /// Name by shape, e.g. `maml-w256-178x178-4.4%`.
    pub fn name(&self) -> String {
        let what = match self.what {
            What::Gradient => "gradient",
            What::Adam => "adam",
            What::Maml => "maml",
        };
        let percent = (self.density * 1e4).round() / 1e2;
        format!("{what}-w{}-{}x{}-{percent}%", self.width, self.side, self.side)
    }
}

/// The cases of a run. `quick` leaves out those that take PyTorch seconds.
pub fn cases(quick: bool) -> Vec<Case> {
    use What::{Adam, Gradient, Maml};
    let mut cases = Vec::new();
    if !quick {
        cases.push(Case::new(Gradient, 256, 178, 1.0));
        // Two rungs of the paper's ladder, and what lies between for the figure.
        for density in [1.0, 0.4096, 0.2097, 0.0859, 0.04398, 0.01154] {
            cases.push(Case::new(Adam, 256, 178, density));
        }
        for density in [1.0, 0.04398, 0.01154] {
            cases.push(Case::new(Maml, 256, 178, density));
        }
    }
    for width in [128, 64, 32] {
        cases.push(Case::new(Maml, width, 64, 1.0));
    }
    cases.push(Case::new(Maml, 64, 32, 0.04398));
    cases
}

/// A case with everything it computes on.
pub struct Input {
    /// The network, masked.
    pub params: Params<f32>,
    /// One signal, or one a task.
    pub tasks: Vec<Samples<f32>>,
}

/// What one call computed, to be held against what a peer computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// Loss, or mean outer loss.
    pub loss: f64,
    /// Norm of the gradient.
    pub norm: f64,
}

impl Input {
    /// A network initialised as the paper's and pruned by magnitude over all its weight matrices, or `network`
    /// pruned further; signals of noise, the hardest there are.
    pub fn new(case: &Case, network: Option<&Params<f32>>) -> Self {
        let fresh = || Siren::new(2, case.width, HIDDEN, 3, W0).init(&Key::root(1));
        let params = network.cloned().unwrap_or_else(fresh);
        let keep = (case.density * params.layout().siren().weights() as f64).round() as usize;
        let params = match keep < params.layout().weights() {
            true => params.narrowed(Arc::new(largest(&params, keep))),
            false => params,
        };
        let coords = Arc::new(grid::square::<f32>(case.side));
        let count = if case.what == What::Maml { TASKS } else { 1 };
        let mut uniform = Key::root(2).derive("targets").uniform();
        let mut task = || {
            let targets = (0..case.side * case.side * 3).map(|_| uniform.next() as f32).collect();
            Samples::new(coords.clone(), targets, 2, 3)
        };
        Self { tasks: (0..count).map(|_| task()).collect(), params }
    }

    /// GFLOP of useful work: two for each multiply-add of a surviving weight.
    pub fn gflop(&self, what: What) -> f64 {
        let products = match what {
            What::Gradient | What::Adam => GRADIENT_PRODUCTS,
            What::Maml => TASKS * ((INNER.steps + 1) * GRADIENT_PRODUCTS + INNER.steps * CURVATURE_PRODUCTS),
        };
        let n = self.tasks[0].coords.len() / 2;
        2e-9 * (n * products * self.params.layout().weights()) as f64
    }
}

fn largest(params: &Params<f32>, keep: usize) -> Layout {
    let scores: Vec<f64> = params
        .layout()
        .weight_leaves()
        .flat_map(|leaf| params.leaf(leaf).iter().map(|w| f64::from(w.abs())))
        .collect();
    prune::keep_largest(params.layout(), &scores, keep)
}

/// Our side: a case that can be called again and again.
pub struct Ours<'a> {
    engine: &'a dyn Engine<f32>,
    what: What,
    input: &'a Input,
    params: Params<f32>,
    adam: Adam<f32>,
}

impl<'a> Ours<'a> {
    /// A case on an engine.
    pub fn new(engine: &'a dyn Engine<f32>, what: What, input: &'a Input) -> Self {
        let adam = Adam::new(FIT_LR, input.params.layout().len());
        Self { engine, what, input, params: input.params.clone(), adam }
    }

    /// One call.
    pub fn call(&mut self) -> Answer {
        let norm = |gradient: &[f32]| gradient.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
        match self.what {
            What::Gradient => {
                let (loss, gradient) = self.engine.value_and_grad(&self.params, &self.input.tasks[0]);
                Answer { loss, norm: norm(&gradient) }
            }
            What::Adam => {
                let (loss, gradient) = self.engine.value_and_grad(&self.params, &self.input.tasks[0]);
                self.adam.update(self.params.values_mut(), &gradient);
                Answer { loss, norm: norm(&gradient) }
            }
            What::Maml => {
                let batch = batch_gradient(self.engine, &self.params, &self.input.tasks, INNER);
                Answer { loss: batch.outer_loss, norm: norm(&batch.gradient) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_keeps_the_share_its_case_names() {
        let case = Case::new(What::Maml, 16, 4, 0.25);
        let input = Input::new(&case, None);
        assert_eq!(input.params.layout().weights(), (848.0f64 * 0.25) as usize);
        assert_eq!(input.tasks.len(), TASKS);
        assert_eq!(case.name(), "maml-w16-4x4-25%");
        let gflop = 2e-9 * (16 * 75 * 212) as f64;
        assert!((input.gflop(case.what) - gflop).abs() < 1e-15);
    }
}
