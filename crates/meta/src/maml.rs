//! Exact second-order MAML (Finn, Abbeel & Levine 2017) as a recursion; the paper's §3, its K = 2.
//!
//! ```text
//! θ_0 = θ;  θ_{k+1} = θ_k − α ∇L(θ_k)          k = 0 … K−1
//! v = ∇L(θ_K);   v ← v − α ∇²L(θ_k) v          k = K−1 … 0
//! ```
//!
//! The result v is the gradient of L(θ_K) by θ. It stores K parameter vectors, no graph. First order
//! leaves out the second line. All parameters adapt, weights and biases (PAPER §1.3).

use inr_core::{Engine, Params, Real, Samples};
use rayon::prelude::*;

/// Whether the meta-gradient goes through the inner gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// First-order MAML: the gradient at the adapted parameters.
    First,
    /// The exact gradient.
    Second,
}

/// The inner loop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inner {
    /// Number K of gradient steps.
    pub steps: usize,
    /// Step size α.
    pub lr: f64,
    /// Exact or first-order outer gradient.
    pub order: Order,
}

/// Losses of one task before each inner step and after the last: K + 1 of them.
pub type TaskLosses = Vec<f64>;

/// The meta-gradient of one task.
///
/// # Shapes
/// → (`[K + 1]`, `[params.layout().len()]`).
pub fn meta_gradient<T: Real>(
    engine: &dyn Engine<T>,
    params: &Params<T>,
    task: &Samples<T>,
    inner: Inner,
) -> (TaskLosses, Vec<T>) {
    let mut batch = batch_gradient(engine, params, std::slice::from_ref(task), inner);
    (batch.task_losses.remove(0), batch.gradient)
}

/// The inner loop of one task from its first gradient on, and v = ∂L(θ_K)/∂θ_1 (∂L(θ_K)/∂θ_0 if K = 0).
fn adapt<T: Real>(
    engine: &dyn Engine<T>,
    params: &Params<T>,
    task: &Samples<T>,
    (loss, grad): (f64, Vec<T>),
    inner: Inner,
) -> (TaskLosses, Vec<T>) {
    let step = T::from_f64(-inner.lr);
    if inner.steps == 0 {
        return (vec![loss], grad);
    }
    let (mut losses, mut trajectory) = (vec![loss], vec![params.plus(step, &grad)]);
    for k in 0..inner.steps - 1 {
        let (loss, grad) = engine.value_and_grad(&trajectory[k], task);
        losses.push(loss);
        trajectory.push(trajectory[k].plus(step, &grad));
    }
    let (loss, mut v) = engine.value_and_grad(&trajectory[inner.steps - 1], task);
    losses.push(loss);
    if inner.order == Order::Second {
        for theta in trajectory[..inner.steps - 1].iter().rev() {
            let curvature = engine.hvp(theta, task, &v);
            for (v, &h) in v.iter_mut().zip(&curvature) {
                *v += step * h;
            }
        }
    }
    (losses, v)
}

/// The mean meta-gradient of a batch of tasks.
pub struct Batch<T> {
    /// Mean over tasks of the loss after the inner steps: what the outer step descends.
    pub outer_loss: f64,
    /// Losses of each task, in the order of the tasks.
    pub task_losses: Vec<TaskLosses>,
    /// Mean gradient, `[params.layout().len()]`.
    pub gradient: Vec<T>,
}

/// The mean meta-gradient over tasks; summed in the order of the tasks, so that the result does not depend on the
/// number of threads. All tasks begin at θ_0: its gradients and its curvatures are asked for together, and since
/// the last line of the recursion is linear, Σ_t ∇²L_t(θ_0) v_t is all that is needed of the latter.
///
/// # Panics
/// If there are no tasks.
pub fn batch_gradient<T: Real>(
    engine: &dyn Engine<T>,
    params: &Params<T>,
    tasks: &[Samples<T>],
    inner: Inner,
) -> Batch<T> {
    assert!(!tasks.is_empty(), "a batch needs at least one task");
    // In the pool from here on: every parallel part of a step would otherwise be handed over to it and back.
    rayon::scope(|_| batch_gradient_here(engine, params, tasks, inner))
}

fn batch_gradient_here<T: Real>(
    engine: &dyn Engine<T>,
    params: &Params<T>,
    tasks: &[Samples<T>],
    inner: Inner,
) -> Batch<T> {
    let first = engine.values_and_grads(params, tasks);
    let adapted = tasks.par_iter().zip(first).map(|(task, first)| adapt(engine, params, task, first, inner));
    let (task_losses, directions): (Vec<TaskLosses>, Vec<Vec<T>>) =
        adapted.collect::<Vec<_>>().into_iter().unzip();
    let mut gradient = vec![T::default(); params.layout().len()];
    for v in &directions {
        gradient.iter_mut().zip(v).for_each(|(sum, &v)| *sum += v);
    }
    if inner.order == Order::Second && inner.steps > 0 {
        let (step, curvature) = (T::from_f64(-inner.lr), engine.hvp_sum(params, tasks, &directions));
        gradient.iter_mut().zip(&curvature).for_each(|(sum, &h)| *sum += step * h);
    }
    let count = T::from_f64(tasks.len() as f64);
    gradient.iter_mut().for_each(|g| *g = *g / count);
    let outer_loss = task_losses.iter().map(|l| l[inner.steps]).sum::<f64>() / tasks.len() as f64;
    Batch { outer_loss, task_losses, gradient }
}
