//! How many jobs at once, unless a person says it.
//!
//! As many as there are chains of about the longest one's cost, so that none is left over at the end; at most one a
//! thread; and no more than memory holds. One job on many threads waits for the slowest of them at every step, many jobs
//! on one thread each never wait.

use std::num::NonZeroUsize;

use super::queue::chains;
use anyhow::Result;

use crate::plan::Job;
use crate::recipe::{DerivedStage, Stage, TrainStage, siren};

/// What the jobs at once may take of the memory that is free.
const PART_OF_MEMORY: f64 = 0.5;

/// How many jobs run at once, and why so many.
#[derive(Debug, PartialEq)]
pub(super) struct AtOnce {
    /// Jobs.
    pub jobs: usize,
    why: String,
}

impl AtOnce {
    /// `2 jobs at once, 1 thread each (as many as threads)`.
    pub fn words(&self, threads: usize) -> String {
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let share = (threads / self.jobs).max(1);
        match self.jobs {
            1 => format!("1 job at a time, {} ({})", count(threads, "thread"), self.why),
            jobs => format!("{jobs} jobs at once, {} each ({})", count(share, "thread"), self.why),
        }
    }
}

/// How many of these jobs to run at once on so many threads; `asked` is a person's word.
pub(super) fn at_once(jobs: &[&Job], asked: Option<NonZeroUsize>, threads: usize) -> Result<AtOnce> {
    let answer = |jobs: usize, why: &str| AtOnce { jobs: jobs.max(1), why: why.into() };
    if let Some(asked) = asked {
        return Ok(answer(asked.get().min(jobs.len()), "as --jobs says"));
    }
    let chains = side_by_side(jobs);
    let chosen = match chains < threads {
        true if chains == 1 => answer(1, "the work is about one chain"),
        true => answer(chains, &format!("the work is about {chains} chains")),
        false => answer(threads, "as many as threads"),
    };
    let (Some(free), need) = (free_bytes(), need_bytes(jobs)?) else { return Ok(chosen) };
    Ok(match (PART_OF_MEMORY * free / need) as usize {
        room if room < chosen.jobs => {
            answer(room, &format!("of {:.1} GB free memory one may take {:.1}", free / 1e9, need / 1e9))
        }
        _ => chosen,
    })
}

/// All of the work in units of its longest chain, rounded.
fn side_by_side(jobs: &[&Job]) -> usize {
    let longest = chains(jobs).1.into_iter().fold(0.0, f64::max);
    let all: f64 = jobs.iter().map(|job| job.cost).sum();
    if longest > 0.0 { ((all / longest).round() as usize).max(1) } else { 1 }
}

/// Bytes that can be had without swapping, where the system says so.
fn free_bytes() -> Option<f64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? * 1024.0)
}

/// What the largest of the jobs may take, bytes: generously, since it only keeps a machine from swapping.
fn need_bytes(jobs: &[&Job]) -> Result<f64> {
    let of_job = |job: &&Job| -> Result<f64> {
        Ok(match &job.stage {
            Stage::Dense(train) => training(train)?,
            Stage::Round(round) => training(&round.train)?,
            Stage::Fit(fit) => signal(&fit.dataset, fit.resolution) * fit.test.signals as f64,
            Stage::Derived(DerivedStage { view, .. }) => {
                2.0 * signal(&view.dataset, view.side()) * view.test.signals as f64
            }
            _ => 0.0,
        })
    };
    Ok(64e6 + 2.0 * jobs.iter().map(of_job).collect::<Result<Vec<f64>>>()?.into_iter().fold(0.0, f64::max))
}

/// The state of training (network, two moments, gradient, a copy to save), a network for each task and inner step, and
/// the signals of the ten steps that are read ahead.
fn training(stage: &TrainStage) -> Result<f64> {
    let network = 4.0 * siren(&stage.network, &stage.dataset)?.weights() as f64;
    let tasks = stage.meta.tasks as f64;
    let networks = 6.0 + tasks * (stage.meta.inner_steps + 2) as f64;
    Ok(network * networks + 10.0 * tasks * signal(&stage.dataset, stage.resolution))
}

/// Coordinates and values of a signal, bytes.
fn signal(dataset: &str, resolution: usize) -> f64 {
    let (d_in, d_out) = datasets::kind(dataset).map_or((2, 3), |kind| (kind.coordinates, kind.channels));
    4.0 * (d_in + d_out) as f64 * (resolution as f64).powi(d_in as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_say_how_many_and_why() {
        let words = |jobs, threads| AtOnce { jobs, why: "why".into() }.words(threads);
        assert_eq!(words(1, 2), "1 job at a time, 2 threads (why)");
        assert_eq!(words(2, 2), "2 jobs at once, 1 thread each (why)");
        assert_eq!(words(3, 8), "3 jobs at once, 2 threads each (why)");
        assert_eq!(words(4, 2), "4 jobs at once, 1 thread each (why)");
    }

    #[test]
    fn nothing_to_do_is_one_at_a_time_and_memory_is_known_on_linux() {
        assert_eq!(side_by_side(&[]), 1);
        assert_eq!(free_bytes().is_some(), std::path::Path::new("/proc/meminfo").exists());
    }
}
