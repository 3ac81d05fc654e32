//! The engine on this CPU: exact gradients and curvatures of SIRENs, dense and sparse, in tiles.
//!
//! A tile of some coordinates runs forward and backward through all layers before the next begins, so
//! that no activation of a whole signal is ever stored. Every kernel is one Rust source over rows of lanes
//! (`lanes.rs`: registers on x86-64, arrays elsewhere), compiled for AVX-512, for AVX2 with FMA and for whatever
//! the target has, and chosen
//! when the engine is made. Sine's argument is w0 · (W h + b), rounded in the order of the authors'
//! program: w0 is not folded into the weights.
//!
//! - `plan.rs`: what a mask leaves to be computed; once per layout.
//! - `constants.rs`: neurons no coordinate reaches; once per call.
//! - `operand.rs`: parameters packed for the kernels; once per call.
//! - `tile.rs`, `products.rs`, `trigonometry.rs`: the work on a tile, for several signals at one network.
//! - `sums.rs`: what tiles add to, and how it is read; once per call.
//!
//! The signal is cut into runs of coordinates whose number depends on the shape alone; each run sums its
//! tiles in order, and the runs' sums are added pairwise in a fixed tree. The result is therefore the same
//! bits on any number of threads; it is not the same bits on another instruction set.

mod constants;
mod instructions;
mod lanes;
mod operand;
mod peak;
mod plan;
mod products;
mod scratch;
mod sums;
mod tile;
mod trigonometry;

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::engine::{Along, Engine, Question, Wanted};
use crate::layout::Leaf;
use crate::params::Params;
use crate::samples::Samples;
use constants::Still;
use instructions::PORTABLE_BLOCK;
#[cfg(target_arch = "x86_64")]
use instructions::{AVX2_BLOCK, AVX512_BLOCK};
#[cfg(target_arch = "x86_64")]
use lanes::{Avx2, Avx512};
use lanes::{Float, Portable};
use operand::Operand;
use plan::{Cache, Plan};
use scratch::{Geometry, Pool, Scratch};
use sums::{SumPlaces, Sums};
use tile::{Job, Task};

pub use instructions::Instructions;
pub use peak::fma_gflops;
pub use trigonometry::Trigonometry;

/// Largest number of runs a signal is cut into: the number of threads that can work on one signal.
const RUNS: usize = 32;
/// Fewest coordinates of a run: adding a run's sums then costs little beside making them.
const RUN_COORDS: usize = 256;
/// Fewest multiply-adds of a run, about 50 µs: a thread is worth waking for it.
const RUN_WORK: usize = 2_000_000;
/// Bytes of activations in a tile, about the second-level cache; and the bounds on its panels.
const TILE_BYTES: usize = 512 << 10;
const TILE_PANELS: [usize; 2] = [2, 16];

/// Most signals that go through a tile together. Three are faster than one by one at every width measured, 32 to 256,
/// dense and sparse, although at 256 two panels of their tangents (2 MB) no longer fit the second-level cache.
const TOGETHER: usize = 4;

/// An [`Engine`] on this CPU; see the module.
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

/// How a signal is cut: a function of the shape alone, not of the threads.
struct Runs {
    panels: usize,
    of_run: usize,
}

impl Runs {
    fn new<T>(job: &Job<T>) -> Self {
        let n = job.coords.len() / job.plan.d_in;
        let work = n * 3 * job.targets.len().max(1) * (job.plan.work() + 8 * job.plan.neurons());
        let count = (n / RUN_COORDS).min(work / RUN_WORK).clamp(1, RUNS);
        let panels = n.div_ceil(job.geometry.lanes);
        Self { panels, of_run: panels.div_ceil(count) }
    }

    fn count(&self) -> usize {
        self.panels.div_ceil(self.of_run)
    }

    fn panels(&self, run: usize) -> Range<usize> {
        run * self.of_run..((run + 1) * self.of_run).min(self.panels)
    }
}

/// Panels of a tile: value and slope of every neuron, and tangent and bend for each moving signal, fill its bytes.
fn tile_panels<T: Float>(plan: &Plan, geometry: Geometry, moving: usize) -> usize {
    let panel = plan.neurons() * geometry.lanes * T::BYTES * 2 * (1 + moving);
    (TILE_BYTES / panel.max(1)).clamp(TILE_PANELS[0], TILE_PANELS[1])
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
        let groups: Vec<&[Question<T>]> = groups(questions).collect();
        let answers = groups.into_par_iter().map(|group| {
            let signals: Vec<&Samples<T>> = group.iter().map(|(_, samples)| *samples).collect();
            self.gradients_at(group[0].0, &signals, wanted)
        });
        answers.flatten_iter().collect()
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

/// Works with the kernels of an instruction set.
fn work<T: Float>(
    instructions: Instructions,
    job: &Job<T>,
    panels: Range<usize>,
    scratch: &mut Scratch<T>,
    task: Task<T>,
) {
    match instructions {
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => tile::run::<Avx512<T>, AVX512_BLOCK>(job, panels, scratch, task),
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => tile::run::<Avx2<T>, AVX2_BLOCK>(job, panels, scratch, task),
        _ => tile::run::<Portable<T>, PORTABLE_BLOCK>(job, panels, scratch, task),
    }
}
