//! The n-th write of a run fails, below its code: a library that is loaded before the system's counts what is done to the
//! files of a folder, and refuses one operation, or all from one on, with a reason of the system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::count::Count;
use super::dice::Dice;
use super::trial::{Trials, last_line};

/// Its source.
const SOURCE: &str = include_str!("faults.c");

/// Reasons: names, and numbers on Linux.
const REASONS: &[(&str, i32)] =
    &[("ENOSPC", 28), ("EIO", 5), ("EROFS", 30), ("EACCES", 13), ("EFBIG", 27), ("EDQUOT", 122)];

pub fn campaign(trials: &Trials, dice: &mut Dice, until: Instant) -> Result<Count, String> {
    let mut count = Count::default();
    let Some(library) = library(trials)? else {
        println!("faults: no C compiler (cc), or no Linux: no write can be made to fail, so none was tried");
        return Ok(count);
    };
    while Instant::now() < until {
        let (trial, out) = (trials.one(dice), trials.fresh()?);
        let (reason, number) = dice.of(REASONS).copied().unwrap_or(REASONS[0]);
        let (stays, wait) = (dice.below(2) == 1, dice.below(writes(trials, &library, trial)?));
        let mut command = trials.command(trial, &out);
        command.env("LD_PRELOAD", &library).env("FAULT_FOLDER", &out).env("FAULT_AFTER", wait.to_string());
        command.env("FAULT_ERRNO", number.to_string()).env("FAULT_STAYS", if stays { "1" } else { "0" });
        let output = command.output().map_err(|error| error.to_string())?;
        count.tried += 1;
        let said = last_line(&output.stderr);
        let place =
            format!("{} with {reason} {} write {wait}", trial.name, if stays { "from" } else { "at" });
        // 0: what failed can be done without, and was said.
        let is_clean = matches!(output.status.code(), Some(0 | 1));
        if !is_clean || String::from_utf8_lossy(&output.stderr).contains("panicked") {
            count.lost.push(format!("{place}: {}: {said}", output.status));
        }
        count.tables += 1;
        count.lost.extend(trials.ends_the_same(trial, &out).err().map(|lost| format!("{place}: {lost}")));
    }
    Ok(count)
}

/// The library, compiled; none where there is no compiler, or no way to load it first.
fn library(trials: &Trials) -> Result<Option<PathBuf>, String> {
    if !cfg!(target_os = "linux") {
        return Ok(None);
    }
    let (source, library) = (trials.folder().join("faults.c"), trials.folder().join("faults.so"));
    fs::write(&source, SOURCE).map_err(|error| format!("{}: {error}", source.display()))?;
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).arg("-ldl");
    match cc.status() {
        Err(_) => Ok(None),
        Ok(status) if status.success() => Ok(Some(library)),
        Ok(status) => Err(format!("cc {}: {status}", source.display())),
    }
}

/// How often a table writes, if nothing fails.
fn writes(trials: &Trials, library: &Path, trial: &super::trial::Trial) -> Result<usize, String> {
    let known = trials.folder().join(format!("{}.writes", trial.name));
    if let Ok(text) = fs::read_to_string(&known) {
        return text.trim().parse().map_err(|_| format!("{}: no number", known.display()));
    }
    let out = trials.fresh()?;
    let mut command = trials.command(trial, &out);
    command.env("LD_PRELOAD", library).env("FAULT_FOLDER", &out).env("FAULT_COUNT", &known);
    command.output().map_err(|error| error.to_string())?;
    trials.fresh()?;
    let text = fs::read_to_string(&known).map_err(|error| format!("{}: {error}", known.display()))?;
    text.trim().parse().map_err(|_| format!("{}: no number", known.display()))
}
