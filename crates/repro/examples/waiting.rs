//! Does training ever wait for data? Outer steps of the paper's size, their signals decoded ahead.
//!
//! `cargo run --release -p repro --example waiting [-- SET [DIR [STEPS]]]`: width 256, 178 × 178, three signals a
//! step, exact second-order MAML, from the data set SET (photos) below DIR. Nothing is cached. Printed: seconds a
//! step; seconds that decoding its signals takes alone, one after the other; seconds that training waited for them.

use std::ops::ControlFlow;
use std::time::Instant;

use anyhow::Result;
use datasets::Split;
use inr_core::{Key, Siren};
use meta::accelerate::Rate;
use meta::adapt::Entries;
use meta::maml::{Inner, Order};
use meta::train::{State, outer_step, tasks_of_step, train};
use repro::signals::Ahead;
use repro::signals::Data;

const SIDE: usize = 178;
const TASKS: usize = 3;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let name = args.first().map_or("photos", String::as_str);
    let steps: u64 = args.get(2).map_or(Ok(8), |text| text.parse())?;
    let data = Data::new(repro::place::data_roots(args.get(1).map(std::path::Path::new))?, None);
    let set = data.open(name)?;
    let engine = repro::engines::single(repro::engines::DEFAULT)?;
    let key = Key::root(42);
    let siren = Siren { widths: vec![2, 256, 256, 256, 256, 3], w0: 200.0 };
    let mut state = State::new(siren.init(&key.derive("init")), 1e-5);
    let count = set.set.len(Split::Train);
    let draw = move |step| tasks_of_step(&key, step, TASKS, count);

    let began = Instant::now();
    for step in 0..steps {
        for index in draw(1_000_000 + step) {
            set.set.values(Split::Train, index, SIDE)?;
        }
    }
    let decode_s = began.elapsed().as_secs_f64() / steps as f64;

    let mut ahead = Ahead::begin(set, SIDE, 0..steps, draw);
    let mut first_wait_s = None;
    let inner = Inner { steps: 2, lr: 1e-2, order: Order::Second };
    let began = Instant::now();
    train::<f32, anyhow::Error>(
        &mut state,
        Rate::constant(1e-5),
        steps,
        |state, rate| {
            let signals = ahead.signals(state.step)?;
            first_wait_s.get_or_insert(ahead.waited().as_secs_f64());
            Ok(outer_step(engine.as_ref(), &Entries::ALL, state, rate, &signals, inner)?)
        },
        |_, _| Ok(ControlFlow::Continue(())),
    )?;
    let step_s = began.elapsed().as_secs_f64() / steps as f64;
    let first = first_wait_s.unwrap_or(0.0);
    let later = (ahead.waited().as_secs_f64() - first) / (steps.max(2) - 1) as f64;
    println!("{name}, width 256, {SIDE} px, {TASKS} signals a step, {steps} steps:");
    println!("an outer step         {step_s:.3} s");
    println!("decoding its signals  {decode_s:.4} s, alone");
    println!("waiting, first step   {first:.4} s");
    println!("waiting, later steps  {later:.6} s each");
    Ok(())
}
