//! The command line: what can be asked of the binary, and which module answers.

use anyhow::Result;
use clap::{Parser, Subcommand};

use super::bench::{self, BenchArgs};
use super::cmp::{self, CmpArgs};
use super::data::{self, DataCommand};
use super::draw::{self, DrawArgs};
use super::fit::{self, FitArgs};
use super::golden::{self, GoldenArgs};
use super::run::{self, RunArgs};
use super::{all, list};

/// Meta-learned sparse implicit neural representations: experiments, fits, golden trajectories.
#[derive(Parser)]
#[command(name = "cargo xtask repro", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs an experiment of experiments/NAME.toml: table, plots, report.
    Run(RunArgs),
    /// Fits one picture from an initial network.
    Fit(FitArgs),
    /// Replays a golden trajectory and prints how far this program is from it.
    Golden(GoldenArgs),
    /// Times an engine, alone or in turns with PyTorch, JAX, SparseProp.
    Bench(BenchArgs),
    /// Draws tables, figures and page of a record from its rows.
    Draw(DrawArgs),
    /// Compares two records row by row; exit code 4 if they differ, 1 if nothing can be compared.
    Cmp(CmpArgs),
    /// Lists experiments, data sets and engines.
    List,
    /// Which data sets are here, whether their files are sound, what their signals look like.
    #[command(subcommand)]
    Data(DataCommand),
}

/// Does what the command line asks; returns the exit code.
///
/// # Errors
/// Whatever the command meets; the message says what to do next.
pub fn run(cli: Cli) -> Result<u8> {
    match cli.command {
        Command::Run(args) => match args.name == all::NAME {
            true => all::run(&args),
            false => Ok(run::run_one(&args)?.code),
        },
        Command::Fit(args) => fit::run(&args),
        Command::Golden(args) => golden::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Draw(args) => draw::run(&args),
        Command::Cmp(args) => cmp::run(&args),
        Command::List => list::run(),
        Command::Data(command) => data::run(&command),
    }
}
