//! Every kernel on odd shapes, for a memory checker: networks, masks and coordinate counts that leave blocks, panels and
//! tiles partly filled, in both precisions, on every instruction set this machine shows.
//!
//! ```text
//! cargo build --release -p inr-core --example memcheck
//! RAYON_NUM_THREADS=2 valgrind --error-exitcode=1 target/release/examples/memcheck
//! ```
//!
//! valgrind 3.19 shows a machine without AVX-512: AVX2 and the portable kernels run under it. What is computed is
//! compared between the instruction sets, so that nothing is left out by the compiler.

use std::sync::Arc;

use inr_core::native::{Instructions, NativeEngine};
use inr_core::{Engine, Key, Layout, Params, Question, Samples, Siren, Wanted};

const SHAPES: &[&[usize]] = &[
    &[1, 1, 1],
    &[2, 1, 1, 3],
    &[1, 9, 1],
    &[2, 7, 33, 20, 3],
    &[3, 13, 1],
    &[2, 18, 5, 50, 24, 3],
    &[2, 40, 40, 3],
];
const COUNTS: &[usize] = &[1, 2, 95, 97];
/// Relative, in f64 and f32: sums of up to 50 products, phases up to about 10.
const SAME: [f64; 2] = [1e-11, 1e-3];

/// Surviving weights of each layer: all, some, one in one of the layers, none.
fn masks(siren: &Siren) -> Vec<Layout> {
    let mut uniform = Key::root(1).uniform();
    let size = |l: usize| (siren.widths[l] * siren.widths[l + 1]) as u32;
    let layers = 0..siren.layers();
    let mut layouts = vec![Layout::dense(siren.clone())];
    for density in [0.7, 0.25, 0.05, 0.0] {
        let kept = layers.clone().map(|l| (0..size(l)).filter(|_| uniform.next() < density).collect());
        layouts.push(Layout::sparse(siren.clone(), kept.collect()));
    }
    for lonely in layers.clone() {
        let kept =
            layers.clone().map(|l| if l == lonely { vec![size(l) - 1] } else { (0..size(l)).collect() });
        layouts.push(Layout::sparse(siren.clone(), kept.collect()));
    }
    layouts
}

fn random(key: &Key, n: usize) -> Vec<f64> {
    let mut uniform = key.uniform();
    (0..n).map(|_| 2.0 * uniform.next() - 1.0).collect()
}

/// The sum of the squares of everything an engine computes.
fn total<T: inr_core::Real>(
    engine: &dyn Engine<T>,
    params: &Params<T>,
    samples: &[Samples<T>],
    directions: &[Vec<T>],
) -> f64 {
    let squares = |values: &[T]| values.iter().map(|v| v.to_f64().powi(2)).sum::<f64>();
    let mut sum = squares(&engine.forward(params, &samples[0].coords));
    let questions: Vec<Question<T>> = samples.iter().map(|samples| (params, samples)).collect();
    for (loss, gradient) in engine.gradients(&questions, &Wanted::All) {
        sum += loss * loss + squares(&gradient);
    }
    let directions: Vec<&[T]> = directions.iter().map(Vec::as_slice).collect();
    sum + squares(&engine.hvp_sum(params, samples, &directions))
}

fn main() {
    let (instructions, mut cases) = (Instructions::available(), 0);
    for &widths in SHAPES {
        let siren = Siren { widths: widths.to_vec(), w0: 6.0 };
        let (d_in, d_out) = (siren.d_in(), siren.d_out());
        for (m, layout) in masks(&siren).into_iter().enumerate() {
            let n = COUNTS[m % COUNTS.len()];
            let dense: Params<f64> = siren.init(&Key::root(2));
            let params = dense.narrowed(Arc::new(layout));
            let single = params.cast::<f32>();
            let coords = random(&Key::root(3), n * d_in);
            let targets = [4, 5].map(|key| random(&Key::root(key), n * d_out));
            let directions = [6, 7].map(|key| random(&Key::root(key), params.values().len()));
            let narrow = |values: &[f64]| values.iter().map(|&v| v as f32).collect::<Vec<f32>>();
            let shared = Arc::new(coords.clone());
            let samples = targets.clone().map(|y| Samples::new(shared.clone(), y, d_in, d_out));
            let shared = Arc::new(narrow(&coords));
            let samples32 = targets.map(|y| Samples::new(shared.clone(), narrow(&y), d_in, d_out));
            let directions32 = directions.clone().map(|v| narrow(&v));
            let mut expected = None;
            for &kind in &instructions {
                for above in [0.0, kind.dense_above(), 1.0] {
                    let engine = NativeEngine::with_dense_above(kind, above);
                    let found = total::<f64>(&engine, &params, &samples, &directions);
                    let found32 = total::<f32>(&engine, &single, &samples32, &directions32);
                    let expected = *expected.get_or_insert(found);
                    let close = |found: f64, tolerance: f64| (found - expected).abs() <= tolerance * expected;
                    let agree = close(found, SAME[0]) && close(found32, SAME[1]);
                    assert!(agree, "{widths:?}, mask {m}, {kind:?}: {found} and {found32}, not {expected}");
                    cases += 1;
                }
            }
        }
    }
    println!("{cases} cases on {instructions:?}");
}
