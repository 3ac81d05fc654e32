//! The native engine against the engine on tensors on networks, masks and coordinate counts drawn at random, and on a
//! signal of the paper's size: every instruction set of this machine, all forms of its products, one signal and several.
//!
//! What `native.rs` fixes by hand is drawn here: each layer has a mask of its own kind, widths begin at 1, counts are
//! mostly no multiple of anything. A failing case names its number and everything it was drawn from.

use std::sync::Arc;

use inr_burn::{BurnEngine, open};
use inr_core::key::Uniform;
use inr_core::native::{Instructions, NativeEngine};
use inr_core::{Along, Engine, Key, Layout, LeafKind, Params, Question, Samples, Siren, Wanted};

const NETWORKS: u64 = 120;

fn random(uniform: &mut Uniform, n: usize) -> Vec<f64> {
    (0..n).map(|_| 2.0 * uniform.next() - 1.0).collect()
}

fn pick<T: Copy>(uniform: &mut Uniform, from: &[T]) -> T {
    from[(uniform.next() * from.len() as f64) as usize]
}

/// The surviving weights of one matrix, and what they are.
fn mask(uniform: &mut Uniform, rows: usize, cols: usize) -> (String, Vec<u32>) {
    let size = (rows * cols) as u32;
    let kind = pick(uniform, &["all", "none", "one", "some", "some", "some", "rows", "columns", "both"]);
    let density = pick(uniform, &[0.02, 0.1, 0.3, 0.6, 0.95]);
    let gone: Vec<bool> = (0..rows + cols).map(|_| uniform.next() < 0.4).collect();
    let only = (uniform.next() * f64::from(size)) as u32;
    let mut keep = |i: u32| {
        let (row, col) = (i as usize / cols, i as usize % cols);
        match kind {
            "all" => true,
            "none" => false,
            "one" => i == only,
            "some" => uniform.next() < density,
            "rows" => !gone[row],
            "columns" => !gone[rows + col],
            _ => !gone[row] && !gone[rows + col] && uniform.next() < density,
        }
    };
    (format!("{kind} {density}"), (0..size).filter(|&i| keep(i)).collect())
}

struct Case {
    name: String,
    params: Params<f64>,
    signals: Vec<Samples<f64>>,
    directions: Vec<Vec<f64>>,
}

/// A masked network, three signals at the same coordinates, and a direction for each.
fn case(
    name: String,
    siren: &Siren,
    masks: Vec<(String, Vec<u32>)>,
    n: usize,
    uniform: &mut Uniform,
) -> Case {
    let (kinds, kept): (Vec<String>, Vec<Vec<u32>>) = masks.into_iter().unzip();
    let dense: Params<f64> = siren.init(&Key::root((uniform.next() * 1e9) as u64));
    let params = dense.narrowed(Arc::new(Layout::sparse(siren.clone(), kept)));
    let (d_in, d_out) = (siren.d_in(), siren.d_out());
    let coords = Arc::new(random(uniform, n * d_in));
    let signals =
        (0..3).map(|_| Samples::new(coords.clone(), random(uniform, n * d_out), d_in, d_out)).collect();
    let directions = (0..3).map(|_| random(uniform, params.values().len())).collect();
    Case { name: format!("{name}: {:?}, {kinds:?}, n = {n}", siren.widths), params, signals, directions }
}

fn drawn(number: u64) -> Case {
    let mut uniform = Key::root(21).fold(number).uniform();
    let layers = pick(&mut uniform, &[2, 2, 3, 4, 5]);
    let mut widths = vec![pick(&mut uniform, &[1, 2, 2, 3, 5])];
    for _ in 1..layers {
        let largest = pick(&mut uniform, &[1.0, 8.0, 24.0, 70.0]);
        widths.push(1 + (uniform.next() * largest) as usize);
    }
    widths.push(pick(&mut uniform, &[1, 1, 2, 3, 3, 7]));
    let siren = Siren { widths, w0: pick(&mut uniform, &[1.0, 6.0, 30.0]) };
    let masks = siren.widths.windows(2).map(|w| mask(&mut uniform, w[1], w[0])).collect();
    let any = 3 + (uniform.next() * 300.0) as usize;
    let n = pick(&mut uniform, &[1, 2, 95, 97, any]);
    case(format!("network {number}"), &siren, masks, n, &mut uniform)
}

fn engines() -> Vec<(String, NativeEngine)> {
    let of = |i: Instructions| {
        [0.0, i.dense_above(), 1.0]
            .map(|above| (format!("{i:?}, dense above {above}"), NativeEngine::with_dense_above(i, above)))
    };
    Instructions::available().into_iter().flat_map(of).collect()
}

/// Both round differently in sums of up to n terms.
fn close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let norm = expected.iter().map(|e| e * e).sum::<f64>().sqrt();
    let error = found.iter().zip(expected).map(|(f, e)| (f - e).powi(2)).sum::<f64>().sqrt();
    assert!(error <= tolerance * norm, "{what}: {error:e} of {norm:e}");
}

fn compare(case: &Case, burn: &BurnEngine, engines: &[(String, NativeEngine)], tolerance: f64) {
    let Case { name, params, signals, directions } = case;
    let forward = Engine::forward(burn, params, &signals[0].coords);
    let questions: Vec<Question<f64>> = signals.iter().map(|samples| (params, samples)).collect();
    let along: Vec<&[f64]> = directions.iter().map(Vec::as_slice).collect();
    let gradients = burn.gradients(&questions, &Wanted::All);
    let curvatures: Vec<Vec<f64>> =
        signals.iter().zip(directions).map(|(s, d)| Engine::hvp(burn, params, s, d)).collect();
    let mut sum = vec![0.0; params.values().len()];
    curvatures.iter().for_each(|one| sum.iter_mut().zip(one).for_each(|(sum, &h)| *sum += h));
    for (kind, native) in engines {
        let what = |part: &str| format!("{part} of {name} ({kind})");
        close(&native.forward(params, &signals[0].coords), &forward, tolerance, &what("forward"));
        let single = native.value_and_grad(params, &signals[0]);
        let all = native.gradients(&questions, &Wanted::All);
        close(&single.1, &gradients[0].1, tolerance, &what("gradient"));
        for ((loss, gradient), (expected_loss, expected)) in all.iter().zip(&gradients) {
            assert!((loss - expected_loss).abs() <= tolerance * expected_loss, "{}", what("loss"));
            close(gradient, expected, tolerance, &what("gradients of several"));
            let dead = expected.iter().zip(gradient).filter(|(e, _)| **e == 0.0).all(|(_, g)| *g == 0.0);
            assert!(dead, "{}: what cannot reach the output has no gradient", what("gradient"));
        }
        let curvature = native.hvp(params, &signals[0], &directions[0]);
        close(&curvature, &curvatures[0], tolerance, &what("curvature"));
        close(&native.hvp_sum(params, signals, &along), &sum, tolerance, &what("summed curvature"));
    }
}

/// Some sets of leaves: kinds, single layers, none, and one drawn.
fn sets(layout: &Layout, uniform: &mut Uniform) -> Vec<Wanted> {
    let last = layout.siren().layers() - 1;
    let drawn: Vec<bool> = layout.leaves().iter().map(|_| uniform.next() < 0.5).collect();
    vec![
        Wanted::those(layout, |leaf| leaf.kind == LeafKind::Bias),
        Wanted::those(layout, |leaf| leaf.kind == LeafKind::Weight),
        Wanted::those(layout, |leaf| leaf.layer == 0),
        Wanted::those(layout, |leaf| leaf.layer == last),
        Wanted::those(layout, |_| false),
        Wanted::Leaves(drawn),
    ]
}

/// A set of leaves is asked for, along directions that move these leaves only, and along any.
fn compare_wanted(case: &Case, burn: &BurnEngine, engines: &[(String, NativeEngine)], tolerance: f64) {
    let Case { name, params, signals, directions } = case;
    let layout = params.layout();
    let questions: Vec<Question<f64>> = signals.iter().map(|samples| (params, samples)).collect();
    for wanted in sets(layout, &mut Key::root(23).uniform()) {
        let mut moved = directions.clone();
        moved[1..].iter_mut().for_each(|v| wanted.clear_others(layout, v));
        let along: Vec<Along<f64>> = signals.iter().zip(&moved).map(|(s, v)| (params, s, &v[..])).collect();
        let (gradients, curvatures) = (burn.gradients(&questions, &wanted), burn.curvatures(&along, &wanted));
        let all = burn.curvatures(&along, &Wanted::All);
        for (kind, native) in engines {
            let what = |part: &str| format!("{part} of {name} ({kind}, {wanted:?})");
            let found = native.gradients(&questions, &wanted);
            for ((loss, gradient), (expected_loss, expected)) in found.iter().zip(&gradients) {
                assert!((loss - expected_loss).abs() <= tolerance * expected_loss, "{}", what("loss"));
                close(gradient, expected, tolerance, &what("gradient"));
            }
            for (found, expected) in native.curvatures(&along, &wanted).iter().zip(&curvatures) {
                close(found, expected, tolerance, &what("curvature"));
            }
            for (found, expected) in native.curvatures(&along, &Wanted::All).iter().zip(&all) {
                close(found, expected, tolerance, &what("curvature by all leaves"));
            }
        }
    }
}

#[test]
fn leaves_that_are_wanted_agree() {
    let (burn, engines) = (open("burn-flex").unwrap(), engines());
    for number in 0..NETWORKS / 4 {
        compare_wanted(&drawn(number), &burn, &engines, 1e-11);
    }
}

#[test]
fn networks_drawn_at_random_agree() {
    let (burn, engines) = (open("burn-flex").unwrap(), engines());
    for number in 0..NETWORKS {
        compare(&drawn(number), &burn, &engines, 1e-11);
    }
}

#[test]
fn a_signal_of_the_papers_size_agrees() {
    let (burn, engines) = (open("burn-flex").unwrap(), engines());
    let siren = Siren::new(2, 19, 2, 3, 20.0);
    let mut uniform = Key::root(22).uniform();
    let whole = |w: &[usize]| ("all".to_string(), (0..(w[0] * w[1]) as u32).collect());
    let half = |w: &[usize]| ("every third".to_string(), (0..(w[0] * w[1]) as u32).step_by(3).collect());
    let dense = siren.widths.windows(2).map(whole).collect();
    compare(&case("dense".into(), &siren, dense, 31_684, &mut uniform), &burn, &engines, 1e-11);
    let sparse = siren.widths.windows(2).map(half).collect();
    compare(&case("sparse".into(), &siren, sparse, 31_684, &mut uniform), &burn, &engines, 1e-11);
}
