//! The whole gate, `cargo xtask ci`: every step runs even if one before it failed, and a table says how long
//! each took.
//!
//! All steps use the release profile: tests and runs share every dependency's object code, and clippy shares
//! build scripts and procedural macros with them; its own pass over burn and polars costs about two minutes. Clippy and
//! the tests see burn; the small reproduction is built without it, as the first one of a newcomer is.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::{builds, process, record, smoke, tidy};

/// A step: its name, and whether it ended well.
type Step = (&'static str, fn(&Path) -> bool);

/// Cheap ones first.
const STEPS: &[Step] = &[
    ("format", |root| cargo(root, &["fmt", "--all", "--check"])),
    ("tidy", |root| tidy::run(root, &[record::stale]) == ExitCode::SUCCESS),
    ("clippy", |root| cargo(root, CLIPPY)),
    ("test", |root| cargo(root, TEST)),
    ("smoke", first_smoke),
    ("smoke again", second_smoke),
];

const CLIPPY: &[&str] = &[
    "clippy",
    "--release",
    "--workspace",
    "--all-targets",
    "--features",
    builds::OF_TESTS,
    "--",
    "--deny",
    "warnings",
];

const TEST: &[&str] = &["test", "--release", "--workspace", "--features", builds::OF_TESTS, "--no-fail-fast"];

/// Runs every step; fails if one did.
pub fn run(root: &Path) -> ExitCode {
    let began = Instant::now();
    let mut table = String::new();
    let mut failed = 0;
    for (name, step) in STEPS {
        eprintln!("\n=== {name}");
        let step_began = Instant::now();
        let well = step(root);
        failed += usize::from(!well);
        table += &table_row(name, if well { "ok" } else { "FAILED" }, step_began.elapsed());
    }
    let verdict = if failed == 0 { "ok".into() } else { format!("{failed} FAILED") };
    println!("\n{table}{}", table_row("all", &verdict, began.elapsed()));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn table_row(name: &str, verdict: &str, time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{name:<12} {verdict:<9} {:>3} min {:02} s\n", seconds / 60, seconds % 60)
}

fn cargo(root: &Path, args: &[&str]) -> bool {
    process::succeeds(process::cargo(args).current_dir(root))
}

/// The small experiments from nothing: complete, without errors.
fn first_smoke(root: &Path) -> bool {
    let removed = smoke::clear(root);
    removed.is_ok() && said(removed) && this_program().is_some_and(|xtask| said(smoke::first(&xtask, root)))
}

/// The same again: nothing is left to do.
fn second_smoke(root: &Path) -> bool {
    this_program().is_some_and(|xtask| said(smoke::again(&xtask, root)))
}

fn this_program() -> Option<PathBuf> {
    env::current_exe().ok()
}

/// Prints what is wrong, if something is.
fn said(result: Result<(), String>) -> bool {
    if let Err(sentence) = &result {
        eprintln!("smoke: {sentence}");
    }
    result.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_the_table_has_minutes_and_seconds() {
        assert_eq!(
            table_row("test", "ok", Duration::from_secs(125)),
            "test         ok          2 min 05 s\n"
        );
    }
}
