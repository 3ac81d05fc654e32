//! The project's commands, `cargo xtask …`: build and call the `repro` binary, test, check.
//!
//! Standard library only, so that this compiles in a second; everything else happens in the processes it
//! starts. The commands that end in another program become that program (see `process::become_program`).

mod builds;
mod ci;
mod libtorch;
mod page;
mod place;
mod private;
mod process;
mod record;
mod repro;
mod smoke;
mod tidy;
mod torture;
mod verdicts;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use place::root;

const HELP: &str = "\
The project's commands. The first build takes 2–5 minutes on two cores; later ones take seconds.

  cargo xtask repro NAME [options]    an experiment of experiments/NAME.toml: table, plots, report
  cargo xtask repro all [options]     every experiment in turn, and one page: results/index.html
  cargo xtask repro fit | list …      fit one picture; list experiments, data sets, engines
  cargo xtask repro --help            the options of these; `repro run --help` those of NAME
  cargo xtask page FILE.html …        a report in a headless browser: width, console, light and dark
  cargo xtask record NAME --to DIR    what may be committed of results/NAME (or --from OUT/NAME)
  cargo xtask readme                  sets the records' tables and verdicts into README.md and RESULTS.md
  cargo xtask golden DIR [options]    replay a golden trajectory: how far is this program from it?
  cargo xtask bench engine [options]  how fast an engine is here; --peers [torch,jax,sparseprop]: beside others
  cargo xtask test [cargo options]    all tests, in the profile of the runs
  cargo xtask tidy                    the invariants of ARCHITECTURE.md
  cargo xtask torture [--minutes N]   kills, damages, crowds and starves small runs: is anything lost?
  cargo xtask ci                      the gate: format, tidy, clippy, tests, a small table

  --engine burn-flex                  builds burn first, once: some minutes more
  --engine burn-tch                   needs LibTorch besides: data-scripts/libtorch.sh target/libtorch

Exit codes of runs: 0 done · 1 error · 2 usage · 3 finished with failed rows
                    4 a claim does not hold (--strict) · 130 stopped, state saved
";

/// Exit code for a command line that means nothing.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let mut words = env::args_os().skip(1);
    let command = words.next().unwrap_or_else(|| OsString::from("--help"));
    let args: Vec<OsString> = words.collect();
    match command.to_str() {
        Some("repro") => repro::run(repro::arguments(args)),
        Some("bench") => repro::run([vec!["bench".into()], args].concat()),
        Some("golden") => repro::run([vec!["golden".into()], args].concat()),
        Some("page") => page::run(&args),
        Some("record") => record(&args),
        Some("readme") => readme(),
        Some("test") => test(&args),
        Some("tidy") => tidy::run(&root(), &[record::stale]),
        Some("torture") => torture(&args),
        Some("ci") => ci::run(&root()),
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        _ => {
            eprint!("unknown command `{}`\n\n{HELP}", command.to_string_lossy());
            ExitCode::from(USAGE)
        }
    }
}

/// All tests, those of burn included, in release: the profile of the runs, so that polars is compiled once.
fn test(args: &[OsString]) -> ExitCode {
    let mut cargo = process::cargo(&["test", "--release", "--workspace", "--features", builds::OF_TESTS]);
    cargo.args(args);
    match libtorch::prepare(&mut cargo, args, &root()) {
        Ok(_) => process::become_program(cargo),
        Err(advice) => process::failure(&advice),
    }
}

fn record(args: &[OsString]) -> ExitCode {
    // A folder named lossily would be another folder.
    if let Some(word) = args.iter().find(|word| word.to_str().is_none()) {
        return process::failure(&format!(
            "record: {} is not UTF-8; rename it, or name a link to it",
            word.display()
        ));
    }
    let words: Vec<String> = args.iter().map(|word| word.to_string_lossy().into()).collect();
    match record::record(&root(), &words) {
        Ok(files) => {
            println!("record: {files} files; where README.md or RESULTS.md shows it: cargo xtask readme");
            ExitCode::SUCCESS
        }
        Err(advice) => process::failure(&advice),
    }
}

fn torture(args: &[OsString]) -> ExitCode {
    let words: Vec<String> = args.iter().map(|word| word.to_string_lossy().into()).collect();
    match repro::built() {
        Ok(program) => torture::run(&root(), &program, &words),
        Err(advice) => process::failure(&advice),
    }
}

fn readme() -> ExitCode {
    match record::readme(&root()) {
        Ok(changed) => {
            let what =
                if changed.is_empty() { "nothing to change".into() } else { changed.join(", ") + " written" };
            println!("readme: {what}");
            ExitCode::SUCCESS
        }
        Err(advice) => process::failure(&advice),
    }
}
