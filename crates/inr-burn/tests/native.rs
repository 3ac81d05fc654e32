//! The native engine against the engine on tensors, which shares no code with it: every instruction set of this
//! machine, dense and sparse kernels forced and mixed, random shapes and masks, awkward coordinate counts.
//!
//! In f64 both round differently in sums of some thousand products: 1e-12 of the norm is c · eps · n with room.

use std::sync::Arc;

use inr_burn::open;
use inr_core::native::{Instructions, NativeEngine};
use inr_core::{Engine, Key, Layout, Params, Real, Samples, Siren};

/// Shapes of either kind of signal: widths below, at and beyond a register block and a row of lanes.
const SHAPES: &[&[usize]] = &[
    &[2, 16, 16, 3],
    &[2, 7, 33, 20, 3],
    &[3, 40, 40, 40, 1],
    &[3, 13, 1],
    &[2, 18, 5, 50, 24, 3],
    &[6, 12, 9, 7],
    &[2, 300, 280, 3],
];
const COUNTS: &[usize] = &[1, 2, 95, 97, 1000];

fn random(key: &Key, n: usize) -> Vec<f64> {
    let mut uniform = key.uniform();
    (0..n).map(|_| 2.0 * uniform.next() - 1.0).collect()
}

/// Masks by name: none, of several densities, with whole rows and columns gone, one weight left in each layer in turn, and empty.
fn masks(siren: &Siren, key: &Key) -> Vec<(String, Layout)> {
    let size = |l: usize| (siren.widths[l] * siren.widths[l + 1]) as u32;
    let layers = 0..siren.layers();
    let mut masks = vec![("dense".to_string(), Layout::dense(siren.clone()))];
    for density in [1.0, 0.7, 0.25, 0.1, 0.03] {
        let mut uniform = key.derive("density").uniform();
        let kept = layers.clone().map(|l| (0..size(l)).filter(|_| uniform.next() < density).collect());
        masks.push((format!("{density}"), Layout::sparse(siren.clone(), kept.collect())));
    }
    let mut uniform = key.derive("lines").uniform();
    let lines = layers.clone().map(|l| {
        let (cols, rows) = (siren.widths[l], siren.widths[l + 1]);
        let gone: Vec<bool> = (0..rows + cols).map(|_| uniform.next() < 0.3).collect();
        let keep = |&i: &u32| !gone[i as usize / cols] && !gone[rows + i as usize % cols];
        (0..size(l)).filter(keep).collect()
    });
    masks.push(("lines".to_string(), Layout::sparse(siren.clone(), lines.collect())));
    for lonely in layers.clone() {
        let one = (uniform.next() * size(lonely) as f64) as u32;
        let kept = layers.clone().map(|l| if l == lonely { vec![one] } else { (0..size(l)).collect() });
        masks.push((format!("one weight in layer {lonely}"), Layout::sparse(siren.clone(), kept.collect())));
    }
    masks.push(("nothing".to_string(), Layout::sparse(siren.clone(), vec![vec![]; siren.layers()])));
    masks
}

struct Case {
    name: String,
    params: Params<f64>,
    samples: Samples<f64>,
    direction: Vec<f64>,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (s, &widths) in SHAPES.iter().enumerate() {
        let key = Key::root(11).fold(s as u64);
        let siren = Siren { widths: widths.to_vec(), w0: 6.0 };
        let dense: Params<f64> = siren.init(&key.derive("init"));
        let (d_in, d_out) = (siren.d_in(), siren.d_out());
        for (m, (mask, layout)) in masks(&siren, &key).into_iter().enumerate() {
            // Every mask meets two of the counts, every count all kinds of masks.
            for n in [COUNTS[(m + s) % COUNTS.len()], COUNTS[(m + 2 * s + 2) % COUNTS.len()]] {
                let key = key.fold(n as u64);
                let params = dense.narrowed(Arc::new(layout.clone()));
                let coords = Arc::new(random(&key.derive("coords"), n * d_in));
                let samples = Samples::new(coords, random(&key.derive("targets"), n * d_out), d_in, d_out);
                let direction = random(&key.derive("direction"), params.values().len());
                cases.push(Case { name: format!("{widths:?}, {mask}, n = {n}"), params, samples, direction });
            }
        }
    }
    cases
}

fn engines() -> Vec<NativeEngine> {
    let of =
        |i: Instructions| [0.0, i.dense_above(), 1.0].map(|above| NativeEngine::with_dense_above(i, above));
    Instructions::available().into_iter().flat_map(of).collect()
}

fn close<T: Real>(found: &[T], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let norm = expected.iter().map(|e| e * e).sum::<f64>().sqrt();
    let error = found.iter().zip(expected).map(|(f, e)| (f.to_f64() - e).powi(2)).sum::<f64>().sqrt();
    assert!(error <= tolerance * norm, "{what}: {error:e} of {norm:e}");
}

#[test]
fn native_is_the_tensors_engine_in_double() {
    let (burn, engines) = (open("burn-flex").unwrap(), engines());
    for Case { name, params, samples, direction } in cases() {
        let forward = Engine::forward(&burn, &params, &samples.coords);
        let (loss, gradient) = Engine::value_and_grad(&burn, &params, &samples);
        let curvature = Engine::hvp(&burn, &params, &samples, &direction);
        for native in &engines {
            close(&native.forward(&params, &samples.coords), &forward, 1e-12, &format!("forward of {name}"));
            let (found_loss, found) = native.value_and_grad(&params, &samples);
            assert!((found_loss - loss).abs() <= 1e-13 * loss, "loss of {name}: {found_loss} {loss}");
            close(&found, &gradient, 1e-12, &format!("gradient of {name}"));
            close(&native.hvp(&params, &samples, &direction), &curvature, 1e-12, &format!("hvp of {name}"));
            let zeros = gradient.iter().zip(&found).filter(|(e, _)| **e == 0.0).all(|(_, f)| *f == 0.0);
            assert!(zeros, "{name}: what cannot reach the output has no gradient");
        }
    }
}

#[test]
fn native_in_single_is_double_to_single_rounding() {
    // Sums of up to 300 products, arguments up to about 10: 300 · 6e-8 · 10 is 2e-4 at worst, 2e-5 as a random walk.
    let (burn, engines) = (open("burn-flex").unwrap(), engines());
    for Case { name, params, samples, direction } in cases() {
        let single = Samples {
            coords: Arc::new(samples.coords.iter().map(|&x| x as f32).collect()),
            targets: Arc::new(samples.targets.iter().map(|&x| x as f32).collect()),
        };
        let direction32: Vec<f32> = direction.iter().map(|&d| d as f32).collect();
        let params32 = params.cast::<f32>();
        let (loss, gradient) = Engine::value_and_grad(&burn, &params, &samples);
        let curvature = Engine::hvp(&burn, &params, &samples, &direction);
        for native in &engines {
            let (found_loss, found) = native.value_and_grad(&params32, &single);
            assert!((found_loss - loss).abs() <= 2e-5 * loss, "loss of {name}: {found_loss} {loss}");
            close(&found, &gradient, 2e-5, &format!("gradient of {name}"));
            close(&native.hvp(&params32, &single, &direction32), &curvature, 2e-5, &format!("hvp of {name}"));
        }
    }
}
