//! Signals of the coming outer steps, decoded while the present one is computed.
//!
//! Which signals step s sees is a function of the seed and s (`meta::train::tasks_of_step`), so a thread can load
//! them in advance: several steps at once, in parallel, into a queue that holds a few steps and no more. The
//! order and the values are those of loading each step when it is its turn.

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use inr_core::Samples;

use super::data::OpenSet;

/// Steps in the queue; as many again may be in the making.
const STEPS: usize = 4;

/// What the queue holds: a step and its signals.
type Loaded = (u64, Result<Vec<Samples<f32>>>);

/// A thread that loads, and the queue it fills.
pub struct Ahead {
    queue: Option<Receiver<Loaded>>,
    thread: Option<JoinHandle<()>>,
    waited: Duration,
}

impl Ahead {
    /// Begins to load the signals of `steps`; `tasks(step)` says which.
    pub fn begin(
        set: Arc<OpenSet>,
        side: usize,
        steps: Range<u64>,
        tasks: impl Fn(u64) -> Vec<usize> + Send + 'static,
    ) -> Self {
        let (filled, queue) = sync_channel(STEPS);
        let thread = std::thread::spawn(move || {
            let mut first = steps.start;
            while first < steps.end {
                let group: Vec<u64> = (first..steps.end.min(first + STEPS as u64)).collect();
                first += STEPS as u64;
                for loaded in load(&set, side, &group, &tasks) {
                    if filled.send(loaded).is_err() {
                        return; // training ended
                    }
                }
            }
        });
        Self { queue: Some(queue), thread: Some(thread), waited: Duration::ZERO }
    }

    /// The signals of a step; steps are asked for in order, each once.
    ///
    /// # Errors
    /// If one cannot be decoded.
    pub fn signals(&mut self, step: u64) -> Result<Vec<Samples<f32>>> {
        let began = Instant::now();
        let queue = self.queue.as_ref().context("the queue of signals is closed")?;
        let (loaded, signals) = queue.recv().map_err(|_| anyhow!("the thread that decodes signals ended"))?;
        self.waited += began.elapsed();
        ensure!(loaded == step, "signals of step {loaded} were loaded, those of step {step} are asked for");
        signals
    }

    /// How long training waited for signals so far.
    pub fn waited(&self) -> Duration {
        self.waited
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.queue = None; // the thread's next send fails, and it ends
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// The signals of several steps, loaded together; after an error, each step by itself, so that it fails in its turn.
fn load(set: &OpenSet, side: usize, steps: &[u64], tasks: &dyn Fn(u64) -> Vec<usize>) -> Vec<Loaded> {
    let indices: Vec<Vec<usize>> = steps.iter().map(|&step| tasks(step)).collect();
    match set.train(&indices.concat(), side) {
        Ok(all) => {
            let mut rest = all.into_iter();
            let part = |(step, indices): (&u64, &Vec<usize>)| {
                (*step, Ok(rest.by_ref().take(indices.len()).collect()))
            };
            steps.iter().zip(&indices).map(part).collect()
        }
        Err(_) => {
            steps.iter().zip(&indices).map(|(step, indices)| (*step, set.train(indices, side))).collect()
        }
    }
}
