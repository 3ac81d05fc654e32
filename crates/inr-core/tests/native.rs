//! What the native engine promises beside agreeing with the engine on tensors (`inr-burn/tests/native.rs`):
//! the same bits on any number of threads, a symmetric Hessian, derivatives of its own values, and values
//! beyond the range of the fast sine.

use std::sync::Arc;

use inr_core::native::{Instructions, NativeEngine};
use inr_core::{Engine, Key, Layout, Params, Samples, Siren, Wanted};

fn random(key: &Key, n: usize) -> Vec<f64> {
    let mut uniform = key.uniform();
    (0..n).map(|_| 2.0 * uniform.next() - 1.0).collect()
}

fn samples(n: usize, siren: &Siren) -> Samples<f64> {
    let key = Key::root(5).fold(n as u64);
    let coords = Arc::new(random(&key.derive("coords"), n * siren.d_in()));
    Samples::new(coords, random(&key.derive("targets"), n * siren.d_out()), siren.d_in(), siren.d_out())
}

fn sparse(dense: &Params<f64>, density: f64) -> Params<f64> {
    let siren = dense.layout().siren().clone();
    let mut uniform = Key::root(6).derive("mask").uniform();
    let mut kept = |size: usize| (0..size as u32).filter(|_| uniform.next() < density).collect();
    let lists = siren.widths.windows(2).map(|w| kept(w[0] * w[1])).collect();
    dense.narrowed(Arc::new(Layout::sparse(siren, lists)))
}

fn single(samples: &Samples<f64>) -> Samples<f32> {
    let cast = |values: &[f64]| Arc::new(values.iter().map(|&v| v as f32).collect());
    Samples { coords: cast(&samples.coords), targets: cast(&samples.targets) }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn engines() -> impl Iterator<Item = NativeEngine> {
    Instructions::available().into_iter().map(NativeEngine::new)
}

#[test]
fn the_result_is_the_same_bits_on_any_number_of_threads() {
    let siren = Siren::new(2, 64, 3, 3, 30.0);
    let samples = single(&samples(5000, &siren));
    let dense: Params<f64> = siren.init(&Key::root(1));
    for engine in engines() {
        for params in [dense.cast::<f32>(), sparse(&dense, 0.05).cast::<f32>()] {
            let direction: Vec<f32> =
                random(&Key::root(2), params.values().len()).iter().map(|&d| d as f32).collect();
            let on = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| {
                    let (loss, gradient) = engine.value_and_grad(&params, &samples);
                    let values = engine.forward(&params, &samples.coords);
                    (loss.to_bits(), gradient, engine.hvp(&params, &samples, &direction), values)
                })
            };
            let one = on(1);
            assert!(one == on(2) && one == on(8), "{} weights", params.layout().weights());
            let outside = engine.value_and_grad(&params, &samples);
            assert_eq!((outside.0.to_bits(), outside.1), (one.0, one.1));
        }
    }
}

#[test]
fn the_hessian_is_symmetric_and_the_slope_of_the_gradient() {
    let siren = Siren::new(3, 24, 3, 1, 5.0);
    let samples = samples(301, &siren);
    let dense: Params<f64> = siren.init(&Key::root(1));
    for engine in engines() {
        for params in [dense.clone(), sparse(&dense, 0.4), sparse(&dense, 0.08)] {
            let [u, v] = ["u", "v"].map(|name| random(&Key::root(3).derive(name), params.values().len()));
            let [hu, hv] = [&u, &v].map(|d| engine.hvp(&params, &samples, d));
            assert!((dot(&u, &hv) - dot(&v, &hu)).abs() <= 1e-12 * norm(&u) * norm(&hv));
            // Central differences of step 1e-5 are off by 1e-10 · f''' and by eps / 1e-5.
            let gradient = |s: f64| engine.value_and_grad(&params.plus(s, &v), &samples).1;
            let (plus, minus) = (gradient(1e-5), gradient(-1e-5));
            let slope = plus.iter().zip(&minus).map(|(p, m)| (p - m) / 2e-5);
            let error: Vec<f64> = slope.zip(&hv).map(|(s, h)| s - h).collect();
            assert!(norm(&error) <= 1e-6 * norm(&hv), "{} of {}", norm(&error), norm(&hv));
            let value = |s: f64| engine.value_and_grad(&params.plus(s, &v), &samples).0;
            let slope = (value(1e-5) - value(-1e-5)) / 2e-5;
            let gradient = gradient(0.0);
            assert!((slope - dot(&gradient, &v)).abs() <= 1e-6 * norm(&gradient) * norm(&v));
        }
    }
}

#[test]
fn signals_together_are_signals_one_by_one() {
    // More signals than go through a tile at once, and coordinates of their own for the last: two groups and one more.
    let siren = Siren::new(2, 22, 3, 3, 5.0);
    let shared = samples(133, &siren);
    let dense: Params<f64> = siren.init(&Key::root(1));
    let targets = |t: u64| Arc::new(random(&Key::root(4).fold(t), shared.targets.len()));
    let of = |t: u64| Samples { coords: shared.coords.clone(), targets: targets(t) };
    for engine in engines() {
        for params in [dense.clone(), sparse(&dense, 0.4), sparse(&dense, 0.08)] {
            for count in 1..8 {
                let signals: Vec<_> = (0..count).map(of).chain([samples(40, &siren)]).collect();
                let len = params.values().len();
                let directions: Vec<_> = (0..=count).map(|t| random(&Key::root(7).fold(t), len)).collect();
                let questions: Vec<_> = signals.iter().map(|samples| (&params, samples)).collect();
                let all = engine.gradients(&questions, &Wanted::All);
                let mut expected = vec![0.0; len];
                for ((samples, direction), (loss, gradient)) in signals.iter().zip(&directions).zip(&all) {
                    let alone = engine.value_and_grad(&params, samples);
                    assert!((loss - alone.0).abs() <= 1e-14 * alone.0, "{count}: {loss} {}", alone.0);
                    let error: Vec<f64> = gradient.iter().zip(&alone.1).map(|(g, a)| g - a).collect();
                    assert!(norm(&error) <= 1e-13 * norm(&alone.1), "{count}");
                    let curvature = engine.hvp(&params, samples, direction);
                    expected.iter_mut().zip(&curvature).for_each(|(sum, h)| *sum += h);
                }
                let along: Vec<&[f64]> = directions.iter().map(Vec::as_slice).collect();
                let sum = engine.hvp_sum(&params, &signals, &along);
                let error: Vec<f64> = sum.iter().zip(&expected).map(|(s, e)| s - e).collect();
                // Sums of n · d_out terms in another order, 8 of them: eps · n with room.
                assert!(
                    norm(&error) <= 1e-13 * norm(&expected),
                    "{count}: {}",
                    norm(&error) / norm(&expected)
                );
            }
        }
    }
}

#[test]
fn leaves_that_are_wanted_are_those_of_the_whole_answer_to_the_bit() {
    let siren = Siren::new(2, 22, 3, 3, 5.0);
    let shared = samples(133, &siren);
    let dense: Params<f64> = siren.init(&Key::root(1));
    for engine in engines() {
        for params in [dense.clone(), sparse(&dense, 0.4), sparse(&dense, 0.08)] {
            let (layout, len) = (params.layout().clone(), params.values().len());
            let questions = [(&params, &shared), (&params, &shared), (&params, &shared)];
            let all = engine.gradients(&questions, &Wanted::All);
            for number in 0..1 << layout.leaves().len() {
                let marks = (0..layout.leaves().len()).map(|leaf| number >> leaf & 1 == 1).collect();
                let wanted = Wanted::Leaves(marks);
                let mut direction = random(&Key::root(7), len);
                if number % 2 == 0 {
                    wanted.clear_others(&layout, &mut direction);
                }
                let expected = all.iter().map(|(loss, gradient)| (*loss, only(&layout, &wanted, gradient)));
                assert_eq!(engine.gradients(&questions, &wanted), expected.collect::<Vec<_>>(), "{wanted:?}");
                let found = engine.curvatures(&[(&params, &shared, &direction)], &wanted);
                let curvature = engine.hvp(&params, &shared, &direction);
                assert_eq!(found, [only(&layout, &wanted, &curvature)], "{wanted:?}");
            }
        }
    }
}

fn only(layout: &Layout, wanted: &Wanted, values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    wanted.clear_others(layout, &mut values);
    values
}

#[test]
fn sine_and_cosine_of_arguments_up_to_1e5_and_beyond() {
    // A network of one weight a layer: f(x) = sin(x · 1), so that the values are the sine the kernels compute,
    // and ∂f/∂b its cosine. Against f64 libm: below 1e-7 in f32; beyond 1e6, infinity and NaN by libm itself.
    let siren = Siren::new(1, 1, 1, 1, 1.0);
    let layout = Arc::new(Layout::dense(siren));
    let params = Params::new(layout, vec![1.0f64, 0.0, 1.0, 0.0]);
    let mut uniform = Key::root(8).uniform();
    let mut x: Vec<f64> = Vec::new();
    for scale in [1.0, 10.0, 1e3, 1e5] {
        x.extend((0..200_000).map(|_| ((2.0 * uniform.next() - 1.0) * scale) as f32 as f64));
    }
    x.extend((0..60_000).map(|k| (k as f64 * std::f64::consts::FRAC_PI_4) as f32 as f64));
    x.extend([0.0, -0.0, 1e-40, -1e-40, 1e5, -1e5]);
    let x32: Vec<f32> = x.iter().map(|&x| x as f32).collect();
    for engine in engines() {
        let found = engine.forward(&params.cast::<f32>(), &x32);
        let worst = found.iter().zip(&x).map(|(f, x)| (*f as f64 - x.sin()).abs()).fold(0.0, f64::max);
        assert!(worst <= 1e-7, "{worst:e}");
        let found = engine.forward(&params, &x);
        let worst = found.iter().zip(&x).map(|(f, x)| (f - x.sin()).abs()).fold(0.0, f64::max);
        assert!(worst <= 4e-16, "{worst:e}");
        for special in [1.5e6f32, -3e9, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            let among = engine.forward(&params.cast::<f32>(), &[0.5, special, 2.0]);
            assert!((among[0] - 0.5f32.sin()).abs() < 1e-7 && (among[2] - 2.0f32.sin()).abs() < 1e-7);
            let (found, expected) = (among[1], special.sin());
            assert!((found - expected).abs() < 1e-7 || (found.is_nan() && expected.is_nan()), "{special}");
        }
    }
}

#[test]
fn cosine_is_as_good_as_sine() {
    // With zero output weight's gradient: L = (w sin(x + b) − y)² at one coordinate; ∂L/∂b = 2 (w sin − y) w cos.
    // y = w sin − 1 to rounding is not needed: with w = 0.5, y = 100 the residual is known to 1e-9 of itself.
    let siren = Siren::new(1, 1, 1, 1, 1.0);
    let params = Params::new(Arc::new(Layout::dense(siren)), vec![1.0f32, 0.0, 0.5, 0.0]);
    let mut uniform = Key::root(9).uniform();
    for engine in engines() {
        for _ in 0..20_000 {
            let x = ((2.0 * uniform.next() - 1.0) * 1e5) as f32;
            let samples = Samples::new(Arc::new(vec![x]), vec![100.0f32], 1, 1);
            let gradient = engine.value_and_grad(&params, &samples).1;
            let residual = 0.5 * (x as f64).sin() - 100.0;
            let found = gradient[1] as f64 / (2.0 * residual * 0.5);
            // The cosine's error and four roundings of relative 6e-8.
            assert!((found - (x as f64).cos()).abs() <= 1e-7 + 2.4e-7 * (x as f64).cos().abs(), "{x}");
        }
    }
}

#[test]
fn a_number_that_is_none_stays_visible() {
    let siren = Siren::new(2, 20, 2, 3, 30.0);
    let samples = samples(40, &siren);
    for engine in engines() {
        let mut params: Params<f64> = siren.init(&Key::root(1));
        params.values_mut()[7] = f64::NAN;
        let (loss, gradient) = engine.value_and_grad(&params, &samples);
        assert!(loss.is_nan() && gradient.iter().any(|g| g.is_nan()));
    }
}
