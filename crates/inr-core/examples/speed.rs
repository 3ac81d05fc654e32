//! How fast the native engine is: minimum times, GFLOP/s of useful work, share of the FMA peak measured here.
//!
//! `cargo run --release -p inr-core --example speed [-- WORD…]`: cases whose name contains a word;
//! `-- --switch`: dense kernels against sparse ones, the measurement behind `DENSE_ABOVE`.
//! Useful work is 2 operations for each multiply-add of the surviving weights: 3 products a coordinate for a
//! gradient, 8 for a Hessian-vector product. Masks are uniformly random, at least 30 % of the first and last layer.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use inr_core::native::{Instructions, NativeEngine};
use inr_core::{Engine, Key, Layout, Params, Samples, Siren, grid};

/// Least seconds of a call: on the clock, and of processor time of all threads (Linux; elsewhere the clock's).
#[derive(Clone, Copy)]
struct Least {
    wall_s: f64,
    cpu_s: f64,
}

/// Calls in batches of at least 60 ms, for about a second: the kernel counts processor time in ticks.
fn least(mut f: impl FnMut()) -> Least {
    let (mut least, begin) = (Least { wall_s: f64::INFINITY, cpu_s: f64::INFINITY }, Instant::now());
    while begin.elapsed().as_secs_f64() < 1.0 {
        let (batch, cpu, mut calls) = (Instant::now(), cpu_s(), 0.0);
        while batch.elapsed().as_secs_f64() < 0.06 {
            let call = Instant::now();
            f();
            calls += 1.0;
            least.wall_s = least.wall_s.min(call.elapsed().as_secs_f64());
        }
        let spent = cpu.zip(cpu_s()).map_or(batch.elapsed().as_secs_f64(), |(from, to)| to - from);
        least.cpu_s = least.cpu_s.min(spent / calls);
    }
    least
}

fn cpu_s() -> Option<f64> {
    let ns = |task: std::fs::DirEntry| -> Option<f64> {
        std::fs::read_to_string(task.path().join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    Some(tasks.flatten().filter_map(ns).sum::<f64>() * 1e-9)
}

fn peak_gflops() -> [f64; 2] {
    let peak = inr_core::native::fma_gflops(Instructions::best()).unwrap_or(f64::NAN);
    [peak, peak / 2.0]
}

fn masked(dense: &Params<f32>, density: f64) -> Params<f32> {
    if density >= 1.0 {
        return dense.clone();
    }
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

/// Processor milliseconds of always dense against always sparse: where `DENSE_ABOVE` comes from.
fn switch() {
    let [dense, sparse] = [0.0, 1.0].map(|above| NativeEngine::with_dense_above(Instructions::best(), above));
    println!(
        "{:>20} {:>12} {:>12} {:>12} {:>12}",
        "case", "dense grad", "sparse grad", "dense hvp", "sparse hvp"
    );
    for width in [256, 64] {
        for density in [0.2, 0.3, 0.4, 0.5, 0.6] {
            let params = masked(&Siren::new(2, width, 4, 3, 200.0).init(&Key::root(1)), density);
            let samples = samples(64);
            let (_, direction) = dense.value_and_grad(&params, &samples);
            let grad =
                |e: &NativeEngine| least(|| drop(black_box(e.value_and_grad(&params, &samples)))).cpu_s;
            let hvp =
                |e: &NativeEngine| least(|| drop(black_box(e.hvp(&params, &samples, &direction)))).cpu_s;
            let ms =
                [grad(&dense), grad(&sparse), hvp(&dense), hvp(&sparse)].map(|s| format!("{:12.2}", s * 1e3));
            println!("{:>20} {}", format!("width {width} {density}"), ms.join(" "));
        }
    }
}

fn samples(side: usize) -> Samples<f32> {
    Samples::new(Arc::new(grid::square::<f32>(side)), vec![0.5; side * side * 3], 2, 3)
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words == ["--switch"] {
        return switch();
    }
    let peak = peak_gflops();
    let engine = NativeEngine::new(Instructions::best());
    println!(
        "{:?}, {} threads; FMA peak {:.0} GFLOP/s, {:.0} a second of processor time",
        Instructions::best(),
        rayon::current_num_threads(),
        peak[0],
        peak[1]
    );
    println!(
        "{:>26} {:>9} {:>8} {:>6} {:>6} {:>9} {:>8} {:>6} {:>6}",
        "case", "grad ms", "GFLOP/s", "peak %", "cpu %", "hvp ms", "GFLOP/s", "peak %", "cpu %"
    );
    let shapes = [(256, 178), (256, 64), (128, 64), (64, 64), (32, 64), (32, 32)];
    for (width, side) in shapes {
        for density in [1.0, 0.41, 0.21, 0.086, 0.044, 0.0115] {
            let name = format!("width {width} {side}x{side} {:.2}%", density * 100.0);
            if (!words.is_empty() && !words.iter().any(|w| name.contains(w.as_str())))
                || (width < 256 && density < 1.0)
            {
                continue;
            }
            let siren = Siren::new(2, width, 4, 3, 200.0);
            let params = masked(&siren.init(&Key::root(1)), density);
            let samples = samples(side);
            let gflop = 2e-9 * (side * side * params.layout().weights()) as f64;
            let (_, direction) = engine.value_and_grad(&params, &samples);
            let grad = least(|| drop(black_box(engine.value_and_grad(&params, &samples))));
            let hvp = least(|| drop(black_box(engine.hvp(&params, &samples, &direction))));
            let columns = |least: Least, gflop: f64| {
                let share = |s: f64, peak: f64| 100.0 * gflop / s / peak;
                let (wall, cpu) = (share(least.wall_s, peak[0]), share(least.cpu_s, peak[1]));
                format!("{:9.3} {:8.1} {wall:6.1} {cpu:6.1}", least.wall_s * 1e3, gflop / least.wall_s)
            };
            println!("{name:>26} {} {}", columns(grad, 3.0 * gflop), columns(hvp, 8.0 * gflop));
        }
    }
}
