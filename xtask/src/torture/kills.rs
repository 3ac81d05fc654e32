//! SIGKILL at random moments, several times, then on to the end.

use std::time::Instant;

use super::count::Count;
use super::dice::Dice;
use super::trial::Trials;

/// Most kills before a table is computed to its end.
const KILLS: usize = 12;

pub fn campaign(trials: &Trials, dice: &mut Dice, until: Instant) -> Result<Count, String> {
    let mut count = Count::default();
    while Instant::now() < until {
        let (trial, out) = (trials.one(dice), trials.fresh()?);
        for _ in 0..1 + dice.below(KILLS) {
            let mut child = trials.start(trial, &out)?;
            std::thread::sleep(trial.time.mul_f64(dice.part()));
            let ended = child.try_wait().map_err(|error| error.to_string())?;
            // What ended before is no kill; it may have left nothing to do.
            if ended.is_some() {
                break;
            }
            child.kill().and_then(|()| child.wait()).map_err(|error| error.to_string())?;
            count.tried += 1;
        }
        count.tables += 1;
        count.lost.extend(trials.ends_the_same(trial, &out).err());
    }
    Ok(count)
}
