//! Fits: several in lockstep are each alone to the bit, only own numbers move, and pruning on the way leaves the rest alone.

use std::sync::Arc;

use inr_core::native::{Instructions, NativeEngine};
use inr_core::{Engine, Key, Layout, Params, Samples, Siren, grid};
use meta::adapt::{Adapt, Entries, StepSizes, Subset};
use meta::fit::{Fit, FitConfig, Optimiser, fit, fit_and_prune, fit_together};

const ADAM: FitConfig = FitConfig { optimiser: Optimiser::Adam, lr: 1e-3, steps: 6 };
const SGD: FitConfig = FitConfig { optimiser: Optimiser::Sgd, lr: 1e-2, steps: 3 };

fn signals(count: u64) -> Vec<Samples<f32>> {
    let coords = Arc::new(grid::square::<f32>(24));
    let values = |i| {
        let mut uniform = Key::root(2).derive("signal").fold(i).uniform();
        (0..24 * 24 * 3).map(|_| uniform.next() as f32).collect()
    };
    (0..count).map(|i| Samples::new(coords.clone(), values(i), 2, 3)).collect()
}

fn dense() -> Params<f32> {
    Siren::new(2, 20, 3, 3, 20.0).init(&Key::root(1))
}

/// Every `step`-th weight of each matrix.
fn thinned(step: usize) -> Arc<Layout> {
    let siren = dense().layout().siren().clone();
    let kept = siren.widths.windows(2).map(|w| (0..(w[0] * w[1]) as u32).step_by(step).collect());
    Arc::new(Layout::sparse(siren.clone(), kept.collect()))
}

fn engines() -> Vec<Box<dyn Engine<f32>>> {
    vec![Box::new(NativeEngine::new(Instructions::best())), Box::new(inr_burn::open("burn-flex").unwrap())]
}

fn assert_same(found: &Fit<f32>, expected: &Fit<f32>, what: &str) {
    assert_eq!(found.params, expected.params, "{what}");
    assert_eq!((&found.own, &found.psnr_db), (&expected.own, &expected.psnr_db), "{what}");
}

#[test]
fn fits_in_lockstep_are_fits_one_by_one_to_the_bit() {
    let signals = signals(5);
    for engine in engines() {
        for init in [dense(), dense().narrowed(thinned(7))] {
            for (_, subset) in Subset::NAMED {
                let adapt = Entries::of(*subset);
                for config in [ADAM, SGD] {
                    let prune = |i: usize, step: usize| (step == 2 && i == 3).then(|| thinned(14));
                    let together =
                        fit_together(engine.as_ref(), &adapt, &init, &signals, config, |i, s, _| prune(i, s));
                    for (i, (together, samples)) in together.iter().zip(&signals).enumerate() {
                        let alone = fit_and_prune(engine.as_ref(), &adapt, &init, samples, config, |s, _| {
                            prune(i, s)
                        });
                        let what = format!("{}, {subset}, {config:?}, signal {i}", engine.name());
                        assert_same(together.as_ref().unwrap(), &alone.unwrap(), &what);
                    }
                }
            }
        }
    }
}

#[test]
fn only_own_numbers_move_and_the_result_says_how_many_there_are() {
    let (engine, init, samples) = (NativeEngine::new(Instructions::best()), dense(), &signals(1)[0]);
    for (_, subset) in Subset::NAMED {
        let fitted =
            fit_and_prune(&engine, &Entries::of(*subset), &init, samples, ADAM, |_, _| None).unwrap();
        assert_eq!(fitted.own.len(), subset.len(init.layout()), "{subset}");
        assert_eq!(fitted.own, Entries::of(*subset).start(&fitted.params), "{subset}");
        assert!(fitted.last_db() > fitted.psnr_db[0], "{subset}");
        for leaf in init.layout().leaves() {
            let same = fitted.params.leaf(leaf) == init.leaf(leaf);
            assert_eq!(same, !subset.has(init.layout(), leaf), "{subset}: {}", leaf.name);
        }
    }
}

#[test]
fn all_entries_are_the_fit_of_the_paper_and_a_step_size_of_0_holds_a_leaf() {
    let (engine, init, samples) = (NativeEngine::new(Instructions::best()), dense(), &signals(1)[0]);
    let layout = init.layout();
    for config in [ADAM, SGD] {
        let biases = layout.leaves().iter().map(|l| f64::from(u8::from(Subset::Biases.has(layout, l))));
        let held = Entries { subset: Subset::All, step_sizes: StepSizes::OfLeaf(biases.collect()) };
        let held = fit_and_prune(&engine, &held, &init, samples, config, |_, _| None).unwrap();
        let biases = Entries::of(Subset::Biases);
        let biases = fit_and_prune(&engine, &biases, &init, samples, config, |_, _| None).unwrap();
        for (&found, &expected) in held.params.values().iter().zip(biases.params.values()) {
            // next = own + 1 · (next − own) is rounded twice more.
            assert!((found - expected).abs() <= 1e-6 * expected.abs().max(1e-2), "{found} {expected}");
        }
        let all = fit_and_prune(&engine, &Entries::ALL, &init, samples, config, |_, _| None).unwrap();
        assert_same(&all, &fit(&engine, &init, samples, config).unwrap(), "all entries");
    }
}

#[test]
fn a_signal_whose_loss_is_not_finite_stops_alone() {
    let (engine, mut signals) = (NativeEngine::new(Instructions::best()), signals(3));
    let expected = fit(&engine, &dense(), &signals[2], ADAM).unwrap();
    signals[1].targets = Arc::new(vec![f32::NAN; 24 * 24 * 3]);
    let together = fit_together(&engine, &Entries::ALL, &dense(), &signals, ADAM, |_, _, _| None);
    let error = together[1].as_ref().err().expect("a signal of NaN cannot be fitted").to_string();
    assert!(error.contains("fit diverged at step 0"), "{error}");
    assert!(together[0].is_ok());
    assert_same(together[2].as_ref().unwrap(), &expected, "the one behind it");
}

#[test]
fn pruning_on_the_way_keeps_the_step_sizes_of_the_survivors() {
    let (engine, init, samples) = (NativeEngine::new(Instructions::best()), dense(), &signals(1)[0]);
    let sizes: Vec<f64> = (0..init.values().len()).map(|i| f64::from(u8::from(i % 2 == 0))).collect();
    let adapt = Entries { subset: Subset::FirstAndLastLayer, step_sizes: StepSizes::OfEntry(sizes.clone()) };
    let prune = |step: usize, _: &Params<f32>| (step == 1).then(|| thinned(3));
    let fitted = fit_and_prune(&engine, &adapt, &init, samples, ADAM, prune).unwrap();
    assert_eq!(fitted.params.layout(), &thinned(3));
    let began = init.narrowed(thinned(3));
    let places = init.layout().positions_of(&thinned(3));
    for leaf in began.layout().leaves() {
        for i in leaf.range() {
            let moves = Subset::FirstAndLastLayer.has(began.layout(), leaf) && sizes[places[i]] == 1.0;
            assert_eq!(fitted.params.values()[i] != began.values()[i], moves, "{}, place {i}", leaf.name);
        }
    }
}
