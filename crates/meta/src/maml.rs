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
//! At θ_0, where all tasks are at one network, a line of the recursion is one question to the engine about all of them;
//! from there on each task goes its own way on a thread, and waits for no other.

use std::borrow::Cow;

use inr_core::{Engine, Params, Question, Real, Samples, Wanted};
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
        let start = Place::new(adapt, shared, adapt.start(shared));
        let inner_loop = InnerLoop { engine, adapt, shared, inner, steps, start };
        let (task_losses, mut gradient) = inner_loop.batch(tasks);
        let count = T::from_f64(tasks.len() as f64);
        gradient.iter_mut().for_each(|g| *g = *g / count);
        let outer_loss = task_losses.iter().map(|l| l[inner.steps]).sum::<f64>() / tasks.len() as f64;
        Batch { outer_loss, task_losses, gradient }
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

/// What a task's loop leaves when it is back at its first step.
struct Way<T> {
    losses: TaskLosses,
    /// Gradient by the own numbers after the first step, `[own]`.
    v: Vec<T>,
    /// What it passes to the shared numbers, `[shared_len]`; nothing where the own numbers are the network.
    sum: Vec<T>,
}

/// The inner loops of tasks.
struct InnerLoop<'a, T> {
    engine: &'a dyn Engine<T>,
    adapt: &'a dyn Adapt<T>,
    shared: &'a Params<T>,
    inner: Inner,
    steps: Steps<T>,
    /// Where all tasks begin.
    start: Place<T>,
}

impl<T: Real> InnerLoop<'_, T> {
    /// Losses of each task, and the gradient of Σ_t L_t(N_K) by everything that is shared, `[shared_len]`.
    fn batch(&self, tasks: &[Samples<T>]) -> (Vec<TaskLosses>, Vec<T>) {
        let questions: Vec<Question<T>> = tasks.iter().map(|task| (&self.start.network, task)).collect();
        let first = self.engine.gradients(&questions, &self.wanted(0));
        let ways: Vec<Way<T>> =
            tasks.par_iter().zip(&first).map(|(task, first)| self.way(task, first)).collect();
        let mut sum = vec![T::default(); self.adapt.shared_len(self.shared.layout())];
        let mut total = vec![T::default(); self.start.own.len()];
        for way in &ways {
            add(&mut sum, &way.sum);
            add(&mut total, &way.v);
        }
        if self.inner.order == Order::Second && self.inner.steps > 0 {
            self.first_step_back(tasks, &first, &ways, (&mut total, &mut sum));
        }
        self.adapt.pull_start(self.shared, &total, &mut sum);
        (ways.into_iter().map(|way| way.losses).collect(), sum)
    }

    /// The leaves by which ∇L(N_k) is needed.
    fn wanted(&self, k: usize) -> Wanted {
        if k == self.inner.steps { Wanted::All } else { self.adapt.wanted(self.shared.layout()) }
    }

    fn at<'b>(&'b self, place: &'b Place<T>) -> At<'b, T> {
        At { shared: self.shared, own: &place.own }
    }

    /// A task's loop from its first gradient to its end and back to its first step: φ_{k+1} = φ_k − α ⊙ pull(∇L(N_k)),
    /// then v ← v − pull(∇²L(N_k) · push(α ⊙ v)).
    fn way(&self, task: &Samples<T>, first: &(f64, Vec<T>)) -> Way<T> {
        let (mut losses, mut places) = (vec![first.0], Vec::<Place<T>>::new());
        let mut gradients: Vec<Cow<[T]>> = vec![Cow::Borrowed(&first.1)];
        for k in 0..self.inner.steps {
            let at = self.at(places.last().unwrap_or(&self.start));
            let next = self.steps.from(at.own, &self.adapt.pull(at, &gradients[k]));
            let next = Place::new(self.adapt, self.shared, next);
            let (loss, gradient) = self.gradient(&next, task, &self.wanted(k + 1));
            losses.push(loss);
            places.push(next);
            gradients.push(Cow::Owned(gradient));
        }
        let len = if self.adapt.is_identity() { 0 } else { self.adapt.shared_len(self.shared.layout()) };
        let mut sum = vec![T::default(); len];
        let (at, last) = (self.at(places.last().unwrap_or(&self.start)), &gradients[self.inner.steps]);
        self.adapt.pull_shared(at, last, &mut sum);
        let mut v = self.adapt.pull(at, last).into_owned();
        if self.inner.order == Order::Second {
            for k in (1..self.inner.steps).rev() {
                self.step_back((&places[k - 1], task, &gradients[k]), &mut v, &mut sum);
            }
        }
        Way { losses, v, sum }
    }

    fn gradient(&self, place: &Place<T>, task: &Samples<T>, wanted: &Wanted) -> (f64, Vec<T>) {
        if *wanted == Wanted::All {
            return self.engine.value_and_grad(&place.network, task);
        }
        let mut answers = self.engine.gradients(&[(&place.network, task)], wanted);
        answers.pop().expect("a question has an answer")
    }

    /// v ← v − pull(∇²L(N_k) · push(α ⊙ v)) of a task, and what the step passes to the shared numbers.
    fn step_back(&self, (place, task, gradient): (&Place<T>, &Samples<T>, &[T]), v: &mut [T], sum: &mut [T]) {
        let (at, later) = (self.at(place), v.to_vec());
        let before = self.steps.before(&later);
        let mut curvature = self.engine.hvp(&place.network, task, &self.adapt.push(at, &before));
        self.steps.after(&mut curvature);
        add(v, &self.adapt.pull(at, &curvature));
        self.adapt.pull_shared(at, &curvature, sum);
        self.adapt.pull_step(at, gradient, (&self.steps, &later), v, sum);
    }

    /// The same at N_0 for all tasks together, for `total` = Σ_t v_t.
    fn first_step_back(
        &self,
        tasks: &[Samples<T>],
        first: &[(f64, Vec<T>)],
        ways: &[Way<T>],
        (total, sum): (&mut [T], &mut [T]),
    ) {
        let at = self.at(&self.start);
        let before: Vec<Cow<[T]>> = ways.iter().map(|way| self.steps.before(&way.v)).collect();
        let directions: Vec<Cow<[T]>> = before.iter().map(|v| self.adapt.push(at, v)).collect();
        let directions: Vec<&[T]> = directions.iter().map(|v| &v[..]).collect();
        let mut curvature = self.engine.hvp_sum(&self.start.network, tasks, &directions);
        self.steps.after(&mut curvature);
        add(total, &self.adapt.pull(at, &curvature));
        self.adapt.pull_shared(at, &curvature, sum);
        for ((_, gradient), way) in first.iter().zip(ways) {
            self.adapt.pull_step(at, gradient, (&self.steps, &way.v), total, sum);
        }
    }
}

/// `sum += values`, entry by entry.
fn add<T: Real>(sum: &mut [T], values: &[T]) {
    sum.iter_mut().zip(values).for_each(|(sum, &value)| *sum += value);
}
