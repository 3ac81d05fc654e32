//! Another program that computes the same: a Python process that is asked in turns with ours.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use anyhow::{Context, Result, ensure};
use inr_core::file::write_atomically;
use inr_core::params::to_full;
use inr_core::{Leaf, Real};
use serde_json::{Value, json};

use super::case::{Answer, Case, FIT_LR, INNER, Input};
use super::environment::{Environment, PeerName};

/// The peers' side: `protocol.py` for all, a script for each.
const SCRIPTS: [(&str, &str); 4] = [
    ("protocol.py", include_str!("peers/protocol.py")),
    ("torch_peer.py", include_str!("peers/torch_peer.py")),
    ("jax_peer.py", include_str!("peers/jax_peer.py")),
    ("sparseprop_peer.py", include_str!("peers/sparseprop_peer.py")),
];

/// A running peer.
pub struct Peer {
    /// Which one.
    pub name: PeerName,
    /// Name and version, as it says them.
    pub version: String,
    /// Its packages, `name==version`.
    pub packages: Vec<String>,
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
}

impl Peer {
    /// Starts a peer with a number of threads, in its environment below `target`.
    ///
    /// # Errors
    /// If Python is missing, the peer cannot be installed, or the process does not answer.
    pub fn start(name: PeerName, target: &Path, threads: usize) -> Result<Self> {
        let environment = Environment::of(name, target)?;
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        for (script, text) in SCRIPTS {
            let path = folder.path().join(script);
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let mut process = environment
            .command()?
            .args(["-W", "ignore"])
            .arg(format!("{name}_peer.py"))
            .current_dir(folder.path())
            .arg(threads.to_string())
            .env("OMP_NUM_THREADS", threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", environment.python.display()))?;
        let questions = process.stdin.take().context("a peer without stdin")?;
        let answers = BufReader::new(process.stdout.take().context("a peer without stdout")?);
        let packages = environment.packages()?;
        let mut peer =
            Self { name, version: name.to_string(), packages, process, questions, answers, folder };
        peer.version = peer.answer()?["version"].as_str().context("a peer says its version first")?.into();
        Ok(peer)
    }

    /// Gives the peer a case; what it computes at its first call, or nothing if it cannot compute that.
    ///
    /// # Errors
    /// If the case cannot be written or the peer fails on it.
    pub fn prepare(&mut self, case: &Case, input: &Input) -> Result<Option<Answer>> {
        let write = |name: String, values: &[f32]| {
            let mut bytes = Vec::with_capacity(4 * values.len());
            values.iter().for_each(|&v| v.push_le(&mut bytes));
            write_atomically(&self.folder.path().join(name), &bytes)
        };
        let (params, layout) = (&input.params, input.params.layout());
        let full = |leaf: &Leaf, values: &[f32]| to_full(leaf, values);
        for l in 0..layout.siren().layers() {
            let (weight, bias) = (layout.weight(l), layout.bias(l));
            write(format!("w{l}"), &full(weight, params.leaf(weight)))?;
            write(format!("b{l}"), params.leaf(bias))?;
            write(format!("m{l}"), &full(weight, &vec![1.0; weight.len()]))?;
        }
        write("coords".into(), &input.tasks[0].coords)?;
        for (t, task) in input.tasks.iter().enumerate() {
            write(format!("y{t}"), &task.targets)?;
        }
        let siren = layout.siren();
        let answer = self.ask(&json!({
            "folder": ".", // where it runs: JSON has no words for a folder that is not UTF-8
            "what": case.what,
            "widths": siren.widths,
            "w0": siren.w0,
            "n": case.side * case.side,
            "masked": layout.weights() < siren.weights(),
            "tasks": input.tasks.len(),
            "inner_steps": INNER.steps,
            "inner_lr": INNER.lr,
            "fit_lr": FIT_LR,
        }))?;
        if answer.get("not_computed").is_some() {
            return Ok(None);
        }
        let number = |key: &str| answer[key].as_f64().with_context(|| format!("{}: no {key}", self.version));
        Ok(Some(Answer { loss: number("loss")?, norm: number("norm")? }))
    }

    /// Seconds of calls: at least `calls` of them, for at least `seconds`.
    ///
    /// # Errors
    /// If the peer fails.
    pub fn time(&mut self, calls: usize, seconds: f64) -> Result<Vec<f64>> {
        let answer = self.ask(&json!({"calls": calls, "seconds": seconds}))?;
        let times = answer["seconds"].as_array().with_context(|| format!("{}: no seconds", self.version))?;
        let times: Option<Vec<f64>> = times.iter().map(Value::as_f64).collect();
        let times = times.with_context(|| format!("{}: seconds that are no numbers", self.version))?;
        ensure!(times.len() >= calls, "{}: {} times instead of {calls}", self.version, times.len());
        Ok(times)
    }

    fn ask(&mut self, question: &Value) -> Result<Value> {
        writeln!(self.questions, "{question}").with_context(|| format!("{} has ended", self.version))?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the peer {} ended; its message is above", self.version);
        serde_json::from_str(&line).with_context(|| format!("{} answered {line:?}", self.version))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
