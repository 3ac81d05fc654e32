//! Another program that computes the same: a Python process that is asked in turns with ours.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use inr_core::file::write_atomically;
use inr_core::params::to_full;
use inr_core::{Leaf, Real};
use serde_json::{Value, json};

use super::case::{Answer, Case, FIT_LR, INNER, Input};

const SCRIPT: &str = include_str!("torch_peer.py");

/// A running peer.
pub struct Peer {
    /// Name and version.
    pub name: String,
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
}

impl Peer {
    /// PyTorch with a number of threads, in a virtual environment that is made at `home` if it is not there.
    ///
    /// # Errors
    /// If Python is missing, PyTorch cannot be installed, or the process does not answer.
    pub fn torch(home: &Path, threads: usize) -> Result<Self> {
        let python = environment(home)?;
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let script = folder.path().join("torch_peer.py");
        fs::write(&script, SCRIPT).with_context(|| format!("cannot write {}", script.display()))?;
        let mut process = Command::new(&python)
            .args(["-W", "ignore"])
            .arg(&script)
            .arg(threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", python.display()))?;
        let questions = process.stdin.take().context("a peer without stdin")?;
        let answers = BufReader::new(process.stdout.take().context("a peer without stdout")?);
        let mut peer = Self { name: String::new(), process, questions, answers, folder };
        peer.name = peer.answer()?["version"].as_str().context("a peer says its version first")?.into();
        Ok(peer)
    }

    /// Gives the peer a case; what it computes at its first call.
    ///
    /// # Errors
    /// If the case cannot be written or the peer fails on it.
    pub fn prepare(&mut self, case: &Case, input: &Input) -> Result<Answer> {
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
            "folder": self.folder.path(),
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
        let number = |key: &str| answer[key].as_f64().with_context(|| format!("{}: no {key}", self.name));
        Ok(Answer { loss: number("loss")?, norm: number("norm")? })
    }

    /// Seconds of calls: at least `calls` of them, for at least `seconds`.
    ///
    /// # Errors
    /// If the peer fails.
    pub fn time(&mut self, calls: usize, seconds: f64) -> Result<Vec<f64>> {
        let answer = self.ask(&json!({"calls": calls, "seconds": seconds}))?;
        let times: Vec<f64> = answer["seconds"]
            .as_array()
            .map(|times| times.iter().filter_map(Value::as_f64).collect())
            .unwrap_or_default();
        ensure!(times.len() >= calls, "{}: {} times instead of {calls}", self.name, times.len());
        Ok(times)
    }

    fn ask(&mut self, question: &Value) -> Result<Value> {
        writeln!(self.questions, "{question}").with_context(|| format!("{} has ended", self.name))?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the peer {} ended; its message is above", self.name);
        serde_json::from_str(&line).with_context(|| format!("{} answered {line:?}", self.name))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The Python of a virtual environment with PyTorch; makes it if it is not there.
fn environment(home: &Path) -> Result<PathBuf> {
    let python = home.join("bin/python");
    let runs = |command: &mut Command| -> Result<()> {
        let status = command.stdout(Stdio::null()).status().with_context(|| format!("{command:?}"))?;
        if !status.success() {
            bail!("{command:?}: {status}; delete {} to begin again", home.display());
        }
        Ok(())
    };
    let has_torch = |python: &Path| {
        let check = Command::new(python).args(["-c", "import torch"]).stderr(Stdio::null()).status();
        check.is_ok_and(|status| status.success())
    };
    if !has_torch(&python) {
        crate::screen::note(&format!("installing PyTorch from PyPI into {} (minutes)", home.display()));
        runs(Command::new("python3").args(["-m", "venv"]).arg(home))?;
        runs(Command::new(&python).args(["-m", "pip", "install", "--quiet", "torch>=2.9"]))?;
    }
    Ok(python)
}
