//! A run of panels, tile by tile: up, compare, down.

use std::ops::Range;

use super::backward::{backward, backward_moving};
use super::edges::{read_coords, residual, residual_dot, write_values};
use super::forward::{forward, forward_moving};
use super::job::{Job, Task};
use crate::native::lanes::{Lanes, Simd};
use crate::native::scratch::{Geometry, Scratch};
use crate::real::Real;

/// Works on a run of panels, tile by tile, in order.
pub fn run<S: Simd, const BLOCK: usize>(
    job: &Job<S::T>,
    panels: Range<usize>,
    scratch: &mut Scratch<S::T>,
    mut task: Task<S::T>,
) {
    let lanes = S::Row::N;
    assert_eq!(job.geometry, Geometry { lanes, block: BLOCK }, "packed for other kernels");
    let moving = !job.directions.is_empty();
    scratch.fit(job.plan, job.geometry, job.tile, job.targets.len(), moving);
    let first = panels.start * lanes;
    for from in panels.clone().step_by(job.tile) {
        let (count, at) = (job.tile.min(panels.end - from), from * lanes);
        S::enabled(
            #[inline(always)]
            || read_coords::<S, BLOCK>(job, at, count, &mut scratch.input),
        );
        match moving {
            true => forward_moving::<S, BLOCK>(job, count, scratch),
            false => forward::<S, BLOCK>(job, count, scratch),
        }
        S::enabled(
            #[inline(always)]
            || match &mut task {
                Task::Forward(values) => {
                    let values = &mut values[(at - first) * job.d_out()..];
                    write_values::<S, BLOCK>(count, job.d_out(), &scratch.output, values);
                }
                Task::Sums(_) if moving => {
                    for signal in 0..job.targets.len() {
                        residual::<S, BLOCK>(job, signal, at, count, scratch, |_| ());
                    }
                    residual_dot::<S, BLOCK>(job, at, count, scratch);
                }
                Task::Sums(sums) => {
                    for (signal, sums) in sums.iter_mut().enumerate() {
                        let mut squares = 0.0;
                        residual::<S, BLOCK>(job, signal, at, count, scratch, |differences| {
                            differences.iter().for_each(|d| squares += d.to_f64() * d.to_f64());
                        });
                        sums.loss += squares;
                    }
                }
            },
        );
        if let Task::Sums(sums) = &mut task {
            match moving {
                true => backward_moving::<S, BLOCK>(job, count, scratch, &mut sums[0]),
                false => backward::<S, BLOCK>(job, count, scratch, sums),
            }
            sums.iter_mut().for_each(|sums| sums.begun = true);
        }
    }
}
