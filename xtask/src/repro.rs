//! Builds the `repro` binary in release and becomes it; its arguments, output and exit code are untouched.
//!
//! The first build takes minutes, and says so while cargo shows its progress; later builds are silent unless
//! something is compiled. Everything said here goes to stderr: stdout belongs to the binary (`--json`).

use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::place::root;
use crate::{builds, process};

/// First words the binary knows itself; any other is the name of an experiment.
const SUBCOMMANDS: &[&str] = &["run", "fit", "list", "data", "golden", "bench", "cmp", "draw", "help"];

const LONG_BUILD: &str = "building (first time: usually 2–5 minutes on two cores, polars is the largest part, \
                          and about as much again where burn is asked for; later: seconds)";

/// What the binary is asked: `table1 …` is `run table1 …`, nothing is `--help`.
pub fn arguments(args: Vec<OsString>) -> Vec<OsString> {
    let Some(first) = args.first() else { return vec!["--help".into()] };
    let first = first.to_string_lossy();
    match first.starts_with('-') || SUBCOMMANDS.contains(&first.as_ref()) {
        true => args,
        false => [vec!["run".into()], args].concat(),
    }
}

/// Builds the binary and becomes it.
pub fn run(args: Vec<OsString>) -> ExitCode {
    let binary = match binary() {
        Ok(binary) => binary,
        Err(error) => return process::failure(&format!("cannot tell where cargo builds: {error}")),
    };
    let mut cargo = process::cargo(&["build", "--release", "--package", "repro"]);
    let mut repro = Command::new(&binary);
    repro.args(&args);
    match builds::prepare(&mut cargo, &mut repro, &args, &root()) {
        Ok(()) => {}
        Err(advice) => return process::failure(&advice),
    }
    match build(cargo, binary.exists()) {
        Ok(0) => process::become_program(repro),
        Ok(code) => ExitCode::from(code),
        Err(error) => process::failure(&format!("cannot start cargo: {error}")),
    }
}

/// Builds the binary, without burn; where it is.
///
/// # Errors
/// If it cannot be built.
pub fn built() -> Result<PathBuf, String> {
    let binary = binary().map_err(|error| format!("cannot tell where cargo builds: {error}"))?;
    match process::succeeds(&mut process::cargo(&["build", "--release", "--package", "repro"])) {
        true => Ok(binary),
        false => Err("repro does not build; see above".into()),
    }
}

/// `<target>/release/repro`. This program is `<target>/<profile>/xtask`, wherever cargo was told to build.
fn binary() -> io::Result<PathBuf> {
    let here = env::current_exe()?;
    let target = here.ancestors().nth(2).unwrap_or(Path::new("target"));
    Ok(target.join("release").join(format!("repro{}", env::consts::EXE_SUFFIX)))
}

/// Runs cargo; its exit code.
fn build(mut cargo: Command, built_before: bool) -> io::Result<u8> {
    if !built_before {
        eprintln!("{LONG_BUILD}");
        return Ok(process::code(cargo.status()?));
    }
    if io::stderr().is_terminal() && env::var_os("CARGO_TERM_COLOR").is_none() {
        cargo.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = cargo.stderr(Stdio::piped()).spawn()?;
    if let Some(messages) = child.stderr.take() {
        pass_on(messages, &mut io::stderr())?;
    }
    Ok(process::code(child.wait()?))
}

/// Cargo's messages line by line, without the one that only says that it is done.
fn pass_on(messages: impl Read, sink: &mut impl Write) -> io::Result<()> {
    let mut warned = false;
    for line in BufReader::new(messages).split(b'\n') {
        let line = line?;
        let text = String::from_utf8_lossy(&line);
        if text.contains("Finished") && text.contains("target(s)") {
            continue;
        }
        if is_large(&text) && !warned {
            warned = true;
            writeln!(sink, "{LONG_BUILD}")?;
        }
        sink.write_all(&line)?;
        sink.write_all(b"\n")?;
    }
    Ok(())
}

/// Whether the line announces one of the dependencies that take minutes.
fn is_large(line: &str) -> bool {
    line.contains("Compiling") && (line.contains(" burn") || line.contains(" polars"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> String {
        let words = line.split_whitespace().map(OsString::from).collect();
        arguments(words).join(" ".as_ref()).to_string_lossy().into_owned()
    }

    #[test]
    fn a_word_the_binary_does_not_know_is_an_experiment() {
        assert_eq!(asked("table1 --profile smoke"), "run table1 --profile smoke");
        assert_eq!(asked("fit --image x.png"), "fit --image x.png");
        assert_eq!(asked("run table1"), "run table1");
        assert_eq!(asked("--version"), "--version");
        assert_eq!(asked(""), "--help");
    }

    fn passed(messages: &str) -> String {
        let mut sink = Vec::new();
        pass_on(messages.as_bytes(), &mut sink).expect("memory takes every line");
        String::from_utf8(sink).expect("what went in was text")
    }

    #[test]
    fn a_build_with_nothing_to_do_is_silent() {
        assert_eq!(passed("    Finished `release` profile [optimized] target(s) in 0.30s\n"), "");
    }

    #[test]
    fn a_long_build_is_announced_once() {
        let said = passed("   Compiling burn-std v0.22.1\n   Compiling polars-core v0.55.0\n");
        assert_eq!(said.matches(LONG_BUILD).count(), 1);
        assert!(said.ends_with("   Compiling polars-core v0.55.0\n"));
        assert!(!passed("   Compiling meta v0.1.0\n").contains(LONG_BUILD));
    }
}
