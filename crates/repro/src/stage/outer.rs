//! How a stage takes an outer step: MAML on all or some coordinates, or Reptile.

use inr_core::{Engine, Key, Samples};
use meta::Diverged;
use meta::accelerate::Subsets;
use meta::adapt::Entries;
use meta::maml::{Inner, Order};
use meta::reptile::Reptile;
use meta::train::{State, outer_step};

use crate::experiment::OrderName;
use crate::recipe::TrainStage;

/// The outer step of a stage.
pub(super) enum Outer {
    /// MAML on all coordinates, the paper's.
    Maml(Inner),
    /// MAML on random coordinates.
    Subsets(Inner, Subsets),
    /// Reptile, and the key of its coordinates.
    Reptile(Reptile, Key),
}

impl Outer {
    /// That of a stage.
    pub(super) fn of(stage: &TrainStage) -> Self {
        let key = Key::root(stage.seed);
        let coordinates = stage.accelerated.as_ref().map_or(0, |accelerated| accelerated.coordinates);
        match stage.accelerated.as_ref().and_then(|accelerated| accelerated.reptile) {
            Some(spec) => Self::Reptile(Reptile { steps: spec.steps, lr: spec.lr, coordinates }, key),
            None if coordinates > 0 => Self::Subsets(inner(stage), Subsets::new(&key, coordinates)),
            None => Self::Maml(inner(stage)),
        }
    }

    /// One outer step on whole signals, in place, at an outer rate; returns its loss.
    ///
    /// # Errors
    /// If the loss is not finite; the state is then unchanged.
    pub(super) fn step(
        &mut self,
        engine: &dyn Engine<f32>,
        state: &mut State<f32>,
        rate: f64,
        tasks: &[Samples<f32>],
    ) -> Result<f64, Diverged> {
        match self {
            Self::Maml(inner) => outer_step(engine, &Entries::ALL, state, rate, tasks, *inner),
            Self::Subsets(inner, subsets) => {
                let part = subsets.of_tasks(state.step, tasks, state.params.layout().siren().d_in());
                outer_step(engine, &Entries::ALL, state, rate, &part, *inner)
            }
            Self::Reptile(reptile, key) => reptile.outer_step(engine, &Entries::ALL, state, rate, tasks, key),
        }
    }
}

/// The inner loop in the terms of crate `meta`.
pub(super) fn inner(stage: &TrainStage) -> Inner {
    let order = match stage.meta.order {
        OrderName::First => Order::First,
        OrderName::Second => Order::Second,
    };
    Inner { steps: stage.meta.inner_steps, lr: stage.meta.inner_lr, order }
}
