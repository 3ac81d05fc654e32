//! The `repro` binary: parses the command line and turns the outcome into an exit code.
//!
//! 0 done · 1 error · 2 usage · 3 finished with failed rows · 4 a claim or tolerance does not hold ·
//! 130 stopped, state saved.

use std::process::ExitCode;
#[cfg(unix)]
use std::sync::Arc;

use clap::Parser;
use repro::command::{Cli, answer};

const DISK_FULL: &str = "the disk is full: make room there (or raise the limit `ulimit -f`), then give the same command again. It goes on from what is \
                         saved; nothing half-written was left.";

fn main() -> ExitCode {
    #[cfg(unix)]
    if let Err(error) = large_files_are_errors() {
        repro::screen::note(&format!("a file beyond `ulimit -f` will end this program: {error}"));
    }
    match answer(Cli::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            repro::screen::note(&format!("error: {error:#}"));
            if repro::disk::is_disk_full(&error) {
                repro::screen::note(DISK_FULL);
            }
            ExitCode::from(1)
        }
    }
}

/// A write beyond the limit on the size of files (`ulimit -f`) is an error that names the file, not the end of the
/// program: its signal is taken and forgotten.
#[cfg(unix)]
fn large_files_are_errors() -> std::io::Result<()> {
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default()).map(drop)
}
