//! Training states on disk.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Result, anyhow};
use inr_core::file::{TensorFile, save};
use inr_core::{Key, Params};
use meta::train::State;

use super::setting::Setting;
use crate::recipe::{TrainStage, siren};
use crate::store::Run;

pub(super) fn parent_dir(context: &Setting, parent: Option<&str>) -> Result<PathBuf> {
    parent.map(|id| context.store.dir(id)).ok_or_else(|| anyhow!("this stage needs a network to start from"))
}

/// The random network a chain begins with.
pub(super) fn initial(stage: &TrainStage) -> Result<Params<f32>> {
    Ok(siren(&stage.network, &stage.dataset)?.init(&Key::root(stage.seed).derive("init")))
}

/// A saved training state.
pub(super) fn load_state(path: &Path, stage: &TrainStage) -> Result<State<f32>> {
    let file = TensorFile::read(path)?;
    let params: Params<f32> = file.params(stage.network.w0)?;
    let adam = file.adam(stage.meta.outer_lr, params.layout().len())?;
    Ok(State { params, adam, step: number_of(&file, path, "outer_step")? })
}

/// A number among the metadata of a saved state.
pub(super) fn number_of<N: FromStr>(file: &TensorFile, path: &Path, key: &str) -> Result<N> {
    let number = file.metadata(key).and_then(|text| text.parse().ok());
    number.ok_or_else(|| anyhow!("{}: no {key}; delete the file to begin this stage anew", path.display()))
}

pub(super) fn save_state(run: &Run, state: &State<f32>, first: u64, seconds: f64) -> Result<()> {
    let metadata = [
        ("outer_step", state.step.to_string()),
        ("first_step", first.to_string()),
        ("seconds", seconds.to_string()),
    ];
    Ok(save(&run.path("state.safetensors"), &state.params, Some(&state.adam), &metadata)?)
}
