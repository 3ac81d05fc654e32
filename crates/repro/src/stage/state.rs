//! Training states on disk: the last two, each with the checksum of its contents and of the tables beside it.
//!
//! A state that is damaged, of another network, or whose tables do not hold what they held then, is said and not used: the
//! training goes on from the one before, or begins anew.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, ensure};
use inr_core::file::{FileError, TensorFile, save};
use inr_core::{Key, Params};
use meta::train::State;

use super::setting::Setting;
use crate::recipe::{TrainStage, siren};
use crate::store::{Growing, Run, Store};

const LAST: &str = "state.safetensors";
const BEFORE: &str = "state-before.safetensors";

pub(super) fn parent_dir(context: &Setting, parent: Option<&str>) -> Result<PathBuf> {
    parent.map(|id| context.store.dir(id)).ok_or_else(|| anyhow!("this stage needs a network to start from"))
}

/// The random network a chain begins with.
pub(super) fn initial(stage: &TrainStage) -> Result<Params<f32>> {
    Ok(siren(&stage.network, &stage.dataset)?.init(&Key::root(stage.seed).derive("init")))
}

/// What a training keeps beside its state.
pub(super) struct Log {
    /// The outer step it began at.
    pub first: u64,
    /// Seconds in earlier sessions.
    pub seconds: f64,
    /// Its tables, in the order in which their names were given.
    pub tables: Vec<Growing>,
}

impl Log {
    /// That of a training that begins at an outer step; `tables` are names and first lines.
    pub(super) fn begin(run: &Run, first: u64, tables: &[(&str, &str)]) -> Result<Self> {
        let tables = tables.iter().map(|(name, header)| Growing::begin(run, name, header));
        Ok(Self { first, seconds: 0.0, tables: tables.collect::<Result<_>>()? })
    }

    /// State and log that an earlier session saved, if there are some that can be used.
    ///
    /// # Errors
    /// If a state is there and cannot be read: it may be whole.
    pub(super) fn saved(
        context: &Setting,
        stage: &TrainStage,
        run: &Run,
        tables: &[(&str, &str)],
    ) -> Result<Option<(State<f32>, Self)>> {
        for name in [LAST, BEFORE] {
            if !run.path(name).exists() {
                continue;
            }
            match resume(context.store, run, name, stage, tables) {
                Ok(training) => return Ok(Some(training)),
                Err(error) if error.downcast_ref().and_then(FileError::io).is_some() => return Err(error),
                Err(error) => {
                    (context.note)(&format!(
                        "{error:#}: not used; going on from the state before it, or anew"
                    ));
                }
            }
        }
        Ok(None)
    }

    /// Saves a state after `seconds` in all sessions; the one saved before it is kept.
    pub(super) fn save(&self, run: &Run, state: &State<f32>, seconds: f64) -> Result<()> {
        let marks = self.tables.iter().map(Growing::mark).collect::<Result<Vec<String>>>()?;
        let metadata = [
            ("run", run.id()),
            ("outer_step", state.step.to_string()),
            ("first_step", self.first.to_string()),
            ("seconds", seconds.to_string()),
            ("tables", marks.join("\n")),
        ];
        let last = run.path(LAST);
        if last.exists() {
            std::fs::rename(&last, run.path(BEFORE)).with_context(|| last.display().to_string())?;
        }
        Ok(save(&last, &state.params, Some(&state.adam), &metadata)?)
    }

    /// Takes the state before the last away: the training is through.
    pub(super) fn end(run: &Run) {
        std::fs::remove_file(run.path(BEFORE)).ok();
    }
}

fn resume(
    store: &Store,
    run: &Run,
    name: &str,
    stage: &TrainStage,
    tables: &[(&str, &str)],
) -> Result<(State<f32>, Log)> {
    let (file, state) = read(store, &run.id(), name, stage)?;
    let place = || run.path(name).display().to_string();
    let marks = file.metadata("tables").with_context(|| format!("{}: no tables", place()))?;
    let marks: Vec<&str> = marks.split('\n').collect();
    ensure!(marks.len() == tables.len(), "{}: {} tables", place(), marks.len());
    let tables = tables.iter().zip(marks).map(|((table, _), mark)| Growing::resume(run, table, mark));
    let tables = tables.collect::<Result<_>>().with_context(place)?;
    let (first, seconds) = (number(&file, "first_step")?, number(&file, "seconds")?);
    ensure!(
        (first..=first + stage.steps).contains(&state.step),
        "{}: step {} of a training of {} steps from step {first}",
        place(),
        state.step,
        stage.steps
    );
    Ok((state, Log { first, seconds, tables }))
}

/// The state in which the training of a run ended.
pub(super) fn load_state(store: &Store, id: &str, stage: &TrainStage) -> Result<State<f32>> {
    Ok(read(store, id, LAST, stage)?.1)
}

fn read(store: &Store, id: &str, name: &str, stage: &TrainStage) -> Result<(TensorFile, State<f32>)> {
    let path = store.dir(id).join(name);
    let file = TensorFile::read_own(&path)?;
    ensure!(file.metadata("run") == Some(id), "{}: the state of another run", path.display());
    let params: Params<f32> = file.params(stage.network.w0)?;
    ensure!(
        *params.layout().siren() == siren(&stage.network, &stage.dataset)?,
        "{}: the state of another network",
        path.display()
    );
    let adam = file.adam(stage.meta.outer_lr, params.layout().len())?;
    let step = number(&file, "outer_step").with_context(|| path.display().to_string())?;
    Ok((file, State { params, adam, step }))
}

/// A number among the metadata of a saved state.
fn number<N: FromStr>(file: &TensorFile, key: &str) -> Result<N> {
    file.metadata(key).and_then(|text| text.parse().ok()).with_context(|| format!("no {key}"))
}
