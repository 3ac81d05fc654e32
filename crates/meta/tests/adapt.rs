//! Adaptation of a part of the network, and of numbers that are no part of it: the gradient by everything shared against
//! central differences in f64 through the whole inner loop, against all entries with step sizes of 0, and against
//! a program without engines.
//!
//! Central differences of step ε = 1e-6 along a direction d: the loss bends at w0 · |d| ~ 200, so ε² · 200² = 4e-8
//! relative; rounding gives 1e-16 / ε = 1e-10.

use std::borrow::Cow;
use std::sync::Arc;

use inr_core::native::{Instructions, NativeEngine};
use inr_core::{Engine, Key, Layout, Params, Samples, Siren, Wanted, grid};
use meta::adapt::{Adapt, At, Entries, StepSizes, Steps, Subset};
use meta::maml::{Batch, Inner, Order, shared_gradient};

const EPS: f64 = 1e-6;

fn random(name: &str, n: usize) -> Vec<f64> {
    let mut uniform = Key::root(3).derive(name).uniform();
    (0..n).map(|_| 2.0 * uniform.next() - 1.0).collect()
}

fn tasks() -> Vec<Samples<f64>> {
    let coords = Arc::new(grid::square(6));
    ["a", "b"].map(|name| Samples::new(coords.clone(), random(name, 36 * 3), 2, 3)).to_vec()
}

fn networks() -> [(&'static str, Params<f64>); 2] {
    let siren = Siren::new(2, 8, 3, 3, 20.0);
    let dense: Params<f64> = siren.init(&Key::root(1));
    let kept =
        vec![(0..16).step_by(2).collect(), (0..64).step_by(3).collect(), vec![5, 9], (0..24).collect()];
    let sparse = dense.narrowed(Arc::new(Layout::sparse(siren, kept)));
    [("dense", dense), ("sparse", sparse)]
}

fn engine() -> NativeEngine {
    NativeEngine::new(Instructions::best())
}

fn gradient(adapt: &dyn Adapt<f64>, params: &Params<f64>, inner: Inner) -> Batch<f64> {
    shared_gradient(&engine(), adapt, params, &tasks(), inner)
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    norm(&a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>())
}

/// Step sizes of every kind, between 0.5 and 1.5 of the inner rate.
fn step_sizes(params: &Params<f64>) -> [StepSizes; 3] {
    let sizes = |name, n| random(name, n).iter().map(|x| 1.0 + 0.5 * x).collect();
    let entries = Layout::dense(params.layout().siren().clone()).len();
    let leaves = params.layout().leaves().len();
    [
        StepSizes::Same,
        StepSizes::OfLeaf(sizes("of leaf", leaves)),
        StepSizes::OfEntry(sizes("of entry", entries)),
    ]
}

fn subsets() -> impl Iterator<Item = Subset> {
    Subset::NAMED.iter().map(|(_, subset)| *subset)
}

#[test]
fn the_shared_gradient_is_the_slope_of_the_adapted_loss_for_every_subset() {
    for (name, params) in networks() {
        for subset in subsets() {
            for step_sizes in step_sizes(&params) {
                for steps in 1..=3 {
                    let inner = Inner { steps, lr: 1e-2, order: Order::Second };
                    let entries = Entries { subset, step_sizes: step_sizes.clone() };
                    let found = gradient(&entries, &params, inner).gradient;
                    for d in ["d0", "d1"] {
                        let direction = random(d, found.len());
                        let loss = |s: f64| gradient(&entries, &params.plus(s, &direction), inner).outer_loss;
                        let slope = (loss(EPS) - loss(-EPS)) / (2.0 * EPS);
                        let along: f64 = found.iter().zip(&direction).map(|(g, d)| g * d).sum();
                        assert!(
                            (along - slope).abs() <= 1e-6 * norm(&found) * norm(&direction),
                            "{name}, {subset}, {step_sizes:?}, {steps} steps: {along} against {slope}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_subset_is_all_entries_with_step_sizes_of_0_outside_it() {
    let inner = Inner { steps: 3, lr: 1e-2, order: Order::Second };
    for (name, params) in networks() {
        let layout = params.layout();
        for subset in subsets() {
            let outside = layout.leaves().iter().map(|leaf| f64::from(u8::from(subset.has(layout, leaf))));
            let frozen = Entries { subset: Subset::All, step_sizes: StepSizes::OfLeaf(outside.collect()) };
            for order in [Order::First, Order::Second] {
                let inner = Inner { order, ..inner };
                let found = gradient(&Entries::of(subset), &params, inner);
                let expected = gradient(&frozen, &params, inner);
                // The curvatures are of the same matrix in another order of sums: eps times some tens of products.
                let apart = distance(&found.gradient, &expected.gradient);
                assert!(apart <= 1e-13 * norm(&expected.gradient), "{name}, {subset}, {order:?}: {apart:e}");
                assert!(
                    (found.outer_loss - expected.outer_loss).abs() <= 1e-14,
                    "{name}, {subset}, {order:?}: {} {}",
                    found.outer_loss,
                    expected.outer_loss
                );
            }
        }
    }
}

/// Where the step sizes stand matters: behind the curvature they give another number.
#[test]
fn step_sizes_belong_before_the_curvature() {
    let inner = Inner { steps: 2, lr: 1e-2, order: Order::Second };
    let params = networks()[0].1.clone();
    let step_sizes = StepSizes::OfEntry(random("wide", params.values().len()));
    let entries = Entries { subset: Subset::All, step_sizes };
    let found = shared_gradient(&engine(), &entries, &params, &tasks()[..1], inner).gradient;
    let sizes: Vec<f64> = Adapt::<f64>::step_sizes(&entries, params.layout()).unwrap();
    let steps = Steps::new(inner.lr, Some(sizes));
    let (engine, task) = (engine(), &tasks()[0]);
    let mut way = vec![params];
    for _ in 0..2 {
        let last = &way[way.len() - 1];
        let moved = steps.from(last.values(), &engine.value_and_grad(last, task).1);
        way.push(Params::new(last.layout().clone(), moved));
    }
    let end = engine.value_and_grad(&way[2], task).1;
    let [mut right, mut wrong] = [end.clone(), end];
    for theta in way[..2].iter().rev() {
        let curvature = engine.hvp(theta, task, &steps.times(&right));
        right.iter_mut().zip(&curvature).for_each(|(v, h)| *v += h);
        let curvature = steps.times(&engine.hvp(theta, task, &wrong));
        wrong.iter_mut().zip(&curvature).for_each(|(v, h)| *v += h);
    }
    assert!(distance(&found, &right) <= 1e-13 * norm(&right));
    assert!(distance(&found, &wrong) > 1e-3 * norm(&right), "{}", distance(&found, &wrong));
}

/// L of f(x) = w1 sin(w0 (w x + b)) + c at some points after one step of b and c, in plain numbers: an independent program.
fn by_hand(theta: [f64; 4], lr: f64) -> f64 {
    let [w, mut b, w1, mut c] = theta;
    let points = [(-0.7, 0.3), (0.1, -0.2), (0.9, 0.5)];
    let residual = |b: f64, c: f64, x: f64, y: f64| w1 * (2.0 * (w * x + b)).sin() + c - y;
    let slope = |b: f64, x: f64| w1 * 2.0 * (2.0 * (w * x + b)).cos();
    let mean = |f: &dyn Fn(f64, f64) -> f64| points.iter().map(|&(x, y)| f(x, y)).sum::<f64>() / 3.0;
    let by_b = mean(&|x, y| 2.0 * residual(b, c, x, y) * slope(b, x));
    let by_c = mean(&|x, y| 2.0 * residual(b, c, x, y));
    (b, c) = (b - lr * by_b, c - lr * by_c);
    mean(&|x, y| residual(b, c, x, y).powi(2))
}

#[test]
fn biases_of_a_network_of_one_neuron_are_those_of_a_program_of_ten_lines() {
    let theta = [0.8, -0.3, 0.6, 0.1];
    let params = Params::new(Arc::new(Layout::dense(Siren::new(1, 1, 1, 1, 2.0))), theta.to_vec());
    let task = Samples::new(Arc::new(vec![-0.7, 0.1, 0.9]), vec![0.3, -0.2, 0.5], 1, 1);
    let inner = Inner { steps: 1, lr: 0.1, order: Order::Second };
    let batch = shared_gradient(&engine(), &Entries::of(Subset::Biases), &params, &[task], inner);
    assert!((batch.outer_loss - by_hand(theta, 0.1)).abs() < 1e-15);
    for (i, found) in batch.gradient.iter().enumerate() {
        let moved = |s: f64| {
            let mut theta = theta;
            theta[i] += s;
            by_hand(theta, 0.1)
        };
        let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        assert!((found - slope).abs() < 1e-9, "entry {i}: {found} against {slope}");
    }
}

/// A latent φ of any length: N = θ, but for its biases b + M sin φ ⊙ b: with a learned M, a J that depends on θ, on φ and on
/// M. Nothing that a method needs: everything that a map may have.
struct Latent {
    map: Vec<f64>,
    len: usize,
}

impl Latent {
    fn biases(layout: &Layout) -> Vec<usize> {
        Subset::Biases.leaves(layout).flat_map(|leaf| leaf.range()).collect()
    }

    fn row(&self, bias: usize) -> &[f64] {
        &self.map[bias * self.len..(bias + 1) * self.len]
    }

    fn shift(&self, bias: usize, own: &[f64]) -> f64 {
        self.row(bias).iter().zip(own).map(|(m, own)| m * own.sin()).sum()
    }
}

impl Adapt<f64> for Latent {
    fn wanted(&self, layout: &Layout) -> Wanted {
        Adapt::<f64>::wanted(&Entries::of(Subset::Biases), layout)
    }

    fn step_sizes(&self, _: &Layout) -> Option<Vec<f64>> {
        Some((0..self.len).map(|i| 1.0 + i as f64).collect())
    }

    fn start(&self, shared: &Params<f64>) -> Vec<f64> {
        shared.values()[..self.len].to_vec()
    }

    fn embed(&self, at: At<f64>) -> Params<f64> {
        let mut network = at.shared.clone();
        for (bias, place) in Self::biases(at.shared.layout()).into_iter().enumerate() {
            network.values_mut()[place] *= 1.0 + self.shift(bias, at.own);
        }
        network
    }

    fn push<'a>(&self, at: At<f64>, v: &'a [f64]) -> Cow<'a, [f64]> {
        let mut direction = vec![0.0; at.shared.values().len()];
        for (bias, place) in Self::biases(at.shared.layout()).into_iter().enumerate() {
            let row = self.row(bias).iter().zip(at.own).zip(v);
            direction[place] =
                at.shared.values()[place] * row.map(|((m, o), v)| m * o.cos() * v).sum::<f64>();
        }
        direction.into()
    }

    fn pull<'a>(&self, at: At<f64>, gradient: &'a [f64]) -> Cow<'a, [f64]> {
        let mut own = vec![0.0; self.len];
        for (bias, place) in Self::biases(at.shared.layout()).into_iter().enumerate() {
            let g = gradient[place] * at.shared.values()[place];
            for ((own, m), o) in own.iter_mut().zip(self.row(bias)).zip(at.own) {
                *own += g * m * o.cos();
            }
        }
        own.into()
    }

    fn shared_len(&self, layout: &Layout) -> usize {
        layout.len() + self.map.len()
    }

    fn pull_shared(&self, at: At<f64>, gradient: &[f64], sum: &mut [f64]) {
        let (theta, len) = (at.shared.values(), gradient.len());
        sum.iter_mut().zip(gradient).for_each(|(sum, g)| *sum += g);
        for (bias, place) in Self::biases(at.shared.layout()).into_iter().enumerate() {
            sum[place] += gradient[place] * self.shift(bias, at.own);
            for (i, o) in at.own.iter().enumerate() {
                sum[len + bias * self.len + i] += gradient[place] * theta[place] * o.sin();
            }
        }
    }

    fn pull_start(&self, _: &Params<f64>, v: &[f64], sum: &mut [f64]) {
        sum.iter_mut().zip(v).for_each(|(sum, v)| *sum += v);
    }

    fn pull_step(
        &self,
        at: At<f64>,
        gradient: &[f64],
        (steps, v): (&Steps<f64>, &[f64]),
        own: &mut [f64],
        sum: &mut [f64],
    ) {
        // ⟨w, pull(g)⟩ = Σ_b g_b θ_b Σ_i M_bi cos φ_i w_i
        let w = steps.times(v);
        for (bias, place) in Self::biases(at.shared.layout()).into_iter().enumerate() {
            let (theta, g) = (at.shared.values()[place], gradient[place]);
            for i in 0..self.len {
                let (m, o) = (self.row(bias)[i], at.own[i]);
                own[i] -= g * theta * m * o.sin() * w[i];
                sum[place] += g * m * o.cos() * w[i];
                sum[gradient.len() + bias * self.len + i] += g * theta * o.cos() * w[i];
            }
        }
    }

    fn surviving(&self, _: &Layout, _: &Layout) -> Vec<usize> {
        (0..self.len).collect()
    }
}

#[test]
fn numbers_that_are_no_entries_adapt_as_well_and_the_map_is_learned_with_the_network() {
    let inner = |steps| Inner { steps, lr: 0.3, order: Order::Second };
    for (name, params) in networks() {
        let (len, biases) = (5, Subset::Biases.len(params.layout()));
        let map: Vec<f64> = random("map", biases * len);
        for steps in 0..=3 {
            let loss = |params: &Params<f64>, map: &[f64]| {
                gradient(&Latent { map: map.to_vec(), len }, params, inner(steps))
            };
            let found = loss(&params, &map).gradient;
            assert_eq!(found.len(), params.values().len() + map.len());
            let moved = |s: f64, direction: &[f64]| {
                let (by_params, by_map) = direction.split_at(params.values().len());
                let map: Vec<f64> = map.iter().zip(by_map).map(|(m, d)| m + s * d).collect();
                loss(&params.plus(s, by_params), &map).outer_loss
            };
            for d in ["l0", "l1", "l2"] {
                let direction = random(d, found.len());
                let slope = (moved(EPS, &direction) - moved(-EPS, &direction)) / (2.0 * EPS);
                let along: f64 = found.iter().zip(&direction).map(|(g, d)| g * d).sum();
                assert!(
                    (along - slope).abs() <= 1e-6 * norm(&found) * norm(&direction),
                    "{name}, {steps} steps: {along} against {slope}"
                );
            }
        }
    }
}
