//! Reconstructions of test signals, as the stages behind them see them: fitted networks, or values.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use inr_core::file::{Array, TensorFile, save_arrays};
use inr_core::{Samples, grid};

use super::fitted::Fitted;
use super::setting::Setting;
use super::state::parent_dir;
use crate::recipe::View;
use crate::store::Run;

/// Values of enlarged pictures: `values` [signals, pixels · channels].
const VALUES: &str = "values.safetensors";

/// Where the values of reconstructions come from.
pub(super) enum Reconstructed {
    /// From networks.
    Networks(Fitted),
    /// They are the reconstructions: [signals][pixels · channels].
    Values(Vec<Vec<f32>>),
}

impl Reconstructed {
    /// Those of the stage before.
    pub(super) fn open(context: &Setting, parent: Option<&str>) -> Result<Self> {
        let dir = parent_dir(context, parent)?;
        match dir.join(VALUES).exists() {
            true => Ok(Self::Values(read_values(&dir.join(VALUES))?)),
            false => networks(context, parent).map(Self::Networks),
        }
    }

    /// The values of the reconstruction at a place, on coordinates.
    pub(super) fn values(&self, context: &Setting, place: usize, coords: &[f32]) -> Vec<f32> {
        match self {
            Self::Networks(fitted) => context.engine.forward(&fitted.params(place), coords),
            Self::Values(values) => values[place].clone(),
        }
    }
}

/// The fitted networks of the stage before.
pub(super) fn networks(context: &Setting, parent: Option<&str>) -> Result<Fitted> {
    let dir = parent_dir(context, parent)?;
    let id = parent.context("no stage before")?;
    let manifest = context.store.manifest(id).with_context(|| format!("{}: no manifest", dir.display()))?;
    let initial = parent_dir(context, manifest.parent.as_deref())?.join("params.safetensors");
    Fitted::open(&dir, TensorFile::read_own(&initial)?.params(0.0)?)
}

/// Keeps the values of reconstructions that are no networks.
pub(super) fn keep_values(run: &Run, values: &[Vec<f32>]) -> Result<()> {
    let shape = vec![values.len(), values.first().map_or(0, Vec::len)];
    Ok(save_arrays(&run.path(VALUES), &[("values", shape, Array::F32(values.concat()))], &[])?)
}

fn read_values(path: &Path) -> Result<Vec<Vec<f32>>> {
    let file = TensorFile::read_own(path)?;
    let (shape, values) = file.get("values")?;
    ensure!(shape.len() == 2 && shape[1] > 0, "{}: values of shape {shape:?}", path.display());
    let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
    Ok(values.chunks_exact(shape[1]).map(<[f32]>::to_vec).collect())
}

/// The signals of a view, on the coordinates at which they are compared.
pub(super) fn signals(context: &Setting, view: &View) -> Result<Vec<(String, Samples<f32>)>> {
    let signals = context.data.open(&view.dataset)?.test(view.test, view.side())?;
    let Some(factor) = view.render else { return Ok(signals) };
    let coords = Arc::new(grid::finer(view.resolution, factor));
    let finer =
        |(name, samples): (String, Samples<f32>)| (name, Samples { coords: coords.clone(), ..samples });
    Ok(signals.into_iter().map(finer).collect())
}
