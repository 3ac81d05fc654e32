//! Where peers live: a virtual environment of Python for each, made once from PyPI.
//!
//! PyTorch's is `target/peers`, the others' are `target/peers-NAME`. SparseProp is an extension of PyTorch, which it
//! finds in PyTorch's environment; it is compiled for this machine when it is installed.

use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde::Serialize;

/// A program that computes the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PeerName {
    /// PyTorch, eager.
    Torch,
    /// JAX, jit.
    Jax,
    /// SparseProp, sparse layers for PyTorch.
    Sparseprop,
}

impl Display for PeerName {
    fn fmt(&self, f: &mut Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Self::Torch => "torch",
            Self::Jax => "jax",
            Self::Sparseprop => "sparseprop",
        })
    }
}

/// A Python that has what a peer needs.
pub struct Environment {
    /// The interpreter.
    pub python: PathBuf,
    /// Folders of modules beside its own.
    pub modules: Vec<PathBuf>,
}

impl Environment {
    /// The environment of a peer below `target`; makes it if it is not there.
    ///
    /// # Errors
    /// If Python is missing or a package cannot be installed; the message has pip's last words.
    pub fn of(name: PeerName, target: &Path) -> Result<Self> {
        match name {
            PeerName::Torch => {
                let home = target.join("peers");
                Self::make(home, "import torch", &[&["torch>=2.9"]], Vec::new())
            }
            PeerName::Jax => {
                let home = target.join("peers-jax");
                Self::make(home, "import jax", &[&["jax>=0.5"]], Vec::new())
            }
            PeerName::Sparseprop => {
                let torch = Self::of(PeerName::Torch, target)?.modules()?;
                // It asks for PyTorch when it runs and for pybind11 when it is built, and declares neither.
                let packages: [&[&str]; 2] = [
                    &["setuptools", "wheel", "pybind11", "scipy"],
                    &["--no-build-isolation", "sparseprop==0.1.14"],
                ];
                let home = target.join("peers-sparseprop");
                Self::make(home, "import torch, sparseprop.modules", &packages, vec![torch])
            }
        }
    }

    fn make(home: PathBuf, check: &str, packages: &[&[&str]], modules: Vec<PathBuf>) -> Result<Self> {
        let environment = Self { python: home.join("bin/python"), modules };
        if output(environment.command().args(["-c", check])).is_ok() {
            return Ok(environment);
        }
        let last = packages.last().and_then(|names| names.last()).unwrap_or(&"nothing");
        crate::screen::note(&format!("installing {last} from PyPI into {} (minutes)", home.display()));
        let begin_again = || format!("delete {} to begin again", home.display());
        output(Command::new("python3").args(["-m", "venv"]).arg(&home)).with_context(begin_again)?;
        for names in packages {
            let mut pip = Command::new(&environment.python);
            // Building a package calls the first `python3` and `pip` of the path: let them be this environment's.
            let path = std::env::var_os("PATH").unwrap_or_default();
            let path = std::iter::once(home.join("bin")).chain(std::env::split_paths(&path));
            pip.env("PATH", std::env::join_paths(path)?).args(["-m", "pip", "install", "--quiet"]);
            output(pip.args(*names)).with_context(begin_again)?;
        }
        output(environment.command().args(["-c", check])).with_context(begin_again)?;
        Ok(environment)
    }

    /// The interpreter, told where its modules are.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.python);
        if let Ok(path) = std::env::join_paths(&self.modules) {
            command.env("PYTHONPATH", path);
        }
        command
    }

    /// The folder of its own modules.
    fn modules(&self) -> Result<PathBuf> {
        let ask = "import sysconfig; print(sysconfig.get_path('purelib'))";
        Ok(PathBuf::from(output(self.command().args(["-c", ask]))?.trim()))
    }
}

/// What a command prints.
fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let last_words = lines[lines.len().saturating_sub(8)..].join("\n");
        bail!("{:?} ended with {}:\n{last_words}", command.get_program(), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into())
}
