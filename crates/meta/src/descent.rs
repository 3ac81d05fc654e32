//! One signal's own numbers on their way down: the steps of a fit and of Reptile's inner loop.

use std::sync::Arc;

use inr_core::optim::{Adam, sgd_step};
use inr_core::params::gather;
use inr_core::{Layout, Params, Real};

use crate::adapt::{Adapt, At};

/// Which optimiser fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Optimiser {
    /// Adam with torch's defaults.
    Adam,
    /// Plain gradient descent.
    Sgd,
}

/// Own numbers, the network they make, and the optimiser that moves them.
pub(crate) struct Descent<'a, T> {
    adapt: &'a dyn Adapt<T>,
    shared: Params<T>,
    own: Vec<T>,
    network: Params<T>,
    optimiser: Optimiser,
    adam: Adam<T>,
    /// Multiples of the rate, `[own]`; none if all are 1.
    step_sizes: Option<Vec<T>>,
}

impl<'a, T: Real> Descent<'a, T> {
    pub(crate) fn new(adapt: &'a dyn Adapt<T>, shared: &Params<T>, optimiser: Optimiser, lr: f64) -> Self {
        let own = adapt.start(shared);
        let network = adapt.embed(At { shared, own: &own });
        let (adam, step_sizes) = (Adam::new(lr, own.len()), adapt.step_sizes(shared.layout()));
        Self { adapt, shared: shared.clone(), own, network, optimiser, adam, step_sizes }
    }

    /// The signal's network.
    pub(crate) fn network(&self) -> &Params<T> {
        &self.network
    }

    /// One step by the gradient at the network, `[layout.len()]`.
    pub(crate) fn step(&mut self, gradient: &[T]) {
        let gradient = self.adapt.pull(At { shared: &self.shared, own: &self.own }, gradient);
        let mut next = self.own.clone();
        match self.optimiser {
            Optimiser::Adam => self.adam.update(&mut next, &gradient),
            Optimiser::Sgd => sgd_step(self.adam.lr, &mut next, &gradient),
        }
        if let Some(sizes) = &self.step_sizes {
            let moved = next.iter_mut().zip(&self.own).zip(sizes);
            moved.for_each(|((next, &own), &size)| *next = own + size * (*next - own));
        }
        self.own = next;
        self.network = self.adapt.embed(At { shared: &self.shared, own: &self.own });
    }

    /// Goes on with fewer weights: the survivors keep their values and moments.
    pub(crate) fn narrow(&mut self, layout: Arc<Layout>) {
        let left = self.adapt.surviving(self.shared.layout(), &layout);
        self.own = gather(&self.own, &left);
        self.adam = self.adam.narrowed(&left);
        self.step_sizes = self.adapt.step_sizes(&layout);
        self.shared = self.shared.narrowed(layout);
        self.network = self.adapt.embed(At { shared: &self.shared, own: &self.own });
    }

    /// The network and the own numbers in which it ends.
    pub(crate) fn end(self) -> (Params<T>, Vec<T>) {
        (self.network, self.own)
    }
}
