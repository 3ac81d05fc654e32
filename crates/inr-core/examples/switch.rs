//! Dense kernels against sparse ones: the measurement behind `Instructions::dense_above`.
//!
//! `cargo run --release -p inr-core --example switch`, on an otherwise idle machine. Times are the least of a second of
//! calls on one thread; masks are uniformly random, at least 30 % of the first and last layer. How fast the engine
//! is, alone or beside PyTorch: `cargo xtask bench engine`.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use inr_core::native::{Instructions, NativeEngine};
use inr_core::{Engine, Key, Layout, Params, Samples, Siren, grid};

const DENSITIES: [f64; 6] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6];

/// Least milliseconds of each of some calls, in turns for a second each.
fn least<const N: usize>(calls: [&dyn Fn(); N]) -> [f64; N] {
    let (mut least, begin) = ([f64::INFINITY; N], Instant::now());
    while begin.elapsed().as_secs_f64() < N as f64 {
        for (least, call) in least.iter_mut().zip(calls) {
            let one = Instant::now();
            call();
            *least = least.min(1e3 * one.elapsed().as_secs_f64());
        }
    }
    least
}

fn masked(dense: &Params<f32>, density: f64) -> Params<f32> {
    let siren = dense.layout().siren().clone();
    let mut uniform = Key::root(3).derive("mask").uniform();
    let kept = (0..siren.layers()).map(|l| {
        let thin = l == 0 || l + 1 == siren.layers();
        let density = if thin { density.max(0.3) } else { density };
        (0..(siren.widths[l] * siren.widths[l + 1]) as u32).filter(|_| uniform.next() < density).collect()
    });
    let layout = Layout::sparse(siren.clone(), kept.collect());
    dense.narrowed(Arc::new(layout))
}

/// Where two lines of costs over the densities cross first, between measured points.
fn crossing(dense: &[f64], sparse: &[f64]) -> f64 {
    for k in 1..DENSITIES.len() {
        let (before, after) = (dense[k - 1] - sparse[k - 1], dense[k] - sparse[k]);
        if before > 0.0 && after <= 0.0 {
            return DENSITIES[k - 1] + (DENSITIES[k] - DENSITIES[k - 1]) * before / (before - after);
        }
    }
    f64::NAN
}

fn main() {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    for instructions in Instructions::available() {
        let [dense, sparse] = [0.0, 1.0].map(|above| NativeEngine::with_dense_above(instructions, above));
        for width in [256, 128, 64] {
            let side = 64;
            let samples = Samples::new(Arc::new(grid::square::<f32>(side)), vec![0.5; side * side * 3], 2, 3);
            println!(
                "{instructions:?}, width {width}: ms of dense and sparse gradient, dense and sparse curvature"
            );
            let mut columns = [const { Vec::new() }; 4];
            for density in DENSITIES {
                let params = masked(&Siren::new(2, width, 4, 3, 200.0).init(&Key::root(1)), density);
                let (_, direction) = dense.value_and_grad(&params, &samples);
                let ms = one.install(|| {
                    least([
                        &|| drop(black_box(dense.value_and_grad(&params, &samples))),
                        &|| drop(black_box(sparse.value_and_grad(&params, &samples))),
                        &|| drop(black_box(dense.hvp(&params, &samples, &direction))),
                        &|| drop(black_box(sparse.hvp(&params, &samples, &direction))),
                    ])
                });
                println!("  {density:>4}{}", ms.map(|ms| format!("{ms:10.2}")).concat());
                columns.iter_mut().zip(ms).for_each(|(column, ms)| column.push(ms));
            }
            let [a, b, c, d] = &columns;
            println!("  equal at {:.2} (gradient), {:.2} (curvature)", crossing(a, b), crossing(c, d));
        }
    }
}
