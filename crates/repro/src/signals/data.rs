//! Signals as an engine sees them: opened once, decoded once, kept on disk ([`Cache`]) and, as far as they
//! fit, in memory.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use datasets::{DataError, DataSet, Held, Places, Signal, Split};
use inr_core::{Samples, grid};
use rayon::prelude::*;

use super::cache::Cache;
use crate::experiment::{SurfaceSpec, TestSpec};

/// Train signals of a data set are kept in memory up to this many bytes; those beyond come from the disk each time.
const KEEP_BYTES: usize = 1 << 29;

/// The data sets of one run of the program.
pub struct Data {
    roots: Vec<PathBuf>,
    cache: Option<PathBuf>,
    sets: Mutex<HashMap<String, Arc<OpenSet>>>,
}

/// An opened data set.
pub struct OpenSet {
    /// The index of its files.
    pub set: DataSet,
    /// Hash of its files' contents.
    pub fingerprint: String,
    cache: Option<Cache>,
    kept: Mutex<Kept>,
    grids: Mutex<HashMap<usize, Arc<Vec<f32>>>>,
}

/// Train signals in memory, by side and index.
#[derive(Default)]
struct Kept {
    signals: HashMap<(usize, usize), Samples<f32>>,
    bytes: usize,
}

impl Data {
    /// Data sets below these folders; the first that has a set wins. Preprocessed signals are kept in `cache`, if
    /// it is given.
    pub fn new(roots: Vec<PathBuf>, cache: Option<PathBuf>) -> Self {
        Self { roots, cache, sets: Mutex::default() }
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
        let cache = self.cache.as_deref().map(|folder| Cache::new(folder, &fingerprint));
        let open =
            Arc::new(OpenSet { set, fingerprint, cache, kept: Mutex::default(), grids: Mutex::default() });
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
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut missing = indices.to_vec();
        missing.sort_unstable();
        missing.dedup();
        {
            let kept = kept();
            missing.retain(|&index| !kept.signals.contains_key(&(side, index)));
        }
        let decoded = self.decode(Split::Train, &missing, side)?;
        let mut new: HashMap<usize, Samples<f32>> = missing.into_iter().zip(decoded).collect();
        let mut kept = kept();
        let found = |index: &usize| kept.signals.get(&(side, *index)).or_else(|| new.get(index)).cloned();
        let signals: Option<Vec<Samples<f32>>> = indices.iter().map(found).collect();
        for (index, samples) in new.drain() {
            let own_coords = if self.set.kind().coordinates == 3 { samples.coords.len() } else { 0 };
            let bytes = (samples.targets.len() + own_coords) * size_of::<f32>();
            if kept.bytes + bytes <= KEEP_BYTES {
                kept.bytes += bytes;
                kept.signals.insert((side, index), samples);
            }
        }
        signals.context("a signal that was just decoded is gone")
    }

    /// What the fit of the `place`-th of the test signals asked for is measured against, if it is a shape.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn held(&self, test: TestSpec, spec: SurfaceSpec, place: usize) -> Result<Option<Held>> {
        let index = self.test_indices(test)?[place];
        Ok(self.set.held(index, spec.sizes())?)
    }

    /// The names and samples of the test signals asked for, at a side.
    ///
    /// # Errors
    /// If there are fewer than asked for, or one cannot be decoded.
    pub fn test(&self, test: TestSpec, side: usize) -> Result<Vec<(String, Samples<f32>)>> {
        let indices = self.test_indices(test)?;
        let names = indices.iter().map(|&i| self.set.name(Split::Test, i).to_string());
        Ok(names.zip(self.decode(Split::Test, &indices, side)?).collect())
    }

    /// Their names alone.
    ///
    /// # Errors
    /// If there are fewer than asked for.
    pub fn test_names(&self, test: TestSpec) -> Result<Vec<String>> {
        let names = self.test_indices(test)?.into_iter().map(|i| self.set.name(Split::Test, i).to_string());
        Ok(names.collect())
    }

    fn test_indices(&self, test: TestSpec) -> Result<Vec<usize>> {
        Ok(self.set.choose(Split::Test, test.into())?)
    }

    /// Signals in the order of `indices`, from the cache or decoded in parallel.
    fn decode(&self, split: Split, indices: &[usize], side: usize) -> Result<Vec<Samples<f32>>> {
        let coords = self.grid(side);
        let values: Vec<Result<Vec<f32>, DataError>> =
            indices.par_iter().map(|&index| self.values(split, index, side)).collect();
        let signal = |(values, &index): (Result<Vec<f32>, DataError>, &usize)| {
            Ok(samples(self.set.signal(split, index, side, values?), &coords))
        };
        values.into_iter().zip(indices).map(signal).collect()
    }

    /// One grid for all signals of a side: engines share what they compute on it.
    fn grid(&self, side: usize) -> Arc<Vec<f32>> {
        let mut grids = self.grids.lock().unwrap_or_else(PoisonError::into_inner);
        grids.entry(side).or_insert_with(|| Arc::new(grid::square::<f32>(side))).clone()
    }

    fn values(&self, split: Split, index: usize, side: usize) -> Result<Vec<f32>, DataError> {
        let Some(cache) = &self.cache else { return self.set.values(split, index, side) };
        if let Some(values) = cache.read(split, index, side) {
            return Ok(values);
        }
        let values = self.set.values(split, index, side)?;
        cache.write(split, index, side, &values);
        Ok(values)
    }
}

/// A signal on the paper's grid, or at its own points.
pub fn samples(signal: Signal, grid: &Arc<Vec<f32>>) -> Samples<f32> {
    match signal.places {
        Places::Pixels => Samples::new(grid.clone(), signal.values, 2, signal.channels),
        Places::Points(points) => Samples::new(Arc::new(points), signal.values, 3, signal.channels),
    }
}
