//! Several processes on one folder, started together, some of them killed.

use std::process::Child;
use std::time::Instant;

use super::count::Count;
use super::dice::Dice;
use super::trial::Trials;

const PROCESSES: usize = 4;

pub fn campaign(trials: &Trials, dice: &mut Dice, until: Instant) -> Result<Count, String> {
    let mut count = Count::default();
    while Instant::now() < until {
        let (trial, out) = (trials.one(dice), trials.fresh()?);
        let started = (0..PROCESSES).map(|_| trials.start(trial, &out));
        let mut children = started.collect::<Result<Vec<Child>, String>>()?;
        count.tried += PROCESSES;
        let killed = dice.below(PROCESSES);
        for child in &mut children[..killed] {
            std::thread::sleep(trial.time.mul_f64(0.5 * dice.part()));
            child.kill().ok();
        }
        for (number, mut child) in children.into_iter().enumerate() {
            let status = child.wait().map_err(|error| error.to_string())?;
            if number >= killed && !status.success() {
                count.lost.push(format!("{}: of {PROCESSES} processes one ended with {status}", trial.name));
            }
        }
        count.tables += 1;
        count.lost.extend(trials.ends_the_same(trial, &out).err());
    }
    Ok(count)
}
