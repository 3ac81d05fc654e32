//! `bench engine`: how fast an engine is, in one run with a peer: ours, theirs, ours, theirs.
//!
//! Every round times every side of a case in turns; what is told is the least and the median over all rounds. The
//! ratio of the least times is the cautious one: it gives the peer its best moment.

pub mod case;
mod figure;
mod peer;

use anyhow::{Context, Result};
use inr_core::file::{TensorFile, write_atomically};
use inr_core::native::{Instructions, fma_gflops};
use inr_core::{Engine, Params};
use regex::Regex;
use serde::Serialize;
use std::time::Instant;

use crate::cli::{BenchArgs, DONE};
use crate::{engines, provenance, screen};
use case::{Answer, Case, Input, Ours, What, cases};
use peer::Peer;

/// Least calls and seconds a side gets in a round.
const CALLS: usize = 2;
const SECONDS: f64 = 0.7;
/// Largest relative difference of the losses of two programs that compute the same in f32.
const SAME_LOSS: f64 = 1e-3;

/// Least and median of some times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Times {
    /// Milliseconds.
    pub min_ms: f64,
    /// Milliseconds.
    pub median_ms: f64,
}

impl Times {
    fn of(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        Self { min_ms: 1e3 * seconds[0], median_ms: 1e3 * seconds[seconds.len() / 2] }
    }
}

/// A case's outcome.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Name by shape.
    pub case: String,
    /// What was timed.
    #[serde(flatten)]
    pub shape: Case,
    /// Surviving weights.
    pub weights: usize,
    /// Ours on all threads.
    pub ours: Times,
    /// Ours on one thread.
    pub one_thread: Times,
    /// Useful work per second of the least time.
    pub gflops: f64,
    /// The same over the peak of the multiply-adds measured in this run, per cent.
    pub peak_percent: Option<f64>,
    /// The peer.
    pub peer: Option<Times>,
    /// The loss, ours (its gradient's norm is compared with the peer's too).
    pub loss: f64,
    /// The peer's loss over ours, less one.
    pub loss_deviation: Option<f64>,
}

impl Measured {
    /// How many times faster than the peer: of the least times, of the medians.
    pub fn ratios(&self) -> Option<[f64; 2]> {
        self.peer.map(|peer| [peer.min_ms / self.ours.min_ms, peer.median_ms / self.ours.median_ms])
    }

    /// What the threads beyond the first bring.
    pub fn scaling(&self) -> f64 {
        self.one_thread.min_ms / self.ours.min_ms
    }
}

#[derive(Serialize)]
struct Record<'a> {
    machine: Vec<(String, String)>,
    measured: &'a [Measured],
}

/// Times the cases, prints a table, writes CSV, JSON and a figure.
///
/// # Errors
/// If the network, the peer or the output cannot be used, or the two compute different losses.
pub fn run(args: &BenchArgs) -> Result<u8> {
    anyhow::ensure!(args.rounds > 0, "--rounds 0: at least 1");
    let engine = engines::single(&args.engine)?;
    let network =
        args.network.as_ref().map(|path| TensorFile::read(path)?.params::<f32>(200.0)).transpose()?;
    let only = args.only.as_deref().map(Regex::new).transpose().context("--only")?;
    let cases: Vec<Case> = cases(args.quick)
        .into_iter()
        .filter(|case| network.as_ref().is_none_or(|network| case.is_within(network)))
        .filter(|case| only.as_ref().is_none_or(|only| only.is_match(&case.name())))
        .collect();
    anyhow::ensure!(!cases.is_empty(), "--only {}: no such case", args.only.as_deref().unwrap_or_default());
    let peak = fma_gflops(Instructions::best());
    let threads = rayon::current_num_threads();
    let home = crate::cli::workspace().join("target/peers");
    let mut peer = args.peers.then(|| Peer::torch(&home, threads)).transpose()?;
    let progress = screen::Progress::new(cases.len() as f64);
    let mut measured = Vec::with_capacity(cases.len());
    for case in &cases {
        progress.begin(&case.name(), 1.0);
        let report = |round: usize| progress.step(round as u64, args.rounds as u64, f64::NAN);
        measured.push(measure(
            engine.as_ref(),
            case,
            network.as_ref(),
            peer.as_mut(),
            peak,
            args.rounds,
            &report,
        )?);
        progress.end();
    }
    progress.clear();
    let mut machine = provenance::here(&args.engine);
    let mut fact = |key: &str, value: String| machine.push((key.into(), value));
    fact("instructions", format!("{:?}", Instructions::best()));
    fact(
        "FMA peak",
        peak.map_or("not measured".into(), |peak| format!("{peak:.0} GFLOP/s, {threads} threads")),
    );
    fact("peer", peer.as_ref().map_or("none".into(), |peer| peer.name.clone()));
    fact(
        "peak memory of this process",
        peak_memory_mb().map_or("unknown".into(), |mb| format!("{mb:.0} MB")),
    );
    let record = Record { machine, measured: &measured };
    if let Some(out) = &args.out {
        write_atomically(out, csv(&measured).as_bytes())?;
        write_atomically(&out.with_extension("json"), serde_json::to_string_pretty(&record)?.as_bytes())?;
        if let Some(figure) = figure::density(&measured)? {
            figure.save(&out.with_extension(""))?;
        }
    }
    screen::result(&match args.json {
        true => serde_json::to_string_pretty(&record)?,
        false => table(&record),
    });
    Ok(DONE)
}

fn measure(
    engine: &dyn Engine<f32>,
    case: &Case,
    network: Option<&Params<f32>>,
    mut peer: Option<&mut Peer>,
    peak: Option<f64>,
    rounds: usize,
    report: &dyn Fn(usize),
) -> Result<Measured> {
    let input = Input::new(case, network);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().context("cannot start a thread")?;
    let mut ours = Ours::new(engine, case.what, &input);
    let answer = ours.call();
    let theirs = peer.as_mut().map(|peer| peer.prepare(case, &input)).transpose()?;
    if let (Some(theirs), Some(peer)) = (theirs, &peer) {
        compare(case, &peer.name, answer, theirs)?;
    }
    let (mut all, mut alone, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        report(round);
        all.extend(time(|| {
            std::hint::black_box(ours.call());
        }));
        if let Some(peer) = &mut peer {
            others.extend(peer.time(CALLS, SECONDS)?);
        }
        alone.extend(one.install(|| {
            time(|| {
                std::hint::black_box(ours.call());
            })
        }));
    }
    let ours = Times::of(all);
    let gflops = 1e3 * input.gflop(case.what) / ours.min_ms;
    Ok(Measured {
        case: case.name(),
        shape: case.clone(),
        weights: input.params.layout().weights(),
        ours,
        one_thread: Times::of(alone),
        gflops,
        peak_percent: peak.map(|peak| 100.0 * gflops / peak),
        peer: (!others.is_empty()).then(|| Times::of(others)),
        loss: answer.loss,
        loss_deviation: theirs.map(|theirs| theirs.loss / answer.loss - 1.0),
    })
}

fn compare(case: &Case, name: &str, ours: Answer, theirs: Answer) -> Result<()> {
    let deviation = (theirs.loss / ours.loss - 1.0).abs().max((theirs.norm / ours.norm - 1.0).abs());
    anyhow::ensure!(
        deviation <= SAME_LOSS,
        "{}: {name} computes loss {} and gradient norm {}, we {} and {}: not the same computation",
        case.name(),
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

fn table(record: &Record) -> String {
    let mut text = String::new();
    for (key, value) in &record.machine {
        text += &format!("{key:<28} {value}\n");
    }
    text += &format!(
        "\n{:<27} {:>9} {:>9} {:>8} {:>6} {:>8} {:>10} {:>7} {:>7}\n",
        "case", "least ms", "median", "GFLOP/s", "peak %", "threads", "peer ms", "ratio", "median"
    );
    for m in record.measured {
        let peak = m.peak_percent.map_or("–".into(), |p| format!("{p:.1}"));
        let peer = m.peer.map_or("–".into(), |t| format!("{:.2}", t.min_ms));
        let ratio = |k: usize| m.ratios().map_or("–".into(), |r| format!("{:.2}×", r[k]));
        text += &format!(
            "{:<27} {:>9.3} {:>9.3} {:>8.1} {peak:>6} {:>8} {peer:>10} {:>7} {:>7}\n",
            m.case,
            m.ours.min_ms,
            m.ours.median_ms,
            m.gflops,
            format!("{:.2}×", m.scaling()),
            ratio(0),
            ratio(1)
        );
    }
    text + "\nratio: the peer's least time over ours; median: of the medians; threads: one thread's time over all threads'\n"
}

fn csv(measured: &[Measured]) -> String {
    let mut text = String::from(
        "case,what,width,side,density,weights,min_ms,median_ms,one_thread_min_ms,gflops,peak_percent,\
         peer_min_ms,peer_median_ms,ratio_min,ratio_median,loss,loss_deviation\n",
    );
    let optional = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.6e}"));
    for m in measured {
        let what = match m.shape.what {
            What::Gradient => "gradient",
            What::Adam => "adam",
            What::Maml => "maml",
        };
        text += &format!(
            "{},{what},{},{},{},{},{:.5},{:.5},{:.5},{:.2},{},{},{},{},{},{:.9e},{}\n",
            m.case,
            m.shape.width,
            m.shape.side,
            m.shape.density,
            m.weights,
            m.ours.min_ms,
            m.ours.median_ms,
            m.one_thread.min_ms,
            m.gflops,
            optional(m.peak_percent),
            optional(m.peer.map(|t| t.min_ms)),
            optional(m.peer.map(|t| t.median_ms)),
            optional(m.ratios().map(|r| r[0])),
            optional(m.ratios().map(|r| r[1])),
            m.loss,
            optional(m.loss_deviation)
        );
    }
    text
}
