//! Reptile's outer step: what it is for one task and full rate, how it goes with the rate, the tasks and the coordinates.

use std::sync::Arc;

use inr_core::native::{Instructions, NativeEngine};
use inr_core::{Key, Params, Samples, Siren, grid};
use meta::adapt::Entries;
use meta::fit::{FitConfig, Optimiser, fit};
use meta::reptile::Reptile;
use meta::train::State;

fn task(name: &str) -> Samples<f64> {
    let mut uniform = Key::root(2).derive(name).uniform();
    Samples::new(Arc::new(grid::square(6)), (0..36 * 3).map(|_| uniform.next()).collect(), 2, 3)
}

fn start() -> State<f64> {
    State::new(Siren::new(2, 8, 3, 3, 20.0).init(&Key::root(1)), 1e-4)
}

fn after(reptile: Reptile, rate: f64, tasks: &[Samples<f64>]) -> (f64, Params<f64>) {
    let mut state = start();
    let engine = NativeEngine::new(Instructions::best());
    let loss = reptile.outer_step(&engine, &Entries::ALL, &mut state, rate, tasks, &Key::root(3)).unwrap();
    assert_eq!((state.step, state.adam), (1, start().adam));
    (loss, state.params)
}

const WHOLE: Reptile = Reptile { steps: 5, lr: 1e-2, coordinates: None };

#[test]
fn one_task_at_full_rate_is_its_fit() {
    let engine = NativeEngine::new(Instructions::best());
    let config = FitConfig { optimiser: Optimiser::Adam, lr: WHOLE.lr, steps: WHOLE.steps };
    let fitted = fit(&engine, &start().params, &task("a"), config).unwrap();
    let (loss, params) = after(WHOLE, 1.0, &[task("a")]);
    assert!((inr_core::metrics::psnr_db(loss) - fitted.psnr_db[WHOLE.steps - 1]).abs() < 1e-9);
    for (found, expected) in params.values().iter().zip(fitted.params.values()) {
        assert!((found - expected).abs() < 1e-15);
    }
}

#[test]
fn a_step_goes_its_rate_of_the_way_to_the_mean_of_the_tasks() {
    let (tasks, from) = ([task("a"), task("b")], start().params);
    let (a, b) = (after(WHOLE, 1.0, &tasks[..1]).1, after(WHOLE, 1.0, &tasks[1..]).1);
    let (_, found) = after(WHOLE, 0.25, &tasks);
    for (i, &value) in found.values().iter().enumerate() {
        let mean = 0.5 * (a.values()[i] + b.values()[i]);
        assert!((value - from.values()[i] - 0.25 * (mean - from.values()[i])).abs() < 1e-15);
    }
}

#[test]
fn coordinates_are_others_for_every_step_and_task_and_the_same_when_asked_again() {
    let few = Reptile { coordinates: Some(9), ..WHOLE };
    let same = [task("a"), task("a")];
    let (first, again) = (after(few, 1.0, &same[..1]).1, after(few, 1.0, &same[..1]).1);
    assert_eq!(first, again);
    assert_ne!(first, after(WHOLE, 1.0, &same[..1]).1);
    assert_ne!(first, after(few, 1.0, &same).1, "the second task has coordinates of its own");
    assert_eq!(after(Reptile { coordinates: Some(36), ..WHOLE }, 1.0, &same).1, after(WHOLE, 1.0, &same).1);
}

#[test]
fn a_loss_that_is_not_finite_is_said_and_changes_nothing() {
    let mut state = start();
    let broken = Samples::new(Arc::new(grid::square(6)), vec![f64::NAN; 36 * 3], 2, 3);
    let engine = NativeEngine::new(Instructions::best());
    let error = WHOLE
        .outer_step(&engine, &Entries::ALL, &mut state, 0.5, &[task("a"), broken], &Key::root(3))
        .unwrap_err();
    assert!(error.to_string().contains("meta-training diverged at step 0"), "{error}");
    assert_eq!(state, start());
}
