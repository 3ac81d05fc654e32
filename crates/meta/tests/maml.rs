//! The meta-gradient: against central differences in f64 through the whole inner loop, against its
//! closed form on a quadratic, and first order told from exact.

use std::sync::Arc;

use inr_core::{Engine, Key, Layout, Params, Samples, Siren, grid};
use meta::maml::{Inner, Order, batch_gradient, meta_gradient};

const INNER: Inner = Inner { steps: 2, lr: 1e-2, order: Order::Second };

fn random(name: &str, n: usize) -> Vec<f64> {
    let mut uniform = Key::root(2).derive(name).uniform();
    (0..n).map(|_| uniform.next()).collect()
}

fn task(name: &str) -> Samples<f64> {
    Samples::new(Arc::new(grid::square(6)), random(name, 36 * 3), 2, 3)
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    norm(&a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>())
}

#[test]
fn the_meta_gradient_is_the_slope_of_the_adapted_loss() {
    let engine = inr_burn::open("burn-flex").unwrap();
    let siren = Siren::new(2, 8, 3, 3, 20.0);
    let dense: Params<f64> = siren.init(&Key::root(1));
    let kept =
        vec![(0..16).step_by(2).collect(), (0..64).step_by(3).collect(), vec![5, 9], (0..24).collect()];
    let sparse = dense.narrowed(Arc::new(Layout::sparse(siren, kept)));
    for (name, params) in [("dense", dense), ("sparse", sparse)] {
        let (_, grad) = meta_gradient(&engine, &params, &task("a"), INNER);
        let adapted = |p: &Params<f64>| meta_gradient(&engine, p, &task("a"), INNER).0[2];
        for d in 0..4 {
            let direction: Vec<f64> =
                random(&format!("d{d}"), grad.len()).iter().map(|x| 2.0 * x - 1.0).collect();
            let eps = 1e-6; // the loss bends at w0 · |direction| ~ 200: eps² · 200² = 4e-8 relative
            let slope = (adapted(&params.plus(eps, &direction)) - adapted(&params.plus(-eps, &direction)))
                / (2.0 * eps);
            let found: f64 = grad.iter().zip(&direction).map(|(g, d)| g * d).sum();
            assert!(
                (found - slope).abs() <= 1e-6 * norm(&grad) * norm(&direction),
                "{name}: {found} against {slope}"
            );
        }
    }
}

#[test]
fn first_order_is_the_gradient_at_the_adapted_parameters_and_differs_from_exact() {
    let engine = inr_burn::open("burn-flex").unwrap();
    let params: Params<f64> = Siren::new(2, 8, 3, 3, 20.0).init(&Key::root(1));
    let (_, exact) = meta_gradient(&engine, &params, &task("a"), INNER);
    let (_, first) = meta_gradient(&engine, &params, &task("a"), Inner { order: Order::First, ..INNER });
    let mut adapted = params.clone();
    for _ in 0..2 {
        let grad = engine.value_and_grad(&adapted, &task("a")).1;
        adapted = adapted.plus(-1e-2, &grad);
    }
    assert_eq!(first, engine.value_and_grad(&adapted, &task("a")).1);
    let relative = distance(&exact, &first) / norm(&exact);
    assert!(relative > 1e-3, "the orders must differ, found {relative}");
}

/// L(θ) = ½ Σ h_i (θ_i − c_i)²: an engine whose meta-gradient is known in closed form.
struct Quadratic;

impl Quadratic {
    const H: [f64; 3] = [1.0, 4.0, 0.5];
    const C: [f64; 3] = [0.3, -0.1, 2.0];
}

impl Engine<f64> for Quadratic {
    fn name(&self) -> &str {
        "quadratic"
    }
    fn forward(&self, _: &Params<f64>, _: &[f64]) -> Vec<f64> {
        Vec::new()
    }
    fn value_and_grad(&self, params: &Params<f64>, _: &Samples<f64>) -> (f64, Vec<f64>) {
        let offset = |i: usize| params.values()[i] - Self::C[i];
        let loss = (0..3).map(|i| 0.5 * Self::H[i] * offset(i).powi(2)).sum();
        (loss, (0..3).map(|i| Self::H[i] * offset(i)).collect())
    }
    fn hvp(&self, _: &Params<f64>, _: &Samples<f64>, v: &[f64]) -> Vec<f64> {
        (0..3).map(|i| Self::H[i] * v[i]).collect()
    }
}

#[test]
fn on_a_quadratic_the_recursion_is_the_closed_form() {
    // ∇ = (I − αH)^{2K} H (θ − c); first order: (I − αH)^K H (θ − c)  (PAPER §5)
    let layout = Arc::new(Layout::sparse(Siren::new(1, 1, 1, 1, 1.0), vec![vec![0], vec![]]));
    let params = Params::new(layout, vec![1.0, 1.0, 1.0]);
    let samples = Samples::new(Arc::new(vec![0.0]), vec![0.0], 1, 1);
    for (order, power) in [(Order::Second, 2), (Order::First, 1)] {
        let inner = Inner { steps: 3, lr: 0.1, order };
        let (_, grad) = meta_gradient(&Quadratic, &params, &samples, inner);
        for i in 0..3 {
            let (h, offset) = (Quadratic::H[i], 1.0 - Quadratic::C[i]);
            let expected = (1.0 - 0.1 * h).powi(3 * power) * h * offset;
            assert!((grad[i] - expected).abs() < 1e-14, "{order:?}: {grad:?}");
        }
    }
}

#[test]
fn without_inner_rate_the_meta_gradient_is_the_gradient() {
    let engine = inr_burn::open("burn-flex").unwrap();
    let params: Params<f64> = Siren::new(2, 4, 2, 3, 20.0).init(&Key::root(1));
    let (_, grad) = meta_gradient(&engine, &params, &task("a"), Inner { lr: 0.0, ..INNER });
    assert_eq!(grad, engine.value_and_grad(&params, &task("a")).1);
}

#[test]
fn a_batch_is_the_mean_of_its_tasks_whatever_the_threads() {
    let engine = inr_burn::open("burn-flex").unwrap();
    let params: Params<f64> = Siren::new(2, 4, 2, 3, 20.0).init(&Key::root(1));
    let tasks = [task("a"), task("b"), task("c")];
    let batch = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| batch_gradient(&engine, &params, &tasks, INNER)).gradient
    };
    let together = batch(1);
    assert_eq!(together, batch(2));
    assert_eq!(together, batch(8));
    // Summed apart, the same numbers are rounded in another order.
    let single: Vec<Vec<f64>> = tasks.iter().map(|t| meta_gradient(&engine, &params, t, INNER).1).collect();
    for i in 0..together.len() {
        let parts = [0, 1, 2].map(|t| single[t][i] / 3.0);
        let size: f64 = parts.iter().map(|part| part.abs()).sum();
        assert!((together[i] - parts.iter().sum::<f64>()).abs() <= 1e-13 * size, "{i}");
    }
}
