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
    runs_alone: Vec<bool>,
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
        let runs_alone = jobs.iter().map(|job| job.stage.runs_alone()).collect();
        Self {
            standing: vec![Standing::ToDo; jobs.len()],
            jobs,
            parent,
            remaining,
            runs_alone,
            at_once,
            threads,
        }
    }

    /// What a worker does next; a job it is given counts as asked for.
    pub fn next(&mut self, now: Instant) -> Next {
        if self.is_through() {
            return Next::Nothing;
        }
        let busy: Vec<usize> = (0..self.jobs.len()).filter(|&i| self.is_busy(i)).collect();
        if busy.iter().any(|&i| self.runs_alone[i]) {
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
        let threads = match self.runs_alone[job] {
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
            self.standing[*i] == Standing::Asked || is_next && !self.runs_alone[*i]
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
        let ready = ready.filter(|&i| self.runs_alone[i] == alone);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{ChoiceName, TestSpec};
    use crate::recipe::{Stage, UpscaleStage};

    /// A job named by a number, behind another or none, of a cost.
    fn job((id, parent, cost): (usize, Option<usize>, f64)) -> Job {
        let test = TestSpec { signals: 1, choice: ChoiceName::FirstByPath };
        let stage = UpscaleStage { dataset: "photos".into(), resolution: 8, factor: 2, test };
        Job {
            id: id.to_string(),
            parent: parent.map(|parent| parent.to_string()),
            stage: Stage::Upscale(stage),
            name: format!("job {id}"),
            fingerprint: String::new(),
            cost,
        }
    }

    /// Two chains, 0 → 1 → 2 of cost 6 and 3 → 4 of cost 7, and 5, alone, of cost 6.
    fn jobs() -> Vec<Job> {
        let chains =
            [(0, None, 2.0), (1, Some(0), 2.0), (2, Some(1), 2.0), (3, None, 1.0), (4, Some(3), 6.0)];
        chains.into_iter().chain([(5, None, 6.0)]).map(job).collect()
    }

    fn queue(jobs: &[Job], at_once: usize, threads: usize) -> Queue<'_> {
        Queue::new(jobs.iter().collect(), at_once, threads)
    }

    fn asked(queue: &mut Queue) -> Option<usize> {
        match queue.next(Instant::now()) {
            Next::Ask { job, .. } => Some(job),
            _ => None,
        }
    }

    #[test]
    fn the_longest_way_to_go_comes_first_then_the_order_of_the_plan() {
        let jobs = jobs();
        let mut queue = queue(&jobs, 1, 1);
        let mut order = Vec::new();
        while let Some(job) = asked(&mut queue) {
            order.push(job);
            queue.run(job);
            queue.mark_done(job);
        }
        assert_eq!(order, [3, 0, 4, 5, 1, 2]);
        assert!(queue.is_through() && queue.next(Instant::now()) == Next::Nothing);
    }

    #[test]
    fn threads_are_shared_by_those_that_could_run_and_the_last_takes_all() {
        let jobs = jobs();
        let mut queue = queue(&jobs, 2, 5);
        let (first, second) = (asked(&mut queue).unwrap(), asked(&mut queue).unwrap());
        assert_eq!([queue.run(first), queue.run(second)], [2, 3]);
        queue.mark_done(second);
        let third = asked(&mut queue).unwrap();
        assert_eq!(queue.run(third), 3);
        [first, third].into_iter().for_each(|job| queue.mark_done(job));
        for job in [4, 5, 1] {
            queue.standing[job] = Standing::Done;
        }
        assert_eq!((asked(&mut queue), queue.run(2)), (Some(2), 5));
    }

    #[test]
    fn what_runs_alone_comes_last_with_all_threads_and_nothing_beside_it() {
        let jobs = jobs();
        let mut queue = queue(&jobs, 2, 4);
        queue.runs_alone[3] = true;
        for job in [0, 5, 1, 2] {
            assert_eq!(asked(&mut queue), Some(job));
            if job == 5 {
                assert_eq!(queue.run(job), 2);
                assert_eq!(asked(&mut queue), None, "1 waits for 0, and 3 for all");
                queue.mark_done(5);
                queue.mark_done(0);
            } else if job > 0 {
                queue.mark_done(job);
            }
        }
        assert_eq!((asked(&mut queue), queue.run(3)), (Some(3), 4));
        assert_eq!(queue.next(Instant::now()), Next::Wait);
    }

    #[test]
    fn a_job_elsewhere_is_asked_for_again_and_the_others_go_on() {
        let jobs = jobs();
        let (mut queue, now) = (queue(&jobs, 1, 1), Instant::now());
        assert_eq!(queue.next(now), Next::Ask { job: 3, waited: false });
        queue.mark_elsewhere(3, now);
        assert_eq!(queue.elsewhere(), ["job 3"]);
        assert_eq!(queue.next(now), Next::Ask { job: 0, waited: false });
        queue.mark_stopped(0);
        assert_eq!(queue.next(now + ASK_EVERY), Next::Ask { job: 3, waited: true });
    }

    #[test]
    fn what_is_behind_a_failure_is_not_tried_and_what_is_not_among_the_jobs_is_done() {
        let jobs = jobs();
        let mut queue = queue(&jobs[1..], 1, 1);
        assert_eq!(asked(&mut queue), Some(2), "3, whose place is 2");
        assert_eq!(queue.mark_failed(2), [3], "4");
        assert_eq!(asked(&mut queue), Some(4), "5");
        queue.mark_done(4);
        assert_eq!(asked(&mut queue), Some(0), "1, whose parent is no job to do");
        assert_eq!((queue.mark_failed(0), queue.is_through()), (vec![1], true));
    }
}
