//! What this machine could do at best: a loop of independent fused multiply-adds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::instructions::Instructions;
#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};
use super::lanes::{Lanes, Simd};

const ROUNDS: usize = 100_000;
/// The peak is the best round within this time.
const FOR: Duration = Duration::from_millis(500);

/// GFLOP/s (a multiply-add is two) in f32 of the current rayon pool's threads together; none without vector FMA.
pub fn fma_gflops(instructions: Instructions) -> Option<f64> {
    let run: fn() -> usize = match instructions {
        _ if !instructions.is_available() => return None,
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => multiply_adds::<Avx512<f32>, 12>,
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => multiply_adds::<Avx2<f32>, 6>,
        _ => return None,
    };
    let (mut most, begin) = (0f64, Instant::now());
    while begin.elapsed() < FOR {
        let round = Instant::now();
        let done: usize = rayon::broadcast(|_| run()).into_iter().sum();
        most = most.max(2e-9 * done as f64 / round.elapsed().as_secs_f64());
    }
    Some(most)
}

/// Independent sums, two registers each; returns the number of multiply-adds.
fn multiply_adds<S: Simd<T = f32>, const SUMS: usize>() -> usize {
    let (a, b) = (S::Row::splat(black_box(0.999)), S::Row::splat(black_box(1e-3)));
    S::enabled(
        #[inline(always)]
        || {
            let mut sums = [S::Row::splat(1.0); SUMS];
            for _ in 0..ROUNDS {
                for r in 0..SUMS {
                    sums[r] = sums[r].mul_add(a, b);
                }
            }
            let mut rows = [0.0; 64];
            sums.iter().for_each(|sum| sum.fold_into(&mut rows));
            black_box(rows);
        },
    );
    ROUNDS * SUMS * S::Row::N
}
