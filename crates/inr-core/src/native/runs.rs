//! How a signal is cut into runs and tiles, and the kernels that work on a run.

use std::ops::Range;

#[cfg(target_arch = "x86_64")]
use super::instructions::{AVX2_BLOCK, AVX512_BLOCK};
use super::instructions::{Instructions, PORTABLE_BLOCK};
#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};
use super::lanes::{Float, Portable};
use super::plan::Plan;
use super::scratch::{Geometry, Scratch};
use super::tile::{self, Job, Task};

/// Largest number of runs a signal is cut into: the number of threads that can work on one signal.
const RUNS: usize = 32;
/// Fewest coordinates of a run: adding a run's sums then costs little beside making them.
const RUN_COORDS: usize = 256;
/// Fewest multiply-adds of a run, about 50 µs: a thread is worth waking for it.
const RUN_WORK: usize = 2_000_000;
/// Bytes of activations in a tile, about the second-level cache; and the bounds on its panels.
const TILE_BYTES: usize = 512 << 10;
const TILE_PANELS: [usize; 2] = [2, 16];

/// How a signal is cut: a function of the shape alone, not of the threads.
pub struct Runs {
    panels: usize,
    /// Panels of a run, but for the last.
    pub of_run: usize,
}

impl Runs {
    /// The runs of a job.
    pub fn new<T>(job: &Job<T>) -> Self {
        let n = job.coords.len() / job.plan.d_in;
        let work = n * 3 * job.targets.len().max(1) * (job.plan.work() + 8 * job.plan.neurons());
        let count = (n / RUN_COORDS).min(work / RUN_WORK).clamp(1, RUNS);
        let panels = n.div_ceil(job.geometry.lanes);
        Self { panels, of_run: panels.div_ceil(count) }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.panels.div_ceil(self.of_run)
    }

    /// The panels of one of them.
    pub fn panels(&self, run: usize) -> Range<usize> {
        run * self.of_run..((run + 1) * self.of_run).min(self.panels)
    }
}

/// Panels of a tile: value and slope of every neuron, and tangent and bend for each moving signal, fill its bytes.
pub fn tile_panels<T: Float>(plan: &Plan, geometry: Geometry, moving: usize) -> usize {
    let panel = plan.neurons() * geometry.lanes * T::BYTES * 2 * (1 + moving);
    (TILE_BYTES / panel.max(1)).clamp(TILE_PANELS[0], TILE_PANELS[1])
}

/// Works with the kernels of an instruction set.
pub fn work<T: Float>(
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
