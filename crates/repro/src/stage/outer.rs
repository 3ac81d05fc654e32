//! How a stage takes an outer step: MAML on all or some coordinates, or Reptile.

use inr_core::{Engine, Key, Samples};
use meta::Diverged;
use meta::accelerate::Subsets;
use meta::adapt::Entries;
use meta::maml::Inner;
use meta::reptile::Reptile;
use meta::train::{State, outer_step};

use crate::experiment::entries;
use crate::recipe::TrainStage;

/// The outer step of a stage.
pub(super) struct Outer {
    way: Way,
    entries: Entries,
}

enum Way {
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
        Self { way: Way::of(stage), entries: entries(stage.own) }
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
        let entries = &self.entries;
        match &mut self.way {
            Way::Maml(inner) => outer_step(engine, entries, state, rate, tasks, *inner),
            Way::Subsets(inner, subsets) => {
                let part = subsets.of_tasks(state.step, tasks, state.params.layout().siren().d_in());
                outer_step(engine, entries, state, rate, &part, *inner)
            }
            Way::Reptile(reptile, key) => reptile.outer_step(engine, entries, state, rate, tasks, key),
        }
    }
}

impl Way {
    fn of(stage: &TrainStage) -> Self {
        let key = Key::root(stage.seed);
        let coordinates = stage.accelerated.as_ref().and_then(|accelerated| accelerated.coordinates);
        match (stage.accelerated.as_ref().and_then(|accelerated| accelerated.reptile), coordinates) {
            (Some(spec), coordinates) => {
                Self::Reptile(Reptile { steps: spec.steps, lr: spec.lr, coordinates }, key)
            }
            (None, Some(coordinates)) => Self::Subsets(inner(stage), Subsets::new(&key, coordinates)),
            (None, None) => Self::Maml(inner(stage)),
        }
    }
}

/// The inner loop in the terms of crate `meta`.
pub(super) fn inner(stage: &TrainStage) -> Inner {
    Inner { steps: stage.meta.inner_steps, lr: stage.meta.inner_lr, order: stage.meta.order.into() }
}
