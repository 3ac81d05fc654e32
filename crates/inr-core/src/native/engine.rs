//! The native engine: a call's parts are prepared, its runs are worked on in a fixed tree, its sums are read.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::constants::{self, Still};
use super::instructions::Instructions;
use super::lanes::Float;
use super::operand::Operand;
use super::plan::{Cache, Plan};
use super::runs::{Runs, tile_panels, work};
use super::scratch::Pool;
use super::sums::{SumPlaces, Sums};
use super::tile::{Job, Task};
use crate::engine::{Along, Engine, Question, Wanted};
use crate::layout::Leaf;
use crate::params::Params;
use crate::samples::Samples;

/// Most signals that go through a tile together. Three are faster than one by one at every width measured, 32 to 256,
/// dense and sparse, although at 256 two panels of their tangents (2 MB) no longer fit the second-level cache.
const TOGETHER: usize = 4;

/// An [`Engine`] on this CPU.
pub struct NativeEngine {
    instructions: Instructions,
    dense_above: f64,
    plans: Cache,
    pools: (Pool<f32>, Pool<f64>),
}

impl NativeEngine {
    /// An engine that uses some instructions; [`Instructions::best`] is the usual choice.
    ///
    /// # Panics
    /// If this machine does not have them.
    pub fn new(instructions: Instructions) -> Self {
        Self::with_dense_above(instructions, instructions.dense_above())
    }

    /// The same, with another density above which a layer is computed as a dense matrix: 0 for always (a
    /// layer without weights is still sparse), 1 for never.
    ///
    /// # Panics
    /// If this machine does not have the instructions.
    pub fn with_dense_above(instructions: Instructions, dense_above: f64) -> Self {
        assert!(instructions.is_available(), "this machine has no {instructions:?}");
        Self { instructions, dense_above, plans: Cache::default(), pools: Default::default() }
    }

    /// Loss and gradient, by the wanted leaves, of each of some signals that share their coordinates.
    fn gradients_at<T: Pooled>(
        &self,
        params: &Params<T>,
        signals: &[&Samples<T>],
        wanted: &Wanted,
    ) -> Vec<(f64, Vec<T>)> {
        let plan = self.plans.plan(params.layout(), self.dense_above);
        let still = constants::forward(&plan, params.values(), None);
        let all = vec![true; plan.layers.len()];
        let packed = self.pack(&plan, params.values(), &all, &still, |still| still.bias);
        let places = SumPlaces::new(&plan, self.instructions.geometry::<T>(), 0, wanted);
        let job = self.job(&plan, (&packed, &[], all), &signals[0].coords, signals, &places);
        let runs = Runs::new(&job);
        let finish = |(samples, sums): (&&Samples<T>, Sums<T>)| {
            let mut result = vec![T::default(); params.values().len()];
            places.read(&plan, &sums.values, &mut result);
            if plan.has_constants() {
                let mut deltas = places.deltas(&plan, &sums.values);
                constants::backward(&plan, params.values(), None, &still, &mut deltas, &mut result);
            }
            wanted.clear_others(params.layout(), &mut result);
            T::pool(self).give_back(sums.values);
            (sums.loss / samples.targets.len() as f64, result)
        };
        signals.iter().zip(self.sum_runs(&job, &runs, 0..runs.count())).map(finish).collect()
    }

    /// Σ_t ∇²L_t v_t, by the wanted leaves, of some signals that share their coordinates.
    fn curvature<T: Pooled>(
        &self,
        params: &Params<T>,
        signals: &[&Samples<T>],
        directions: &[&[T]],
        wanted: &Wanted,
    ) -> Vec<T> {
        let plan = self.plans.plan(params.layout(), self.dense_above);
        let still: Vec<_> =
            directions.iter().map(|v| constants::forward(&plan, params.values(), Some(v))).collect();
        let all = vec![true; plan.layers.len()];
        let packed = self.pack(&plan, params.values(), &all, &still[0], |still| still.bias);
        let moves: Vec<bool> = params.layout().weight_leaves().map(|leaf| moves(leaf, directions)).collect();
        let moving = directions.iter().zip(&still);
        let moving: Vec<_> =
            moving.map(|(v, still)| self.pack(&plan, v, &moves, still, |still| still.bias_dot)).collect();
        let places = SumPlaces::new(&plan, self.instructions.geometry::<T>(), directions.len(), wanted);
        let job = self.job(&plan, (&packed, &moving, moves), &signals[0].coords, signals, &places);
        let runs = Runs::new(&job);
        let sums = only(self.sum_runs(&job, &runs, 0..runs.count())).values;
        let mut result = vec![T::default(); params.values().len()];
        places.read(&plan, &sums, &mut result);
        for (signal, (v, still)) in directions.iter().zip(&still).enumerate().filter(|_| plan.has_constants())
        {
            let mut deltas = places.moving_deltas(&plan, &sums, signal);
            constants::backward(&plan, params.values(), Some(v), still, &mut deltas, &mut result);
        }
        T::pool(self).give_back(sums);
        wanted.clear_others(params.layout(), &mut result);
        result
    }

    fn pack<T: Float>(
        &self,
        plan: &Plan,
        values: &[T],
        weights: &[bool],
        still: &[Vec<Still<T>>],
        bias: impl Fn(&Still<T>) -> T,
    ) -> Operand<T> {
        Operand::new(plan, values, weights, still, bias, self.instructions.geometry::<T>().block)
    }

    fn job<'a, T: Float>(
        &self,
        plan: &'a Plan,
        (params, directions, moves): (&'a Operand<T>, &'a [Operand<T>], Vec<bool>),
        coords: &'a [T],
        signals: &[&'a Samples<T>],
        places: &'a SumPlaces,
    ) -> Job<'a, T> {
        let geometry = self.instructions.geometry::<T>();
        let targets = signals.iter().map(|samples| samples.targets.as_slice()).collect();
        let tile = tile_panels::<T>(plan, geometry, directions.len());
        Job { plan, params, directions, moves, coords, targets, places, tile, geometry }
    }

    /// Sums of some runs, added in a fixed tree: one a signal, or one for a curvature.
    fn sum_runs<T: Pooled>(&self, job: &Job<T>, runs: &Runs, range: Range<usize>) -> Vec<Sums<T>> {
        if range.len() == 1 {
            let SumPlaces { len, dense, .. } = *job.places;
            let empty = |_| Sums { loss: 0.0, values: T::pool(self).values(len, dense), begun: false };
            let count = if job.directions.is_empty() { job.targets.len() } else { 1 };
            let mut sums: Vec<Sums<T>> = (0..count).map(empty).collect();
            let task = Task::Sums(&mut sums);
            T::pool(self)
                .with(|scratch| work(self.instructions, job, runs.panels(range.start), scratch, task));
            return sums;
        }
        let middle = range.start + range.len().div_ceil(2);
        let (mut sums, right) = rayon::join(
            || self.sum_runs(job, runs, range.start..middle),
            || self.sum_runs(job, runs, middle..range.end),
        );
        for (sums, right) in sums.iter_mut().zip(right) {
            sums.loss += right.loss;
            sums.values.iter_mut().zip(&right.values).for_each(|(sum, &right)| *sum += right);
            T::pool(self).give_back(right.values);
        }
        sums
    }
}

/// Types of numbers that have a pool in the engine.
trait Pooled: Float {
    fn pool(engine: &NativeEngine) -> &Pool<Self>;
}

impl Pooled for f32 {
    fn pool(engine: &NativeEngine) -> &Pool<f32> {
        &engine.pools.0
    }
}

impl Pooled for f64 {
    fn pool(engine: &NativeEngine) -> &Pool<f64> {
        &engine.pools.1
    }
}

#[allow(private_bounds)] // f32 and f64
impl<T: Pooled> Engine<T> for NativeEngine {
    fn name(&self) -> &str {
        "native"
    }

    fn forward(&self, params: &Params<T>, coords: &[T]) -> Vec<T> {
        let plan = self.plans.plan(params.layout(), self.dense_above);
        let still = constants::forward(&plan, params.values(), None);
        let all = vec![true; plan.layers.len()];
        let packed = self.pack(&plan, params.values(), &all, &still, |still| still.bias);
        let places = SumPlaces::new(&plan, self.instructions.geometry::<T>(), 0, &Wanted::All);
        let job = self.job(&plan, (&packed, &[], all), coords, &[], &places);
        let d_out = params.layout().siren().d_out();
        let mut values = vec![T::default(); coords.len() / plan.d_in * d_out];
        let runs = Runs::new(&job);
        values.par_chunks_mut((runs.of_run * job.geometry.lanes * d_out).max(1)).enumerate().for_each(
            |(run, values)| {
                let task = Task::Forward(values);
                T::pool(self).with(|scratch| work(self.instructions, &job, runs.panels(run), scratch, task));
            },
        );
        values
    }

    fn value_and_grad(&self, params: &Params<T>, samples: &Samples<T>) -> (f64, Vec<T>) {
        only(self.gradients_at(params, &[samples], &Wanted::All))
    }

    fn hvp(&self, params: &Params<T>, samples: &Samples<T>, direction: &[T]) -> Vec<T> {
        check_direction(params, direction);
        self.curvature(params, &[samples], &[direction], &Wanted::All)
    }

    fn gradients(&self, questions: &[Question<T>], wanted: &Wanted) -> Vec<(f64, Vec<T>)> {
        let answer = |group: &[Question<T>]| {
            let signals: Vec<&Samples<T>> = group.iter().map(|(_, samples)| *samples).collect();
            self.gradients_at(group[0].0, &signals, wanted)
        };
        if groups(questions).next().is_some_and(|first| first.len() == questions.len()) {
            // A small network's answer takes less than sharing out the work.
            return answer(questions);
        }
        let groups: Vec<&[Question<T>]> = groups(questions).collect();
        groups.into_par_iter().flat_map_iter(answer).collect()
    }

    fn curvatures(&self, questions: &[Along<T>], wanted: &Wanted) -> Vec<Vec<T>> {
        let answer = |&(params, samples, direction): &Along<T>| {
            check_direction(params, direction);
            self.curvature(params, &[samples], &[direction], wanted)
        };
        questions.par_iter().map(answer).collect()
    }

    fn hvp_sum(&self, params: &Params<T>, signals: &[Samples<T>], directions: &[&[T]]) -> Vec<T> {
        assert_eq!(signals.len(), directions.len(), "one direction a signal");
        directions.iter().for_each(|v| check_direction(params, v));
        let mut sum = vec![T::default(); params.layout().len()];
        let questions: Vec<Question<T>> = signals.iter().map(|samples| (params, samples)).collect();
        let mut rest = directions;
        for group in groups(&questions) {
            let (now, later) = rest.split_at(group.len());
            rest = later;
            let signals: Vec<&Samples<T>> = group.iter().map(|(_, samples)| *samples).collect();
            let curvature = self.curvature(params, &signals, now, &Wanted::All);
            sum.iter_mut().zip(&curvature).for_each(|(sum, &h)| *sum += h);
        }
        sum
    }
}

fn only<R>(results: Vec<R>) -> R {
    results.into_iter().next().expect("one signal has one result")
}

fn check_direction<T: Float>(params: &Params<T>, direction: &[T]) {
    let len = params.layout().len();
    assert_eq!(direction.len(), len, "direction {} against layout {len}", direction.len());
}

/// Whether a direction moves a weight of a leaf. A number that is none does.
fn moves<T: Float>(leaf: &Leaf, directions: &[&[T]]) -> bool {
    let zero = T::default();
    directions.iter().any(|direction| direction[leaf.range()].iter().any(|&v| v != zero))
}

/// Questions in their order, in groups of neighbours that share network and coordinates, [`TOGETHER`] at most.
fn groups<'a, T>(questions: &'a [Question<'a, T>]) -> impl Iterator<Item = &'a [Question<'a, T>]> {
    let same = questions.chunk_by(|a, b| std::ptr::eq(a.0, b.0) && Arc::ptr_eq(&a.1.coords, &b.1.coords));
    same.flat_map(|same| same.chunks(TOGETHER))
}
