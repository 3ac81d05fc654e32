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
        let inner_loop = Loop { engine, adapt, shared, tasks, inner, steps };
        let way = inner_loop.forward();
        let mut gradient = inner_loop.backward(&way);
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

/// The inner loops of a batch, forward and back.
struct Loop<'a, T> {
    engine: &'a dyn Engine<T>,
    adapt: &'a dyn Adapt<T>,
    shared: &'a Params<T>,
    tasks: &'a [Samples<T>],
    inner: Inner,
    steps: Steps<T>,
}

impl<'a, T: Real> Loop<'a, T> {
    fn place(&self, own: Vec<T>) -> Place<T> {
        let network = self.adapt.embed(At { shared: self.shared, own: &own });
        Place { own, network }
    }

    /// Where the map is differentiated for a task after `k` steps.
    fn at<'b>(&self, way: &'b Way<T>, k: usize, task: usize) -> At<'b, T>
    where
        'a: 'b,
    {
        At { shared: self.shared, own: &way.place(k, task).own }
    }

    /// φ_{k+1} = φ_k − α ⊙ pull(∇L(N_k)) of all tasks.
    fn forward(&self) -> Way<T> {
        let losses = self.tasks.iter().map(|_| Vec::with_capacity(self.inner.steps + 1)).collect();
        let start = self.place(self.adapt.start(self.shared));
        let mut way = Way { start, places: Vec::new(), gradients: Vec::new(), losses };
        let own = self.adapt.wanted(self.shared.layout());
        for k in 0..self.inner.steps {
            let gradients = self.gradients(&mut way, k, &own);
            let next = |(t, gradient): (usize, &Vec<T>)| {
                let at = self.at(&way, k, t);
                self.place(self.steps.from(at.own, &self.adapt.pull(at, gradient)))
            };
            let places = gradients.par_iter().enumerate().map(next).collect();
            way.places.push(places);
            way.gradients.push(gradients);
        }
        let gradients = self.gradients(&mut way, self.inner.steps, &Wanted::All);
        way.gradients.push(gradients);
        way
    }

    /// ∇L(N_k) of all tasks; their losses are noted.
    fn gradients(&self, way: &mut Way<T>, k: usize, wanted: &Wanted) -> Vec<Vec<T>> {
        let questions = self.tasks.iter().enumerate();
        let questions: Vec<Question<T>> =
            questions.map(|(t, task)| (&way.place(k, t).network, task)).collect();
        let (losses, gradients): (Vec<f64>, Vec<Vec<T>>) =
            self.engine.gradients(&questions, wanted).into_iter().unzip();
        way.losses.iter_mut().zip(losses).for_each(|(losses, loss)| losses.push(loss));
        gradients
    }

    /// The gradient of Σ_t L_t(N_K) by everything that is shared, `[shared_len]`.
    fn backward(&self, way: &Way<T>) -> Vec<T> {
        let mut sum = vec![T::default(); self.adapt.shared_len(self.shared.layout())];
        let mut v = Vec::with_capacity(self.tasks.len());
        for (t, gradient) in way.gradients[self.inner.steps].iter().enumerate() {
            let at = self.at(way, self.inner.steps, t);
            self.adapt.pull_shared(at, gradient, &mut sum);
            v.push(self.adapt.pull(at, gradient).into_owned());
        }
        let back = if self.inner.order == Order::Second { self.inner.steps } else { 0 };
        (1..back).rev().for_each(|k| self.step_back(way, k, &mut v, &mut sum));
        let mut total = vec![T::default(); way.start.own.len()];
        v.iter().for_each(|v| add(&mut total, v));
        if back > 0 {
            self.first_step_back(way, &v, &mut total, &mut sum);
        }
        self.adapt.pull_start(self.shared, &total, &mut sum);
        sum
    }

    /// v ← v − pull(∇²L(N_k) · push(α ⊙ v)) of each task, and what the step passes to the shared numbers.
    fn step_back(&self, way: &Way<T>, k: usize, v: &mut [Vec<T>], sum: &mut [T]) {
        let before: Vec<Cow<[T]>> = v.iter().map(|v| self.steps.before(v)).collect();
        let pushed = before.iter().enumerate().map(|(t, v)| self.adapt.push(self.at(way, k, t), v));
        let directions: Vec<Cow<[T]>> = pushed.collect();
        let questions = self.tasks.iter().zip(&directions).enumerate();
        let questions: Vec<Along<T>> =
            questions.map(|(t, (task, v))| (&way.place(k, t).network, task, &v[..])).collect();
        let curvatures = self.engine.curvatures(&questions, &Wanted::All);
        for (t, mut curvature) in curvatures.into_iter().enumerate() {
            let (at, later) = (self.at(way, k, t), v[t].clone());
            self.steps.after(&mut curvature);
            add(&mut v[t], &self.adapt.pull(at, &curvature));
            self.adapt.pull_shared(at, &curvature, sum);
            self.adapt.pull_step(at, &way.gradients[k][t], (&self.steps, &later), &mut v[t], sum);
        }
    }

    /// The same at N_0, where all tasks begin, for `total` = Σ_t v_t.
    fn first_step_back(&self, way: &Way<T>, v: &[Vec<T>], total: &mut [T], sum: &mut [T]) {
        let at = self.at(way, 0, 0);
        let before: Vec<Cow<[T]>> = v.iter().map(|v| self.steps.before(v)).collect();
        let directions: Vec<Cow<[T]>> = before.iter().map(|v| self.adapt.push(at, v)).collect();
        let directions: Vec<&[T]> = directions.iter().map(|v| &v[..]).collect();
        let mut curvature = self.engine.hvp_sum(&way.start.network, self.tasks, &directions);
        self.steps.after(&mut curvature);
        add(total, &self.adapt.pull(at, &curvature));
        self.adapt.pull_shared(at, &curvature, sum);
        for (gradient, v) in way.gradients[0].iter().zip(v) {
            self.adapt.pull_step(at, gradient, (&self.steps, v), total, sum);
        }
    }
}

/// `sum += values`, entry by entry.
fn add<T: Real>(sum: &mut [T], values: &[T]) {
    sum.iter_mut().zip(values).for_each(|(sum, &value)| *sum += value);
}
