//! The `repro` binary: parses the command line and turns the outcome into an exit code.
//!
//! 0 done · 1 error · 2 usage · 3 finished with failed rows · 4 a claim or tolerance does not hold ·
//! 130 stopped, state saved.

use std::process::ExitCode;

use clap::Parser;
use repro::cli::{Cli, run};

const DISK_FULL: &str = "the disk is full: make room there, then give the same command again. It goes on from what is \
                         saved; nothing half-written was left.";

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            repro::screen::note(&format!("error: {error:#}"));
            if repro::store::is_disk_full(&error) {
                repro::screen::note(DISK_FULL);
            }
            ExitCode::from(1)
        }
    }
}
