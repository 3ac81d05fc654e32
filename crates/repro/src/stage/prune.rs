//! The pruning that a round begins with.

use anyhow::{Context, Result, anyhow};
use inr_core::optim::Adam;
use inr_core::{Key, Params};
use meta::maml::shared_gradient;
use meta::train::State;
use prune::{Cut, Evidence, Needs};

use super::outer::inner;
use super::setting::Setting;
use super::state::{initial, load_state};
use crate::experiment::{Carry, entries};
use crate::recipe::{RoundStage, TrainStage};

/// The parent's state after pruning: survivors keep their values and moments, unless the round says otherwise.
pub(super) fn pruned(context: &Setting, round: &RoundStage, parent: Option<&str>) -> Result<State<f32>> {
    let parent = parent.context("a pruning needs a network to prune")?;
    let state = load_state(context.store, parent, &round.train)?;
    let pruner = prune::pruner(round.pruner).ok_or_else(|| anyhow!("no pruner `{}`", round.pruner))?;
    let key = Key::root(round.train.seed).derive("prune").fold(round.round as u64);
    let params = state.params.cast::<f64>();
    let initial = match pruner.needs {
        Needs::Initial => Some(initial(&round.train)?.narrowed(state.params.layout().clone()).cast::<f64>()),
        _ => None,
    };
    let gradient = match pruner.needs {
        Needs::Gradient => Some(mean_meta_gradient(context, round, &state.params, &key)?),
        _ => None,
    };
    let evidence =
        Evidence { params: &params, initial: initial.as_ref(), gradient: gradient.as_deref(), key: &key };
    let layout = prune::prune(&evidence, pruner, round.keep.map_or(Cut::Fraction(round.fraction), Cut::Keep));
    let from = match round.carry {
        Carry::Nothing => dense_state(context, &round.train, parent)?,
        _ => state.clone(),
    };
    let adam = match round.carry {
        Carry::Weights => Adam::new(round.train.meta.outer_lr, layout.len()),
        _ => from.adam.narrowed(&from.params.layout().positions_of(&layout)),
    };
    Ok(State { params: from.params.narrowed(layout), adam, step: state.step })
}

/// The state in which dense meta-training ended, up the chain of parents.
fn dense_state(context: &Setting, stage: &TrainStage, parent: &str) -> Result<State<f32>> {
    let mut id = parent.to_string();
    loop {
        let manifest = context.store.manifest(&id);
        let place = || format!("{}: no manifest; delete it to begin anew", context.store.dir(&id).display());
        match manifest.with_context(place)?.parent {
            Some(above) => id = above,
            None => return load_state(context.store, &id, stage),
        }
    }
}

/// The mean of `round.batches` meta-gradients, each of a fresh batch of train signals under the key `saliency`.
fn mean_meta_gradient(
    context: &Setting,
    round: &RoundStage,
    params: &Params<f32>,
    key: &Key,
) -> Result<Vec<f64>> {
    let (set, stage) = (context.data.open(&round.train.dataset)?, &round.train);
    let batches = round.batches.unwrap_or(1);
    let mut mean = vec![0.0; params.values().len()];
    for batch in 0..batches {
        let key = key.derive("saliency").fold(batch as u64);
        let tasks = key.choose(stage.meta.tasks, set.set.len(datasets::Split::Train));
        let tasks = set.train(&tasks, stage.resolution)?;
        let gradient =
            shared_gradient(context.engine, &entries(stage.own), params, &tasks, inner(stage)).gradient;
        mean.iter_mut().zip(&gradient).for_each(|(m, &g)| *m += f64::from(g) / batches as f64);
    }
    Ok(mean)
}
