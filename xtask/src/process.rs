//! Programs this one starts: cargo, and the `repro` binary.
//!
//! Where nothing is left to do afterwards, this process is replaced by the other one: its exit code, its
//! output and Ctrl-C are then its own affair, and it can save its state before it ends.

use std::env;
use std::ffi::OsStr;
use std::process::{Command, ExitCode, ExitStatus};

/// The cargo that started this program, with arguments.
pub fn cargo(args: &[&str]) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").as_deref().unwrap_or(OsStr::new("cargo")));
    cargo.args(args);
    cargo
}

/// Replaces this process by another; returns only if that fails.
#[cfg(unix)]
pub fn become_program(mut command: Command) -> ExitCode {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    failure(&format!("cannot start {}: {error}", command.get_program().display()))
}

/// Starts another program, waits and passes its exit code on.
#[cfg(not(unix))]
pub fn become_program(mut command: Command) -> ExitCode {
    match command.status() {
        Ok(status) => ExitCode::from(code(status)),
        Err(error) => failure(&format!("cannot start {}: {error}", command.get_program().display())),
    }
}

/// Starts a program and waits; whether it ended well. A program that cannot be started says so.
pub fn succeeds(command: &mut Command) -> bool {
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("cannot start {}: {error}", command.get_program().display());
            false
        }
    }
}

/// The exit code to pass on: a program ended by signal n counts as 128 + n, so that Ctrl-C is 130.
pub fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| signal(status).map(|n| 128 + n));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt;
    status.signal()
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// Says what is wrong and what to do next; exit code 1.
pub fn failure(advice: &str) -> ExitCode {
    eprintln!("error: {advice}");
    ExitCode::FAILURE
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn exit_codes_are_passed_on() {
        assert_eq!(code(ExitStatus::from_raw(3 << 8)), 3);
        assert_eq!(code(ExitStatus::from_raw(2)), 130);
    }
}
