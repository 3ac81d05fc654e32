//! `bench engine`: how fast an engine is, in one run with peers: ours, theirs, ours, theirs.
//!
//! Every round times every side of a case in turns; what is told is the least and the median over all rounds. The
//! ratio of the least times is the cautious one: it gives the peer its best moment.

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use inr_core::file::TensorFile;
use inr_core::native::{Instructions, fma_gflops};
use inr_core::{Engine, Params};
use regex::Regex;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::case::{Answer, Case, Input, Ours, cases};
use super::environment::PeerName;
use super::measured::{Beside, Measured, Times};
use super::peer::Peer;
use super::{figure, text};
use crate::disk::write_file;
use crate::exit::DONE;
use crate::{engines, provenance, screen};

/// What can be timed.
#[derive(Clone, Copy, ValueEnum)]
pub enum Subject {
    /// Gradients, Adam steps and exact meta-gradients.
    Engine,
}

/// `bench`.
#[derive(Args)]
pub struct BenchArgs {
    /// What is timed.
    pub subject: Subject,
    /// Only the small cases.
    #[arg(long)]
    pub quick: bool,
    /// In turns with other programs, each installed once from PyPI (needs python3; sparseprop a C++ compiler too)
    /// [without names: torch].
    #[arg(long, value_name = "NAMES", num_args = 0..=1, value_delimiter = ',', default_missing_value = "torch")]
    pub peers: Option<Vec<PeerName>>,
    /// Rounds: in each, every side of a case is timed in turns.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Only cases whose name matches.
    #[arg(long, value_name = "REGEX")]
    pub only: Option<String>,
    /// Engine that is timed.
    #[arg(long, default_value = crate::engines::DEFAULT)]
    pub engine: String,
    /// Network whose mask and weights the cases of its width begin from: safetensors, ours or the authors'
    /// [default: a freshly initialised one].
    #[arg(long, value_name = "FILE")]
    pub network: Option<PathBuf>,
    /// CSV to write; JSON with the machine and a figure are written beside it.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Prints JSON.
    #[arg(long)]
    pub json: bool,
}

/// Least calls and seconds a side gets in a round.
const CALLS: usize = 2;
const SECONDS: f64 = 0.7;
/// Largest relative difference of the losses of two programs that compute the same in f32.
const SAME_LOSS: f64 = 1e-3;

/// What is written as JSON.
#[derive(serde::Serialize)]
struct Record<'a> {
    machine: Vec<(String, String)>,
    measured: &'a [Measured],
    /// Packages of each peer, `name==version`.
    packages: Vec<(PeerName, Vec<String>)>,
}

/// Times the cases, prints a table, writes CSV, JSON and a figure.
///
/// # Errors
/// If the network, the peer or the output cannot be used, or the two compute different losses.
pub fn run(args: &BenchArgs) -> Result<u8> {
    anyhow::ensure!((1..=10_000).contains(&args.rounds), "--rounds {}: 1 to 10000", args.rounds);
    args.out.as_deref().map_or(Ok(()), check_out)?;
    let engine = engines::single(&args.engine)?;
    let network =
        args.network.as_ref().map(|path| TensorFile::read(path)?.params::<f32>(200.0)).transpose()?;
    let only = args.only.as_deref().map(Regex::new).transpose().context("--only")?;
    let cases: Vec<Case> = cases(args.quick)
        .into_iter()
        .filter(|case| network.as_ref().is_none_or(|network| case.is_within(network)))
        .filter(|case| only.as_ref().is_none_or(|only| only.is_match(&case.name())))
        .collect();
    anyhow::ensure!(
        !cases.is_empty(),
        "--only {}: no such case{}",
        args.only.as_deref().unwrap_or_default(),
        if args.network.is_some() { " of the width and weights of --network" } else { "" }
    );
    let peak = fma_gflops(Instructions::best());
    let threads = rayon::current_num_threads();
    let (mut peers, missing) = start(args.peers.as_deref().unwrap_or_default(), threads)?;
    let progress = screen::Progress::new(cases.len() as f64);
    let mut measured = Vec::with_capacity(cases.len());
    for case in &cases {
        let bar = progress.begin(&case.name(), 1.0);
        let report = |round: usize| bar.step(round as u64, args.rounds as u64, None);
        measured.push(measure(
            engine.as_ref(),
            case,
            network.as_ref(),
            &mut peers,
            peak,
            args.rounds,
            &report,
        )?);
        bar.end();
    }
    progress.clear();
    let mut machine = provenance::here(&args.engine);
    let mut fact = |key: &str, value: String| machine.push((key.into(), value));
    fact("instructions", format!("{:?}", Instructions::best()));
    fact(
        "FMA peak",
        peak.map_or("not measured".into(), |peak| format!("{peak:.0} GFLOP/s, {threads} threads")),
    );
    if peers.is_empty() {
        fact("peer", "none".into());
    }
    peers.iter().for_each(|peer| fact("peer", peer.version.clone()));
    missing.into_iter().for_each(|why| fact("peer not run", why));
    fact(
        "peak memory of this process",
        peak_memory_mb().map_or("unknown".into(), |mb| format!("{mb:.0} MB")),
    );
    let packages = peers.iter().map(|peer| (peer.name, peer.packages.clone())).collect();
    let record = Record { machine, measured: &measured, packages };
    if let Some(out) = &args.out {
        write_file(out, text::csv(&measured).as_bytes())?;
        write_file(&out.with_extension("json"), serde_json::to_string_pretty(&record)?.as_bytes())?;
        if let Some(figure) = figure::density(&measured)? {
            figure.save(&out.with_extension(""))?;
        }
    }
    screen::result(&match args.json {
        true => serde_json::to_string_pretty(&record)?,
        false => text::table(&record.machine, &measured),
    })?;
    Ok(DONE)
}

/// Refuses a file that the JSON or the figure beside it would overwrite, or that cannot be written, before anything is
/// timed.
fn check_out(out: &Path) -> Result<()> {
    let taken = out.extension().is_some_and(|end| ["json", "svg", "png"].iter().any(|taken| end == *taken));
    let place = out.display();
    anyhow::ensure!(
        !taken,
        "--out {place}: name a CSV; JSON and figure are written beside it under its name"
    );
    anyhow::ensure!(!out.is_dir(), "--out {place}: a folder; name a CSV in it");
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(|| format!("--out {place}: cannot make its folder"))?;
    tempfile::tempfile_in(folder).map(drop).with_context(|| format!("--out {place}: cannot write there"))
}

/// Starts the peers; says of those that need not run here why they do not.
fn start(names: &[PeerName], threads: usize) -> Result<(Vec<Peer>, Vec<String>)> {
    let target = crate::place::workspace().join("target");
    let (mut peers, mut missing) = (Vec::new(), Vec::new());
    for (i, &name) in names.iter().enumerate() {
        anyhow::ensure!(!names[..i].contains(&name), "--peers: {name} is named twice");
        match Peer::start(name, &target, threads) {
            Ok(peer) => peers.push(peer),
            Err(error) if name == PeerName::Sparseprop => {
                screen::note(&format!("{name} does not run here: {error:#}; going on without it"));
                missing.push(format!("{name}: {error:#}"));
            }
            Err(error) => return Err(error.context(format!("--peers {name}"))),
        }
    }
    Ok((peers, missing))
}

fn measure(
    engine: &dyn Engine<f32>,
    case: &Case,
    network: Option<&Params<f32>>,
    peers: &mut [Peer],
    peak: Option<f64>,
    rounds: usize,
    report: &dyn Fn(usize),
) -> Result<Measured> {
    let input = Input::new(case, network);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().context("cannot start a thread")?;
    let mut ours = Ours::new(engine, case.what, &input);
    let answer = ours.call();
    let mut sides = Vec::new();
    for peer in peers {
        if let Some(theirs) = peer.prepare(case, &input)? {
            compare(case, peer, answer, theirs)?;
            sides.push((peer, theirs, Vec::new()));
        }
    }
    let (mut all, mut alone) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        report(round);
        all.extend(time(|| {
            std::hint::black_box(ours.call());
        }));
        for (peer, _, times) in &mut sides {
            times.extend(peer.time(CALLS, SECONDS)?);
        }
        alone.extend(one.install(|| {
            time(|| {
                std::hint::black_box(ours.call());
            })
        }));
    }
    let ours = Times::of(all);
    let gflops = 1e3 * input.gflop(case.what) / ours.min_ms;
    let beside = |(peer, theirs, times): (&mut Peer, Answer, Vec<f64>)| Beside {
        name: peer.name,
        times: Times::of(times),
        loss: theirs.loss,
        loss_deviation: theirs.loss / answer.loss - 1.0,
        norm_deviation: theirs.norm / answer.norm - 1.0,
    };
    Ok(Measured {
        case: case.name(),
        shape: case.clone(),
        weights: input.params.layout().weights(),
        ours,
        one_thread: Times::of(alone),
        gflops,
        peak_percent: peak.map(|peak| 100.0 * gflops / peak),
        loss: answer.loss,
        peers: sides.into_iter().map(beside).collect(),
    })
}

/// A peer that computes something else is an error; of SparseProp it is told beside its time instead.
fn compare(case: &Case, peer: &Peer, ours: Answer, theirs: Answer) -> Result<()> {
    let deviation = (theirs.loss / ours.loss - 1.0).abs().max((theirs.norm / ours.norm - 1.0).abs());
    anyhow::ensure!(
        deviation <= SAME_LOSS || peer.name == PeerName::Sparseprop,
        "{}: {} computes loss {} and gradient norm {}, we {} and {}: not the same computation",
        case.name(),
        peer.version,
        theirs.loss,
        theirs.norm,
        ours.loss,
        ours.norm
    );
    Ok(())
}

fn time(mut call: impl FnMut()) -> Vec<f64> {
    let (mut times, begin) = (Vec::new(), Instant::now());
    while times.len() < CALLS || begin.elapsed().as_secs_f64() < SECONDS {
        let one = Instant::now();
        call();
        times.push(one.elapsed().as_secs_f64());
    }
    times
}

/// Peak resident memory of this process, MB (Linux).
fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kb| kb / 1024.0)
}
