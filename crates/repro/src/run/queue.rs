//! Which job is next, and how many threads it gets.
//!
//! A job is ready when its parent is done. Of those that are ready the one with the longest way to go comes first: its
//! own cost and that of its most costly chain of children; among equals, the first of the plan. What runs alone comes
//! after all others, and while it runs nothing else does. Threads are shared out evenly among the jobs that could run at
//! once; a job keeps those it began with, and the next one takes what was left over.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::plan::Job;

/// A job that another process holds is asked for again after this time.
pub(super) const ASK_EVERY: Duration = Duration::from_millis(200);

/// The jobs to do, and where each stands.
pub(super) struct Queue<'a> {
    /// The jobs, parents before children.
    pub jobs: Vec<&'a Job>,
    standing: Vec<Standing>,
    parent: Vec<Option<usize>>,
    /// Cost of the job and of its most costly chain of children.
    remaining: Vec<f64>,
    at_once: usize,
    threads: usize,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Standing {
    /// Can begin, once its parent is done.
    ToDo,
    /// Found in the hands of another process; asked for again at this time.
    Elsewhere(Instant),
    /// A worker asks for its run directory.
    Asked,
    /// Runs on so many threads.
    Running(usize),
    Done,
    /// Failed, or its parent did.
    Failed,
}

/// What a worker does next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Next {
    /// Asks for this job's run directory; the flag says whether another process was found with it before.
    Ask { job: usize, waited: bool },
    /// Nothing can begin now.
    Wait,
    /// Nothing is left to begin, now or later.
    Nothing,
}

impl<'a> Queue<'a> {
    /// Jobs, parents before children, of which `at_once` run at a time, on `threads` threads together. A parent that is
    /// not among them is done.
    pub fn new(jobs: Vec<&'a Job>, at_once: usize, threads: usize) -> Self {
        let (parent, remaining) = chains(&jobs);
        Self { standing: vec![Standing::ToDo; jobs.len()], jobs, parent, remaining, at_once, threads }
    }

    /// What a worker does next; a job it is given counts as asked for.
    pub fn next(&mut self, now: Instant) -> Next {
        if self.is_through() {
            return Next::Nothing;
        }
        let busy: Vec<usize> = (0..self.jobs.len()).filter(|&i| self.is_busy(i)).collect();
        if busy.iter().any(|&i| self.jobs[i].stage.runs_alone()) {
            return Next::Wait;
        }
        let alone = || self.first_ready(now, true).filter(|_| busy.is_empty());
        let Some(job) = self.first_ready(now, false).or_else(alone) else { return Next::Wait };
        let waited = matches!(self.standing[job], Standing::Elsewhere(_));
        self.standing[job] = Standing::Asked;
        Next::Ask { job, waited }
    }

    /// The job that was asked for is held, and runs: on so many threads.
    pub fn run(&mut self, job: usize) -> usize {
        let threads = match self.jobs[job].stage.runs_alone() {
            true => self.threads,
            false => self.share(),
        };
        self.standing[job] = Standing::Running(threads);
        threads
    }

    /// The threads of one of the jobs that have been asked for or could be, if all of them begin now.
    fn share(&self) -> usize {
        let running = self.standing.iter().filter_map(|standing| match standing {
            Standing::Running(threads) => Some(*threads),
            _ => None,
        });
        let (count, used) = running.fold((0, 0), |(count, used), threads| (count + 1, used + threads));
        let could_begin = |i: &usize| {
            let is_next = self.standing[*i] == Standing::ToDo && self.has_parent(*i);
            self.standing[*i] == Standing::Asked || is_next && !self.jobs[*i].stage.runs_alone()
        };
        let sharers = (0..self.jobs.len()).filter(could_begin).count();
        let sharers = sharers.min(self.at_once.saturating_sub(count)).max(1);
        let free = self.threads.saturating_sub(used);
        (free / sharers).max(self.threads / self.at_once).max(1)
    }

    /// Another process holds the job that was asked for.
    pub fn mark_elsewhere(&mut self, job: usize, now: Instant) {
        self.standing[job] = Standing::Elsewhere(now + ASK_EVERY);
    }

    /// The job is whole.
    pub fn mark_done(&mut self, job: usize) {
        self.standing[job] = Standing::Done;
    }

    /// The job was stopped, and is to be gone on with.
    pub fn mark_stopped(&mut self, job: usize) {
        self.standing[job] = Standing::ToDo;
    }

    /// The job failed; returns the jobs behind it, which cannot be done now.
    pub fn mark_failed(&mut self, job: usize) -> Vec<usize> {
        self.standing[job] = Standing::Failed;
        let mut behind = Vec::new();
        for i in job + 1..self.jobs.len() {
            if self.parent[i].is_some_and(|parent| self.standing[parent] == Standing::Failed)
                && self.standing[i] != Standing::Failed
            {
                self.standing[i] = Standing::Failed;
                behind.push(i);
            }
        }
        behind
    }

    /// Whether every job is done or failed.
    pub fn is_through(&self) -> bool {
        self.settled() == self.jobs.len()
    }

    /// How many jobs are done or failed.
    pub fn settled(&self) -> usize {
        self.standing.iter().filter(|s| matches!(s, Standing::Done | Standing::Failed)).count()
    }

    /// Names of the jobs that other processes were last found with.
    pub fn elsewhere(&self) -> Vec<String> {
        let held = self.standing.iter().zip(&self.jobs);
        let held = held.filter(|(standing, _)| matches!(standing, Standing::Elsewhere(_)));
        held.map(|(_, job)| job.name.clone()).collect()
    }

    fn is_busy(&self, job: usize) -> bool {
        matches!(self.standing[job], Standing::Asked | Standing::Running(_))
    }

    fn is_ready(&self, job: usize, now: Instant) -> bool {
        let is_free = match self.standing[job] {
            Standing::ToDo => true,
            Standing::Elsewhere(again) => now >= again,
            _ => false,
        };
        is_free && self.has_parent(job)
    }

    fn has_parent(&self, job: usize) -> bool {
        self.parent[job].is_none_or(|parent| self.standing[parent] == Standing::Done)
    }

    /// Of the jobs that are ready, and run alone or not, the one with the longest way to go.
    fn first_ready(&self, now: Instant, alone: bool) -> Option<usize> {
        let ready = (0..self.jobs.len()).filter(|&i| self.is_ready(i, now));
        let ready = ready.filter(|&i| self.jobs[i].stage.runs_alone() == alone);
        let order = |&a: &usize, &b: &usize| {
            self.remaining[a].total_cmp(&self.remaining[b]).then(Reverse(a).cmp(&Reverse(b)))
        };
        ready.max_by(order)
    }
}

/// The place of each job's parent among the jobs, and the cost of each job and of its most costly chain of children.
pub(super) fn chains(jobs: &[&Job]) -> (Vec<Option<usize>>, Vec<f64>) {
    let place: HashMap<&str, usize> = jobs.iter().enumerate().map(|(i, job)| (&*job.id, i)).collect();
    let parent: Vec<Option<usize>> =
        jobs.iter().map(|job| job.parent.as_deref().and_then(|id| place.get(id).copied())).collect();
    let mut remaining: Vec<f64> = jobs.iter().map(|job| job.cost).collect();
    for i in (0..jobs.len()).rev() {
        if let Some(parent) = parent[i] {
            remaining[parent] = remaining[parent].max(jobs[parent].cost + remaining[i]);
        }
    }
    (parent, remaining)
}
