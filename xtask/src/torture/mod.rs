//! `cargo xtask torture`: whether anything is lost when runs are killed, their files are damaged, their disk fails, or
//! several work on one folder. Every trial ends with the same command once more, and must end as a run that nothing
//! happened to: the same rows, networks and pictures, to the byte.
//!
//! - `trial.rs`: the small tables that are computed, and what must be the same at the end.
//! - `kills.rs`, `together.rs`, `damage.rs`, `faults.rs`: what is done to them.
//! - `count.rs`, `dice.rs`: what came of them; random numbers from a seed.

mod count;
mod damage;
mod dice;
mod faults;
mod kills;
mod together;
mod trial;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use count::Count;
use dice::Dice;
use trial::Trials;

use crate::{private, process};

/// A kind of trial: tries until the time is over.
type Campaign = fn(&Trials, &mut Dice, Instant) -> Result<Count, String>;

const CAMPAIGNS: &[(&str, &str, Campaign)] = &[
    ("kills", "SIGKILLs", kills::campaign),
    ("together", "processes", together::campaign),
    ("damage", "changed files", damage::campaign),
    ("faults", "failed writes", faults::campaign),
];

const USE: &str = "cargo xtask torture [--minutes N] [--seed S] [--only CAMPAIGN]";

/// Runs the campaigns, each for its share of the time, and prints their counts.
pub fn run(root: &Path, program: &Path, words: &[String]) -> ExitCode {
    match campaigns(root, program, words) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(advice) => process::failure(&advice),
    }
}

fn campaigns(root: &Path, program: &Path, words: &[String]) -> Result<usize, String> {
    let (mut minutes, mut seed, mut only) = (2.0, 1, None);
    for pair in words.chunks(2) {
        let value = pair.get(1).ok_or(USE)?;
        match pair[0].as_str() {
            "--minutes" => minutes = value.parse().map_err(|_| USE)?,
            "--seed" => seed = value.parse().map_err(|_| USE)?,
            "--only" if CAMPAIGNS.iter().any(|(name, ..)| name == value) => only = Some(value.as_str()),
            _ => return Err(USE.into()),
        }
    }
    let folder = private::folder("sparse-inr-torture")?;
    let trials = Trials::new(root, program, &folder)?;
    let chosen: Vec<_> =
        CAMPAIGNS.iter().filter(|(name, ..)| only.is_none_or(|only| only == *name)).collect();
    let share = Duration::try_from_secs_f64(60.0 * minutes / chosen.len() as f64).map_err(|_| USE)?;
    println!("torture: seed {seed}, {minutes} minutes, tables: {}", trials.names());
    let mut lost = 0;
    for (name, what, campaign) in chosen {
        let count = campaign(&trials, &mut Dice::new(seed), Instant::now() + share)?;
        let Count { tried, tables, lost: lines } = count;
        println!("{name:<9} {tried:>6} {what:<13} {tables:>5} tables ended, {} lost", lines.len());
        lines.iter().for_each(|line| println!("  lost: {line}"));
        lost += lines.len();
    }
    std::fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(lost)
}
