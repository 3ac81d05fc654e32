//! Exact second-order MAML (Finn, Abbeel & Levine 2017) as a recursion; the paper's §3, its K = 2.
//!
//! ```text
//! θ_0 = θ;  θ_{k+1} = θ_k − α ∇L(θ_k)          k = 0 … K−1
//! v = ∇L(θ_K);   v ← v − α ∇²L(θ_k) v          k = K−1 … 0
//! ```
//!
//! The result v is the gradient of L(θ_K) by θ. It stores K parameter vectors, no graph. First order
//! leaves out the second line. In the paper all parameters adapt, weights and biases (PAPER §1.3); where only some do, or
//! numbers of another kind, the same recursion runs in a signal's own numbers (`adapt/map.rs` has its equations).
//!
//! Tasks go in lockstep: each line of the recursion is one question to the engine, about all tasks.

use std::borrow::Cow;

use inr_core::{Along, Engine, Params, Question, Real, Samples, Wanted};
use rayon::prelude::*;

use crate::adapt::{Adapt, At, Entries, Steps};

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

/// The mean meta-gradient of a batch of tasks.
pub struct Batch<T> {
    /// Mean over tasks of the loss after the inner steps: what the outer step descends.
    pub outer_loss: f64,
    /// Losses of each task, in the order of the tasks.
    pub task_losses: Vec<TaskLosses>,
    /// Mean gradient by what all tasks share, `[shared_len]`: `[params.layout().len()]` where entries adapt.
    pub gradient: Vec<T>,
}

/// [`shared_gradient`] where all entries adapt: the paper's meta-gradient.
///
/// # Panics
/// If there are no tasks.
pub fn batch_gradient<T: Real>(
    engine: &dyn Engine<T>,
    params: &Params<T>,
    tasks: &[Samples<T>],
    inner: Inner,
) -> Batch<T> {
    shared_gradient(engine, &Entries::ALL, params, tasks, inner)
}

/// The mean gradient over tasks by everything they share, whether it adapts or not; summed in the order of the tasks, so
/// that the result does not depend on the number of threads. All tasks begin at one network: its gradients and its
/// curvatures are asked for together, and since the last line of the recursion is linear, Σ_t ∇²L_t(θ_0) v_t is all that
/// is needed of the latter.
///
/// # Panics
/// If there are no tasks.
pub fn shared_gradient<T: Real>(
    engine: &dyn Engine<T>,
    adapt: &dyn Adapt<T>,
    shared: &Params<T>,
    tasks: &[Samples<T>],
    inner: Inner,
) -> Batch<T> {
    assert!(!tasks.is_empty(), "a batch needs at least one task");
    // In the pool from here on: every parallel part of a step would otherwise be handed over to it and back.
    rayon::scope(|_| {
        let steps = Steps::new(inner.lr, adapt.step_sizes(shared.layout()));
        let way = forward(engine, adapt, shared, tasks, inner, &steps);
        let mut gradient = backward(engine, adapt, shared, tasks, inner, (&steps, &way));
        let count = T::from_f64(tasks.len() as f64);
        gradient.iter_mut().for_each(|g| *g = *g / count);
        let outer_loss = way.losses.iter().map(|l| l[inner.steps]).sum::<f64>() / tasks.len() as f64;
        Batch { outer_loss, task_losses: way.losses, gradient }
    })
}

/// A task's own numbers, and the network they make.
struct Place<T> {
    own: Vec<T>,
    network: Params<T>,
}

impl<T: Real> Place<T> {
    fn new(adapt: &dyn Adapt<T>, shared: &Params<T>, own: Vec<T>) -> Self {
        let network = adapt.embed(At { shared, own: &own });
        Self { own, network }
    }
}

/// What the inner loops leave for the way back.
struct Way<T> {
    start: Place<T>,
    /// After each inner step, each task's: `[K][tasks]`.
    places: Vec<Vec<Place<T>>>,
    /// Gradients before each inner step and after the last, `[K + 1][tasks]`.
    gradients: Vec<Vec<Vec<T>>>,
    losses: Vec<TaskLosses>,
}

impl<T> Way<T> {
    /// Where a task is after `k` steps.
    fn place(&self, k: usize, task: usize) -> &Place<T> {
        if k == 0 { &self.start } else { &self.places[k - 1][task] }
    }
}

/// φ_{k+1} = φ_k − α ⊙ pull(∇L(N_k)) of all tasks.
fn forward<T: Real>(
    engine: &dyn Engine<T>,
    adapt: &dyn Adapt<T>,
    shared: &Params<T>,
    tasks: &[Samples<T>],
    inner: Inner,
    steps: &Steps<T>,
) -> Way<T> {
    let start = Place::new(adapt, shared, adapt.start(shared));
    let losses = tasks.iter().map(|_| Vec::with_capacity(inner.steps + 1)).collect();
    let mut way = Way { start, places: Vec::new(), gradients: Vec::new(), losses };
    let own = adapt.wanted(shared.layout());
    for k in 0..=inner.steps {
        let questions = tasks.iter().enumerate().map(|(t, task)| (&way.place(k, t).network, task));
        let questions: Vec<Question<T>> = questions.collect();
        let wanted = if k == inner.steps { &Wanted::All } else { &own };
        let (losses, gradients): (Vec<f64>, Vec<Vec<T>>) =
            engine.gradients(&questions, wanted).into_iter().unzip();
        way.losses.iter_mut().zip(losses).for_each(|(losses, loss)| losses.push(loss));
        if k < inner.steps {
            let next = |(t, gradient): (usize, &Vec<T>)| {
                let own = &way.place(k, t).own;
                let pulled = adapt.pull(At { shared, own }, gradient);
                Place::new(adapt, shared, steps.from(own, &pulled))
            };
            let places = gradients.par_iter().enumerate().map(next).collect();
            way.places.push(places);
        }
        way.gradients.push(gradients);
    }
    way
}

/// The gradient of Σ_t L_t(N_K) by everything that is shared, `[shared_len]`.
fn backward<T: Real>(
    engine: &dyn Engine<T>,
    adapt: &dyn Adapt<T>,
    shared: &Params<T>,
    tasks: &[Samples<T>],
    inner: Inner,
    (steps, way): (&Steps<T>, &Way<T>),
) -> Vec<T> {
    let at = |k: usize, t: usize| At { shared, own: &way.place(k, t).own };
    let mut sum = vec![T::default(); adapt.shared_len(shared.layout())];
    let ends = way.gradients[inner.steps].iter().enumerate();
    let pull_end = |(t, gradient): (usize, &Vec<T>)| {
        adapt.pull_shared(at(inner.steps, t), gradient, &mut sum);
        adapt.pull(at(inner.steps, t), gradient).into_owned()
    };
    let mut v: Vec<Vec<T>> = ends.map(pull_end).collect();
    let second = inner.order == Order::Second;
    for k in (1..inner.steps).rev().filter(|_| second) {
        let before: Vec<Cow<[T]>> = v.iter().map(|v| steps.before(v)).collect();
        let directions: Vec<Cow<[T]>> =
            before.iter().enumerate().map(|(t, v)| adapt.push(at(k, t), v)).collect();
        let questions = tasks.iter().zip(&directions).enumerate();
        let questions: Vec<Along<T>> =
            questions.map(|(t, (task, v))| (&way.place(k, t).network, task, &v[..])).collect();
        let curvatures = engine.curvatures(&questions, &Wanted::All);
        for (t, mut curvature) in curvatures.into_iter().enumerate() {
            let later = v[t].clone();
            steps.after(&mut curvature);
            add(&mut v[t], &adapt.pull(at(k, t), &curvature));
            adapt.pull_shared(at(k, t), &curvature, &mut sum);
            adapt.pull_step(at(k, t), &way.gradients[k][t], (steps, &later), &mut v[t], &mut sum);
        }
    }
    let mut total = vec![T::default(); way.start.own.len()];
    v.iter().for_each(|v| add(&mut total, v));
    if second && inner.steps > 0 {
        let before: Vec<Cow<[T]>> = v.iter().map(|v| steps.before(v)).collect();
        let directions: Vec<Cow<[T]>> = before.iter().map(|v| adapt.push(at(0, 0), v)).collect();
        let directions: Vec<&[T]> = directions.iter().map(|v| &v[..]).collect();
        let mut curvature = engine.hvp_sum(&way.start.network, tasks, &directions);
        steps.after(&mut curvature);
        add(&mut total, &adapt.pull(at(0, 0), &curvature));
        adapt.pull_shared(at(0, 0), &curvature, &mut sum);
        for (gradient, v) in way.gradients[0].iter().zip(&v) {
            adapt.pull_step(at(0, 0), gradient, (steps, v), &mut total, &mut sum);
        }
    }
    adapt.pull_start(shared, &total, &mut sum);
    sum
}

/// `sum += values`, entry by entry.
fn add<T: Real>(sum: &mut [T], values: &[T]) {
    sum.iter_mut().zip(values).for_each(|(sum, &value)| *sum += value);
}
