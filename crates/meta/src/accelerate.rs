//! Departures from the paper's outer loop that make a step cheaper or worth more. None of them is on unless an
//! experiment names it: the paper has full images and one rate from the first step to the last (PAPER §1.3).
//!
//! - [`Subsets`]: inner and outer losses of a step on a random part of the coordinates, the same for all its tasks.
//!   The mean over the part has the mean over the image as its expectation.
//! - [`Rate`]: the outer rate rises over the first steps and falls along half a cosine over the last.

use std::f64::consts::PI;
use std::sync::Arc;

use inr_core::{Key, Real, Samples};

/// The outer learning rate of every step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// The rate between rise and fall.
    pub peak: f64,
    /// Steps, from step 0 on, over which the rate rises linearly to the peak.
    pub warm_up: u64,
    /// Number of last steps over which it falls to 0, and the step it falls to; none if it does not.
    pub decay: Option<(u64, u64)>,
}

impl Rate {
    /// The paper's: the same at every step.
    pub fn constant(peak: f64) -> Self {
        Self { peak, warm_up: 0, decay: None }
    }

    /// The rate of a step, counted over all rounds.
    pub fn at(&self, step: u64) -> f64 {
        let rise = match step < self.warm_up {
            true => (step + 1) as f64 / self.warm_up as f64,
            false => 1.0,
        };
        let fall = match self.decay {
            Some((steps, until)) if step + steps > until => {
                let passed = (step + steps - until) as f64 / steps as f64;
                0.5 * (1.0 + (PI * passed.min(1.0)).cos())
            }
            _ => 1.0,
        };
        self.peak * rise * fall
    }
}

/// Random parts of the coordinates of signals of one size: a fresh permutation is used up, part by part, before the
/// next is drawn, so that no coordinate is seen twice before (nearly) all were. Which part step s sees is a function of the
/// key and s alone.
pub struct Subsets {
    key: Key,
    count: usize,
    epoch: Option<(u64, usize)>,
    order: Vec<usize>,
}

impl Subsets {
    /// Parts of `count` coordinates under the key `coordinates`.
    ///
    /// # Panics
    /// If `count` is 0.
    pub fn new(key: &Key, count: usize) -> Self {
        assert!(count > 0, "a step needs coordinates");
        Self { key: key.derive("coordinates"), count, epoch: None, order: Vec::new() }
    }

    /// The indices of the coordinates of a step, out of `n`; all of them, in order, if there are no more than asked for.
    pub fn of_step(&mut self, step: u64, n: usize) -> &[usize] {
        let parts = (n / self.count).max(1) as u64;
        let (epoch, part) = (step / parts, (step % parts) as usize);
        if self.epoch != Some((epoch, n)) {
            self.order = (0..n).collect();
            if n > self.count {
                let mut uniform = self.key.fold(epoch).uniform();
                (1..n).rev().for_each(|last| self.order.swap(last, uniform.below(last + 1)));
            }
            self.epoch = Some((epoch, n));
        }
        &self.order[part * self.count..((part + 1) * self.count).min(n)]
    }

    /// The tasks of a step on its part of their coordinates. Tasks that share their coordinates still do.
    ///
    /// # Panics
    /// If a task is not of `d_in` coordinates.
    pub fn of_tasks<T: Real>(&mut self, step: u64, tasks: &[Samples<T>], d_in: usize) -> Vec<Samples<T>> {
        let mut parts: Vec<Samples<T>> = Vec::with_capacity(tasks.len());
        for (i, task) in tasks.iter().enumerate() {
            let n = task.coords.len() / d_in;
            let chosen = self.of_step(step, n);
            let coords = match i.checked_sub(1) {
                Some(before) if Arc::ptr_eq(&tasks[before].coords, &task.coords) => {
                    parts[before].coords.clone()
                }
                _ => Arc::new(rows(&task.coords, d_in, chosen)),
            };
            let targets = Arc::new(rows(&task.targets, task.targets.len() / n, chosen));
            parts.push(Samples { coords, targets });
        }
        parts
    }
}

/// Rows of a row-major matrix, `[n, width]` → `[chosen.len(), width]`.
fn rows<T: Real>(matrix: &[T], width: usize, chosen: &[usize]) -> Vec<T> {
    chosen.iter().flat_map(|&row| matrix[row * width..(row + 1) * width].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_rises_stays_and_falls() {
        let rate = Rate { peak: 2.0, warm_up: 4, decay: Some((10, 100)) };
        assert_eq!([0, 1, 3, 4, 90].map(|step| rate.at(step)), [0.5, 1.0, 2.0, 2.0, 2.0]);
        assert!(
            (rate.at(95) - 1.0).abs() < 1e-12
                && rate.at(99) < 0.05
                && rate.at(100) == 0.0
                && rate.at(200) == 0.0
        );
        assert_eq!(Rate::constant(1e-5).at(0), 1e-5);
    }

    #[test]
    fn parts_of_an_epoch_are_apart_and_a_step_is_the_same_whenever_it_is_asked_for() {
        let key = Key::root(1);
        let mut subsets = Subsets::new(&key, 30);
        let mut seen: Vec<usize> = (0..3).flat_map(|step| subsets.of_step(step, 100).to_vec()).collect();
        assert_ne!(seen[..30], (0..30).collect::<Vec<_>>());
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 90);
        let later = subsets.of_step(7, 100).to_vec();
        assert_eq!(later, Subsets::new(&key, 30).of_step(7, 100));
        assert_ne!(later, subsets.of_step(4, 100), "the same part of another epoch");
        assert_eq!(Subsets::new(&key, 30).of_step(5, 20), (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn a_part_keeps_coordinates_and_values_together() {
        let coords = Arc::new((0..20).map(f64::from).collect::<Vec<_>>());
        let task =
            |scale: f64| Samples::new(coords.clone(), (0..10).map(|i| scale * f64::from(i)).collect(), 2, 1);
        let parts = Subsets::new(&Key::root(2), 4).of_tasks(0, &[task(1.0), task(3.0)], 2);
        assert!(Arc::ptr_eq(&parts[0].coords, &parts[1].coords));
        for (part, scale) in parts.iter().zip([1.0, 3.0]) {
            assert_eq!((part.coords.len(), part.targets.len()), (8, 4));
            for (x, y) in part.coords.chunks_exact(2).zip(part.targets.iter()) {
                assert_eq!((x[0] * scale, x[0] + 1.0), (2.0 * y, x[1]));
            }
        }
    }
}
