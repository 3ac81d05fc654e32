//! Deviations of a replay from what a trajectory holds. All arrays are of equal lengths here: the files were checked.

use std::collections::BTreeSet;

use inr_core::params::to_full;
use inr_core::{Layout, Params, Real};
use meta::maml::TaskLosses;

use super::log::{LoggedFit, Step};
use super::tolerance::{FitFrom, Quantity, Worst};

/// Losses of an outer step, relative.
pub fn losses(step: &Step, outer: f64, tasks: &[TaskLosses], worst: &mut Worst) {
    let at = |what: &str| format!("{} step {}, {what}", step.phase, step.step);
    worst.met(Quantity::Losses, relative(outer, step.outer_loss), || at("outer"));
    for (i, (ours, theirs)) in tasks.iter().zip(&step.task_losses).enumerate() {
        for (k, (a, b)) in ours.iter().zip(theirs).enumerate() {
            worst.met(Quantity::Losses, relative(*a, *b), || at(&format!("task {i}, inner step {k}")));
        }
    }
}

/// The first meta-gradient, leaf by leaf.
pub fn gradient<T: Real>(params: &Params<T>, ours: &[T], theirs: &Params<f64>, worst: &mut Worst) {
    for leaf in params.layout().leaves() {
        let distance = relative_distance(&ours[leaf.range()], theirs.leaf(leaf));
        worst.met(Quantity::MetaGradient, distance, || leaf.name.clone());
    }
}

/// Values and masks of a network after a phase.
pub fn params<T: Real>(phase: &str, ours: &Params<T>, theirs: &Params<f64>, worst: &mut Worst) {
    let mut differing = 0;
    for (leaf, their_leaf) in ours.layout().leaves().iter().zip(theirs.layout().leaves()) {
        let full = to_full(leaf, ours.leaf(leaf));
        let distance = relative_distance(&full, &to_full(their_leaf, theirs.leaf(their_leaf)));
        worst.met(Quantity::Params, distance, || format!("{phase}, {}", leaf.name));
        if let (Some(a), Some(b)) = (&leaf.kept, &their_leaf.kept) {
            let b: BTreeSet<u32> = b.iter().copied().collect();
            let common = a.iter().filter(|i| b.contains(i)).count();
            differing += a.len() + b.len() - 2 * common;
        }
    }
    worst.met(Quantity::Masks, differing as f64, || phase.to_string());
}

/// Numbers of surviving weights, in all and a layer.
pub fn survivors(round: usize, layout: &Layout, logged: &[usize], worst: &mut Worst) {
    let ours = layout.weights() as u128;
    let theirs: u128 = logged.iter().map(|&kept| kept as u128).sum();
    let at = || format!("round{round}: {ours} against {theirs}");
    worst.met(Quantity::Survivors, ours.abs_diff(theirs) as f64, at);
    // Layers that differ in count differ in at least that many entries; masks of every round are not kept.
    let pairs = layout.weight_leaves().zip(logged);
    let per_layer: u128 = pairs.map(|(leaf, &n)| leaf.len().abs_diff(n) as u128).sum();
    worst.met(Quantity::Masks, per_layer as f64, || format!("round{round}, counts per layer"));
}

/// A fit's curve.
pub fn curve(phase: &str, from: FitFrom, ours: &[f64], logged: &LoggedFit, worst: &mut Worst) {
    let [at_start, at_any, at_end] = Quantity::psnr(from);
    let last = ours.len() - 1;
    for (step, (a, b)) in ours.iter().zip(&logged.psnr_db_by_step).enumerate() {
        let at = || format!("{phase}, test.{}, {}, step {step}", logged.signal, logged.optimiser);
        worst.met(at_any, (a - b).abs(), at);
        if step == 0 {
            worst.met(at_start, (a - b).abs(), at);
        }
        if step == last {
            worst.met(at_end, (a - b).abs(), at);
        }
    }
}

/// |ours / theirs − 1|; equal numbers do not differ, zeros neither.
fn relative(ours: f64, theirs: f64) -> f64 {
    if ours == theirs { 0.0 } else { (ours / theirs - 1.0).abs() }
}

/// ‖ours − theirs‖ / ‖theirs‖; equal arrays do not differ, those of zeros neither.
fn relative_distance<T: Real>(ours: &[T], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len(), "leaves of different networks");
    let difference: f64 = ours.iter().zip(theirs).map(|(a, b)| (a.to_f64() - b).powi(2)).sum();
    if difference == 0.0 {
        return 0.0;
    }
    (difference / theirs.iter().map(|b| b * b).sum::<f64>()).sqrt()
}
