//! The tensors of a golden trajectory: networks, the first meta-gradient, signals. All have to be of the log's sizes
//! and of one network before anything of these sizes is computed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use inr_core::file::TensorFile;
use inr_core::{Layout, LeafKind, Params};

use super::log::{Config, Log};

/// Values of signals, `[res · res, 3]` each.
type Signals = Vec<Vec<f64>>;

/// Everything but the log.
pub struct Tensors {
    /// The start.
    pub init: Params<f64>,
    /// Meta-gradient of step 0, as a network.
    pub gradient: Params<f64>,
    /// Networks after the phases that keep one.
    pub networks: BTreeMap<String, Params<f64>>,
    /// The training signals.
    pub train: Signals,
    /// The test signals.
    pub test: Signals,
}

impl Tensors {
    /// Reads the files beside a log.
    ///
    /// # Errors
    /// If a file is missing, damaged, of another network than `init.safetensors` or of other sizes than the log says,
    /// or if there is a network that belongs to no phase.
    pub fn read(dir: &Path, log: &Log) -> Result<Self> {
        check_names(dir, log)?;
        let signals = dir.join("signals.safetensors");
        let (train, test) = read_signals(&signals, log)?;
        let init = Network { path: path(dir, "init"), config: &log.config };
        let init = init.read_start(log)?;
        let like = init.layout();
        let network = |name: &str| Network { path: path(dir, name), config: &log.config };
        let gradient = network("meta_grad_step0").read_like(like, Pruned::No)?;
        let mut networks = BTreeMap::new();
        for phase in kept_phases(dir, log) {
            let pruned = if phase == "dense" { Pruned::No } else { Pruned::Yes };
            let read = network(&phase).read_like(like, pruned)?;
            networks.insert(phase, read);
        }
        Ok(Self { init, gradient, networks, train, test })
    }
}

fn path(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.safetensors"))
}

/// Phases whose network is part of the trajectory: those after which signals were fitted, and what else there is.
fn kept_phases(dir: &Path, log: &Log) -> Vec<String> {
    let fitted = log.fitted_phases();
    log.phases().into_iter().filter(|phase| fitted.contains(phase) || path(dir, phase).exists()).collect()
}

/// A network of no phase would not be compared.
fn check_names(dir: &Path, log: &Log) -> Result<()> {
    let mut known = log.phases();
    known.extend(["init", "signals", "meta_grad_step0"].map(String::from));
    for entry in std::fs::read_dir(dir).with_context(|| format!("{}", dir.display()))? {
        let file = entry.with_context(|| format!("{}", dir.display()))?.path();
        let is_tensors = file.extension().is_some_and(|extension| extension == "safetensors");
        let is_known = known.iter().any(|name| file == path(dir, name));
        ensure!(
            is_known || !is_tensors,
            "{}: belongs to no phase of log.json ({} rounds), so that it would not be compared; put it elsewhere",
            file.display(),
            log.config.rounds
        );
    }
    Ok(())
}

/// Whether a network has masks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pruned {
    Yes,
    No,
}

/// A file of a network, and what the log says of it.
struct Network<'a> {
    path: PathBuf,
    config: &'a Config,
}

impl Network<'_> {
    /// The start, which all others have to be like.
    fn read_start(&self, log: &Log) -> Result<Params<f64>> {
        let params = self.params(&TensorFile::read(&self.path)?, Pruned::No)?;
        for leaf in params.layout().leaves() {
            let (first, last) = (leaf.layer == 0, leaf.layer + 1 == params.layout().siren().layers());
            let rows = if last { 3 } else { self.config.width };
            let cols = if first { 2 } else { self.config.width };
            let expected = if leaf.kind == LeafKind::Weight { vec![rows, cols] } else { vec![rows] };
            let found =
                if leaf.kind == LeafKind::Weight { vec![leaf.rows, leaf.cols] } else { vec![leaf.rows] };
            self.check_shape(&leaf.name, &found, &expected, "log.json's config.width")?;
        }
        let layers = params.layout().siren().layers();
        for (i, pruned) in log.prune.iter().enumerate() {
            let (found, log) = (pruned.kept.len(), self.path.with_file_name("log.json"));
            ensure!(
                found == layers,
                "{}: prune[{i}].kept: {found} counts; init.safetensors has {layers} layers",
                log.display()
            );
        }
        Ok(params)
    }

    /// A network of the start's shape.
    fn read_like(&self, start: &Layout, pruned: Pruned) -> Result<Params<f64>> {
        let file = TensorFile::read(&self.path)?;
        for leaf in start.leaves() {
            let weight = [leaf.rows, leaf.cols];
            let expected = if leaf.kind == LeafKind::Weight { &weight[..] } else { &weight[..1] };
            self.check_shape(&leaf.name, file.shape_of_leaf(&leaf.name)?, expected, "init.safetensors")?;
        }
        let params = self.params(&file, pruned)?;
        let (found, expected) = (params.layout().siren().layers(), start.siren().layers());
        ensure!(
            found == expected,
            "{}: layers.{expected}.linear.weight: {found} layers; init.safetensors has {expected}",
            self.path.display()
        );
        Ok(params)
    }

    fn params(&self, file: &TensorFile, pruned: Pruned) -> Result<Params<f64>> {
        let (path, w0) = (self.path.display(), self.config.w0);
        let said = file.w0()?.unwrap_or(w0);
        ensure!(said == w0, "{path}: metadata: w0 is {said}; log.json's config.w0 is {w0}");
        let params: Params<f64> = file.params(w0)?;
        let has_masks = params.layout().weight_leaves().any(|leaf| leaf.kept.is_some());
        match pruned {
            Pruned::Yes => ensure!(has_masks, "{path}: no layers.L.linear.weight_mask; a round leaves masks"),
            Pruned::No => ensure!(!has_masks, "{path}: has masks; expected an unpruned network"),
        }
        Ok(params)
    }

    fn check_shape(&self, leaf: &str, found: &[usize], expected: &[usize], as_in: &str) -> Result<()> {
        ensure!(
            found == expected,
            "{}: {leaf}: shape {found:?}; expected {expected:?}, as {as_in} has it: a file of another network",
            self.path.display()
        );
        Ok(())
    }
}

/// The signals `train.0` …, `test.0` …, all of them.
fn read_signals(path: &Path, log: &Log) -> Result<(Signals, Signals)> {
    let file = TensorFile::read(path)?;
    let (train, test, res) = (log.train_files.len(), log.test_files.len(), log.config.res);
    let names = |of: &str, count: usize| (0..count).map(|i| format!("{of}.{i}")).collect::<Vec<_>>();
    let (train_names, test_names) = (names("train", train), names("test", test));
    let known: BTreeSet<&str> = train_names.iter().chain(&test_names).map(String::as_str).collect();
    if let Some(name) = file.names().find(|name| !known.contains(name)) {
        anyhow::bail!(
            "{}: {name}: none of the {train} training and {test} test signals that log.json names",
            path.display()
        );
    }
    let signal = |name: &String| -> Result<Vec<f64>> {
        let shape = file.shape(name)?;
        ensure!(
            shape == [3, res, res] && res > 0,
            "{}: {name}: shape {shape:?}; expected [3, {res}, {res}], as log.json's config.res says",
            path.display()
        );
        let (_, values) = file.get(name)?;
        let bad = values.iter().find(|v| !(**v as f32).is_finite());
        ensure!(
            bad.is_none(),
            "{}: {name}: holds {:?}; expected values in [0, 1]",
            path.display(),
            bad.unwrap_or(&0.0)
        );
        // [3, res, res] → [res · res, 3]
        let pixels = values.len() / 3;
        Ok((0..values.len()).map(|i| values[i % 3 * pixels + i / 3]).collect())
    };
    let all = |names: &[String]| names.iter().map(signal).collect::<Result<_>>();
    Ok((all(&train_names)?, all(&test_names)?))
}
