//! Signals as an engine sees them: opened once, decoded once, kept in memory where they fit.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use datasets::{Choice, DataSet, Signal, Split};
use inr_core::{Samples, grid};

use crate::recipe::FitStage;
use crate::spec::ChoiceName;

/// Decoded signals are kept in memory up to this many bytes a data set and size; above it, each step decodes its own.
const KEEP_BYTES: usize = 2 << 30;

/// The data sets of one run of the program.
pub struct Data {
    roots: Vec<PathBuf>,
    sets: Mutex<HashMap<String, Arc<OpenSet>>>,
}

/// An opened data set.
pub struct OpenSet {
    /// The index of its files.
    pub set: DataSet,
    /// Hash of its files' contents.
    pub fingerprint: String,
    train: Mutex<HashMap<usize, Arc<Vec<Samples<f32>>>>>,
}

impl Data {
    /// Data sets below these folders; the first that has a set wins.
    pub fn new(roots: Vec<PathBuf>) -> Self {
        Self { roots, sets: Mutex::default() }
    }

    /// Opens a data set, once.
    ///
    /// # Errors
    /// If it is nowhere, damaged or incomplete; the message says how to get it.
    pub fn open(&self, name: &str) -> Result<Arc<OpenSet>> {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = sets.get(name) {
            return Ok(set.clone());
        }
        let set = datasets::open(name, &self.roots)?;
        let fingerprint = set.fingerprint().with_context(|| format!("data set {name}"))?;
        let open = Arc::new(OpenSet { set, fingerprint, train: Mutex::default() });
        sets.insert(name.into(), open.clone());
        Ok(open)
    }
}

impl OpenSet {
    /// Checks that a step can draw its signals.
    ///
    /// # Errors
    /// If the train split has fewer signals than a step needs.
    pub fn check_train(&self, tasks: usize) -> Result<()> {
        let found = self.set.len(Split::Train);
        ensure!(
            found >= tasks,
            "{}: {found} train signals, but an outer step needs {tasks}; set meta.tasks lower or add signals",
            self.set.root().display()
        );
        Ok(())
    }

    /// The train signals of these indices.
    ///
    /// # Errors
    /// If one cannot be decoded.
    pub fn train(&self, indices: &[usize], side: usize) -> Result<Vec<Samples<f32>>> {
        let count = self.set.len(Split::Train);
        if count * side * side * 3 * size_of::<f32>() > KEEP_BYTES {
            return self.decode(Split::Train, indices, side);
        }
        let kept = {
            let mut train = self.train.lock().unwrap_or_else(PoisonError::into_inner);
            match train.get(&side) {
                Some(kept) => kept.clone(),
                None => {
                    let all: Vec<usize> = (0..count).collect();
                    let decoded = Arc::new(self.decode(Split::Train, &all, side)?);
                    train.insert(side, decoded.clone());
                    decoded
                }
            }
        };
        Ok(indices.iter().map(|&i| kept[i].clone()).collect())
    }

    /// The names and samples of the test signals a fit asks for.
    ///
    /// # Errors
    /// If there are fewer than asked for, or one cannot be decoded.
    pub fn test(&self, fit: &FitStage) -> Result<Vec<(String, Samples<f32>)>> {
        let count = fit.test.signals;
        let choice = match fit.test.choice {
            ChoiceName::FirstByPath => Choice::FirstByPath { count },
            ChoiceName::Stratified => Choice::Stratified { count },
        };
        let indices = self.set.choose(Split::Test, choice)?;
        let names = indices.iter().map(|&i| self.set.name(Split::Test, i).to_string());
        Ok(names.zip(self.decode(Split::Test, &indices, fit.resolution)?).collect())
    }

    fn decode(&self, split: Split, indices: &[usize], side: usize) -> Result<Vec<Samples<f32>>> {
        let coords = Arc::new(grid::square::<f32>(side));
        let signals = self.set.load_many(split, indices, side)?;
        Ok(signals.into_iter().map(|signal| samples(signal, &coords)).collect())
    }
}

/// A signal on the paper's grid.
pub fn samples(signal: Signal, coords: &Arc<Vec<f32>>) -> Samples<f32> {
    Samples::new(coords.clone(), signal.values, 2, signal.channels)
}
