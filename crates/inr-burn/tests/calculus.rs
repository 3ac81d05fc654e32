//! Gradients and Hessian-vector products of every engine of this build, in f64, against central
//! differences: (f(θ + εd) − f(θ − εd)) / 2ε has an error of ε² and of rounding/ε; with ε = 1e-5 and
//! values of order one both lie near 1e-10, so 1e-6 relative is a bound with room, not a fit.

use std::sync::Arc;

use inr_burn::{BurnEngine, NAMES, open};
use inr_core::{Engine, Key, Layout, Params, Samples, Siren, grid};

const EPS: f64 = 1e-5;

fn random(name: &str, n: usize) -> Vec<f64> {
    let mut uniform = Key::root(9).derive(name).uniform();
    (0..n).map(|_| 2.0 * uniform.next() - 1.0).collect()
}

/// Networks of 2→3 and 3→1, dense and with masks that empty a row, a column and all but one weight of a layer.
fn cases() -> Vec<(String, Params<f64>, Samples<f64>)> {
    let image = Siren::new(2, 6, 3, 3, 5.0);
    let solid = Siren::new(3, 5, 2, 1, 4.0);
    let mut cases = Vec::new();
    for (name, siren, n) in [("2-6-6-6-3", image, 25), ("3-5-5-1", solid, 7)] {
        let coords = match siren.d_in() {
            2 => grid::square::<f64>(5),
            d => random("coords", n * d),
        };
        let samples =
            Samples::new(Arc::new(coords), random("targets", n * siren.d_out()), siren.d_in(), siren.d_out());
        let dense: Params<f64> = siren.init(&Key::root(4));
        let sparse = dense.narrowed(Arc::new(awkward(&siren)));
        let nothing = vec![vec![]; siren.layers()];
        let empty = dense.narrowed(Arc::new(Layout::sparse(siren.clone(), nothing)));
        cases.push((format!("{name} dense"), dense, samples.clone()));
        cases.push((format!("{name} sparse"), sparse, samples.clone()));
        cases.push((format!("{name} without weights"), empty, samples));
    }
    cases
}

/// First layer without its second neuron, second layer with one weight left, the rest without column 0.
fn awkward(siren: &Siren) -> Layout {
    let kept = (0..siren.layers())
        .map(|l| {
            let (cols, rows) = (siren.widths[l], siren.widths[l + 1]);
            let keep = |i: usize| match l {
                0 => i / cols != 1,
                1 => i == cols + 2,
                _ => !i.is_multiple_of(cols),
            };
            (0..rows * cols).filter(|&i| keep(i)).map(|i| i as u32).collect()
        })
        .collect();
    Layout::sparse(siren.clone(), kept)
}

fn close(found: f64, expected: f64, scale: f64, what: &str) {
    assert!((found - expected).abs() <= 1e-6 * scale, "{what}: {found} against {expected} (scale {scale})");
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn engines() -> impl Iterator<Item = BurnEngine> {
    NAMES.iter().map(|name| open(name).unwrap())
}

#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    for engine in engines() {
        for (name, params, samples) in cases() {
            let (_, grad) = engine.value_and_grad(&params, &samples);
            for d in 0..3 {
                let direction = random(&format!("direction {d}"), grad.len());
                let value = |s: f64| engine.value_and_grad(&params.plus(s, &direction), &samples).0;
                let slope = (value(EPS) - value(-EPS)) / (2.0 * EPS);
                close(dot(&grad, &direction), slope, norm(&grad) * norm(&direction), &name);
            }
        }
    }
}

#[test]
fn the_hessian_vector_product_is_the_slope_of_the_gradient() {
    for engine in engines() {
        for (name, params, samples) in cases() {
            let direction = random("direction", params.values().len());
            let product = engine.hvp(&params, &samples, &direction);
            let grad = |s: f64| engine.value_and_grad(&params.plus(s, &direction), &samples).1;
            let (plus, minus) = (grad(EPS), grad(-EPS));
            let scale = norm(&product);
            for i in 0..product.len() {
                close(product[i], (plus[i] - minus[i]) / (2.0 * EPS), scale, &format!("{name}, entry {i}"));
            }
        }
    }
}

#[test]
fn the_loss_is_the_mean_square_of_forward_against_the_targets() {
    for engine in engines() {
        for (name, params, samples) in cases() {
            let loss = engine.value_and_grad(&params, &samples).0;
            let forward = engine.forward(&params, &samples.coords);
            let mse = inr_core::metrics::mse(&forward, &samples.targets);
            assert!((loss - mse).abs() <= 1e-14 * mse, "{name}: {loss} {mse}");
        }
    }
}

#[test]
fn forward_is_the_papers_formula_written_out() {
    let siren = Siren::new(2, 2, 1, 1, 3.0);
    let values = vec![0.1, -0.2, 0.3, 0.4, 0.5, -0.6, 0.7, 0.8, 0.9];
    let params = Params::new(Arc::new(Layout::dense(siren)), values);
    let x = [0.25, -0.5];
    let h0 = (3.0f64 * (0.1 * x[0] - 0.2 * x[1] + 0.5)).sin();
    let h1 = (3.0f64 * (0.3 * x[0] + 0.4 * x[1] - 0.6)).sin();
    let expected = 0.7 * h0 + 0.8 * h1 + 0.9;
    for engine in engines() {
        let found = Engine::<f64>::forward(&engine, &params, &x)[0];
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
    }
}

#[test]
fn single_precision_agrees_with_double() {
    // 60 products a value and eps = 1.2e-7: n · eps is 1e-5; w0 5 raises the argument's error to about 5e-5.
    for engine in engines() {
        for (name, params, samples) in cases() {
            let single = Samples {
                coords: Arc::new(samples.coords.iter().map(|&x| x as f32).collect()),
                targets: Arc::new(samples.targets.iter().map(|&x| x as f32).collect()),
            };
            let (_, grad) = engine.value_and_grad(&params, &samples);
            let (_, grad32) = engine.value_and_grad(&params.cast::<f32>(), &single);
            let difference: Vec<f64> = grad.iter().zip(&grad32).map(|(a, &b)| a - b as f64).collect();
            assert!(norm(&difference) <= 5e-5 * norm(&grad), "{name}");
        }
    }
}

#[test]
fn an_unknown_engine_is_refused_with_the_list() {
    let error = open("burn-cray").err().unwrap().to_string();
    assert!(error.contains("burn-cray") && error.contains("burn-flex"), "{error}");
}
