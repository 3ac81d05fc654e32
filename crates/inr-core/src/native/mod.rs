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
//! - `tile.rs`, `products.rs`, `trigonometry.rs`: the work on a tile.
//!
//! The signal is cut into runs of coordinates whose number depends on the shape alone; each run sums its
//! tiles in order, and the runs' sums are added pairwise in a fixed tree. The result is therefore the same
//! bits on any number of threads; it is not the same bits on another instruction set.

mod constants;
mod lanes;
mod operand;
mod peak;
mod plan;
mod products;
mod scratch;
mod tile;
mod trigonometry;

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::engine::{Engine, Samples};
use crate::params::Params;
use constants::DeltaSums;
#[cfg(target_arch = "x86_64")]
use lanes::{Avx2, Avx512};
use lanes::{Float, Lanes, Portable};
use operand::Operand;
use plan::{Cache, Form, LayerPlan, Plan};
use scratch::{Geometry, Pool, Scratch, SumPlaces};
use tile::{Job, Sums, Task};

pub use peak::fma_gflops;
pub use trigonometry::Trigonometry;

/// The instructions the kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instructions {
    /// AVX-512 (F, VL, DQ).
    Avx512,
    /// AVX2 and FMA.
    Avx2,
    /// What every machine of the target has.
    Portable,
}

impl Instructions {
    /// Those this machine has, widest first.
    pub fn available() -> Vec<Self> {
        [Self::Avx512, Self::Avx2, Self::Portable].into_iter().filter(|i| i.is_available()).collect()
    }

    /// The widest this machine has.
    pub fn best() -> Self {
        Self::available()[0]
    }

    /// Density of a layer's varying weights above which it is computed as a dense matrix.
    ///
    /// Measured by `examples/switch.rs` (Xeon with AVX-512, 2.8 GHz, f32, one thread, 64² coordinates). Lists cost the
    /// same as dense kernels at these densities (gradient, Hessian-vector product): AVX-512 0.23 and 0.34 at width
    /// 256, 0.29 and 0.40 at 128, 0.35 and 0.43 at 64; AVX2 0.40 and 0.53, 0.48 and 0.49, 0.52 and above 0.6; the
    /// portable kernels above 0.6. One value serves both products of a layer, and the widest layers decide.
    pub fn dense_above(self) -> f64 {
        match self {
            Self::Avx512 => 0.3,
            Self::Avx2 => 0.46,
            Self::Portable => 0.6,
        }
    }

    fn is_available(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        let wide = match self {
            Self::Avx512 => {
                std::is_x86_feature_detected!("avx512f")
                    && std::is_x86_feature_detected!("avx512vl")
                    && std::is_x86_feature_detected!("avx512dq")
            }
            _ => true,
        } && std::is_x86_feature_detected!("avx2")
            && std::is_x86_feature_detected!("fma");
        #[cfg(not(target_arch = "x86_64"))]
        let wide = false;
        self == Self::Portable || wide
    }

    fn geometry<T: Float>(self) -> Geometry {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Geometry { lanes: T::Avx512::N, block: AVX512_BLOCK },
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Geometry { lanes: T::Avx2::N, block: AVX2_BLOCK },
            _ => Geometry { lanes: T::Array::N, block: PORTABLE_BLOCK },
        }
    }
}

/// Rows of a register block: 2 registers a row (4 with AVX-512, which takes two panels at a time), and the block, its
/// inputs and a weight fit the registers. With AVX-512 six rows fit as well, but widths of powers of two would be padded:
/// a MAML step of width 32 takes 8 % longer, one of width 256 the same (Zen 4).
const AVX512_BLOCK: usize = 4;
const AVX2_BLOCK: usize = 6;
/// 4 registers a row; SSE2 has 16 registers, NEON 32.
const PORTABLE_BLOCK: usize = if cfg!(target_arch = "aarch64") { 6 } else { 2 };

/// Largest number of runs a signal is cut into: the number of threads that can work on one signal.
const RUNS: usize = 32;
/// Fewest coordinates of a run: adding a run's sums then costs little beside making them.
const RUN_COORDS: usize = 256;
/// Fewest multiply-adds of a run, about 50 µs: a thread is worth waking for it.
const RUN_WORK: usize = 2_000_000;
/// Bytes of activations in a tile, about the second-level cache; and the bounds on its panels.
const TILE_BYTES: usize = 512 << 10;
const TILE_PANELS: [usize; 2] = [2, 16];

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

    /// Loss and gradient (or curvature, given a direction a signal) of each signal; all share their coordinates.
    fn sums<T: Pooled>(
        &self,
        params: &Params<T>,
        signals: &[&Samples<T>],
        directions: &[&[T]],
    ) -> Vec<(f64, Vec<T>)> {
        let plan = self.plans.plan(params.layout(), self.dense_above);
        let geometry = self.instructions.geometry::<T>();
        let curvature = !directions.is_empty();
        let of = |direction: Option<&[T]>| constants::forward(&plan, params.values(), direction);
        let still: Vec<_> = match curvature {
            true => directions.iter().map(|v| of(Some(v))).collect(),
            false => vec![of(None)],
        };
        let packed = Operand::new(&plan, params.values(), &still[0], |still| &still.bias, geometry.block);
        let packed_directions: Vec<Operand<T>> = directions
            .iter()
            .zip(&still)
            .map(|(v, still)| Operand::new(&plan, v, still, |still| &still.bias_dot, geometry.block))
            .collect();
        let places = SumPlaces::new(&plan, geometry, curvature);
        let job = Job {
            plan: &plan,
            params: &packed,
            directions: &packed_directions,
            coords: &signals[0].coords,
            targets: signals.iter().map(|samples| samples.targets.as_slice()).collect(),
            places: &places,
            tile: tile_panels::<T>(&plan, geometry, curvature),
            geometry,
        };
        let runs = Runs::new(&job);
        let sums = self.sum_runs(&job, &runs, 0..runs.count());
        let finish = |(signal, sums): (usize, Sums<T>)| {
            let mut result = vec![T::default(); params.values().len()];
            let mut deltas = read_sums(&job, &sums.values, &mut result);
            T::pool(self).give_back(sums.values);
            let (direction, still) = (directions.get(signal).copied(), &still[signal.min(still.len() - 1)]);
            constants::backward(&plan, params.values(), direction, still, &mut deltas, &mut result);
            (sums.loss / signals[signal].targets.len() as f64, result)
        };
        sums.into_iter().enumerate().map(finish).collect()
    }

    /// Sums of some runs, one a signal, added in a fixed tree.
    fn sum_runs<T: Pooled>(&self, job: &Job<T>, runs: &Runs, range: Range<usize>) -> Vec<Sums<T>> {
        if range.len() == 1 {
            let zeros = |_| Sums { loss: 0.0, values: T::pool(self).zeros(job.places.len) };
            let mut sums: Vec<Sums<T>> = job.targets.iter().map(zeros).collect();
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

fn tile_panels<T: Float>(plan: &Plan, geometry: Geometry, curvature: bool) -> usize {
    let arrays = if curvature { 4 } else { 2 };
    let panel = plan.neurons() * geometry.lanes * T::BYTES * arrays;
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
        let geometry = self.instructions.geometry::<T>();
        let still = constants::forward(&plan, params.values(), None);
        let packed = Operand::new(&plan, params.values(), &still, |still| &still.bias, geometry.block);
        let places = SumPlaces::new(&plan, geometry, false);
        let tile = tile_panels::<T>(&plan, geometry, false);
        let job = Job {
            plan: &plan,
            params: &packed,
            directions: &[],
            coords,
            targets: Vec::new(),
            places: &places,
            tile,
            geometry,
        };
        let d_out = params.layout().siren().d_out();
        let mut values = vec![T::default(); coords.len() / plan.d_in * d_out];
        let runs = Runs::new(&job);
        values.par_chunks_mut((runs.of_run * geometry.lanes * d_out).max(1)).enumerate().for_each(
            |(run, values)| {
                let task = Task::Forward(values);
                T::pool(self).with(|scratch| work(self.instructions, &job, runs.panels(run), scratch, task));
            },
        );
        values
    }

    fn value_and_grad(&self, params: &Params<T>, samples: &Samples<T>) -> (f64, Vec<T>) {
        only(self.sums(params, &[samples], &[]))
    }

    fn hvp(&self, params: &Params<T>, samples: &Samples<T>, direction: &[T]) -> Vec<T> {
        check_direction(params, direction);
        only(self.sums(params, &[samples], &[direction])).1
    }

    fn values_and_grads(&self, params: &Params<T>, signals: &[Samples<T>]) -> Vec<(f64, Vec<T>)> {
        same_coords(signals).flat_map(|group| self.sums(params, &group, &[])).collect()
    }

    fn hvp_sum(&self, params: &Params<T>, signals: &[Samples<T>], directions: &[Vec<T>]) -> Vec<T> {
        assert_eq!(signals.len(), directions.len(), "one direction a signal");
        let mut sum = vec![T::default(); params.layout().len()];
        let mut rest = directions;
        for group in same_coords(signals) {
            let (now, later) = rest.split_at(group.len());
            rest = later;
            let now: Vec<&[T]> = now.iter().map(Vec::as_slice).collect();
            now.iter().for_each(|v| check_direction(params, v));
            for (_, hvp) in self.sums(params, &group, &now) {
                sum.iter_mut().zip(&hvp).for_each(|(sum, &h)| *sum += h);
            }
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

/// Signals in their order, in groups of neighbours that share their coordinates.
fn same_coords<T>(signals: &[Samples<T>]) -> impl Iterator<Item = Vec<&Samples<T>>> {
    signals.chunk_by(|a, b| Arc::ptr_eq(&a.coords, &b.coords)).map(|group| group.iter().collect())
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

/// Writes the sums of the varying neurons and weights to the flat buffer, and returns Σ δ by true neuron number.
fn read_sums<T: Float>(job: &Job<T>, sums: &[T], result: &mut [T]) -> Vec<DeltaSums<T>> {
    let half = job.geometry.lanes / 2;
    let total = |sums: &[T], k: usize| sums[k * half..(k + 1) * half].iter().copied().sum::<T>();
    let mut deltas = Vec::with_capacity(job.plan.layers.len());
    for (layer, places) in job.plan.layers.iter().zip(&job.places.layers) {
        let weights = &sums[places.weights.clone()];
        match layer.form {
            Form::Sparse => {
                for (k, &place) in layer.by_row.place.iter().enumerate() {
                    result[place as usize] = total(weights, k);
                }
            }
            _ => read_dense(layer, job.geometry, weights, result),
        }
        let zeros = || vec![T::default(); layer.width];
        let mut delta = DeltaSums { delta: zeros(), delta_dot: zeros() };
        for (k, &o) in layer.rows.iter().enumerate() {
            let by_bias = total(&sums[places.bias.clone()], k);
            result[layer.bias_offset + o as usize] = by_bias;
            match job.directions.is_empty() {
                true => delta.delta[o as usize] = by_bias,
                false => {
                    delta.delta[o as usize] = total(&sums[places.delta.clone()], k);
                    delta.delta_dot[o as usize] = by_bias;
                }
            }
        }
        deltas.push(delta);
    }
    deltas
}

fn read_dense<T: Float>(layer: &LayerPlan, geometry: Geometry, weights: &[T], result: &mut [T]) {
    let Geometry { lanes, block } = geometry;
    let height = layer.rows.len().next_multiple_of(block);
    let at = |row: usize, col: usize| (col / lanes * height + row) * lanes + col % lanes;
    for row in 0..layer.rows.len() {
        if layer.form == Form::Complete {
            let result = &mut result[layer.weight_offset + row * layer.cols..][..layer.cols];
            for (group, result) in result.chunks_mut(lanes).enumerate() {
                result.copy_from_slice(&weights[at(row, group * lanes)..][..result.len()]);
            }
            continue;
        }
        for k in layer.by_row.start[row] as usize..layer.by_row.start[row + 1] as usize {
            result[layer.by_row.place[k] as usize] = weights[at(row, layer.by_row.index[k] as usize)];
        }
    }
}
