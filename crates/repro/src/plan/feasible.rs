//! Whether the data sets have what the cells ask for: as many test and train signals, and sides that large.
//!
//! All of it is known when the plan is made, so it is said then, and by `--dry-run`: not after months of training.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use datasets::Split;

use crate::experiment::{Experiment, RowSpec, Settings};
use crate::recipe::{Cell, FitStage, Stage, TrainStage, View};
use crate::signals::{Data, OpenSet};

/// Refuses cells whose stages would fail for lack of signals or pixels.
///
/// # Errors
/// A line for each thing that is asked for and not there: key, number asked for, data set, number there. If a data set
/// cannot be opened, what [`Data::open`] says.
pub fn check(experiment: &Experiment, cells: &[Cell], data: &Data) -> Result<()> {
    let mut lacking = BTreeSet::new();
    for cell in cells {
        let place = Place::of(experiment, cell);
        for stage in &cell.stages {
            let set = data.open(stage.dataset())?;
            match stage {
                Stage::Dense(train) => lacks_for_training(&place, train, &set, data, &mut lacking)?,
                Stage::Round(round) => lacks_for_training(&place, &round.train, &set, data, &mut lacking)?,
                Stage::Fit(FitStage { test, resolution, .. }) => {
                    lacking.extend(place.signals("test", "signals", test.signals, &set, Split::Test));
                    if !cell.is_rendered() {
                        lacking.extend(place.side(["signal", "resolution"], "", *resolution, &set));
                    }
                }
                Stage::Upscale(upscale) => {
                    lacking.extend(place.signals("test", "signals", upscale.test.signals, &set, Split::Test));
                }
                // The same signals.
                Stage::Derived(_) | Stage::Time(_) => {}
            }
        }
        if let View { dataset, resolution, render: Some(factor), .. } = &cell.view {
            lacking.extend(sides(&place, *resolution, *factor, &*data.open(dataset)?));
        }
    }
    match lacking.is_empty() {
        true => Ok(()),
        false => bail!("{}", Vec::from_iter(lacking).join("\n")),
    }
}

fn lacks_for_training(
    place: &Place,
    train: &TrainStage,
    set: &OpenSet,
    data: &Data,
    lacking: &mut BTreeSet<String>,
) -> Result<()> {
    lacking.extend(place.signals("meta", "tasks", train.meta.tasks, set, Split::Train));
    let is_coarser = train.resolution != place.settings.signal.resolution;
    let key = if is_coarser { ["accelerate", "dense_resolution"] } else { ["signal", "resolution"] };
    lacking.extend(place.side(key, "", train.resolution, set));
    let probe = train.accelerated.as_ref().and_then(|accelerated| accelerated.probe.as_ref());
    if let Some(FitStage { dataset, test, resolution, .. }) = probe.map(|probe| &probe.fit) {
        let probed = data.open(dataset)?;
        lacking.extend(place.signals("accelerate", "probe.signals", test.signals, &probed, Split::Test));
        lacking.extend(place.side(["signal", "resolution"], "", *resolution, &probed));
    }
    Ok(())
}

/// The side of fits, and the finer one they are judged at.
fn sides(place: &Place, resolution: usize, factor: usize, set: &OpenSet) -> Vec<String> {
    let small = place.side(["superresolution", "resolution"], "", resolution, set);
    let words = format!(" × factor {factor} of superresolution.factors");
    let large = place.side(["superresolution", "resolution"], &words, resolution.saturating_mul(factor), set);
    small.into_iter().chain(large).collect()
}

/// Where in the experiment's file the numbers of a cell stand.
struct Place<'a> {
    row: Option<&'a RowSpec>,
    settings: Settings,
}

impl<'a> Place<'a> {
    fn of(experiment: &'a Experiment, cell: &Cell) -> Self {
        let is_of = |row: &&RowSpec| row.name() == cell.line && row.rounds.contains(&cell.round);
        let trained_on = cell.trained_on.as_deref().unwrap_or_else(|| cell.source());
        let asked = |row: &&RowSpec| {
            row.datasets.as_ref().is_none_or(|names| names.iter().any(|name| name == trained_on))
        };
        let row = experiment.row.iter().filter(is_of).find(asked);
        let settings = row.map_or(&experiment.settings, |row| experiment.settings_of(row)).clone();
        Self { row, settings }
    }

    /// `test.signals`, or `[[row]] NAME set: test.signals` where the row says it for itself.
    fn key(&self, [section, key]: [&str; 2]) -> String {
        let own = self.row.filter(|row| {
            let section = row.set.as_ref().and_then(|set| set.get(section));
            section.is_some_and(|section| key.split('.').try_fold(section, |at, key| at.get(key)).is_some())
        });
        own.map_or(format!("{section}.{key}"), |row| format!("[[row]] {} set: {section}.{key}", row.name()))
    }

    fn signals(&self, section: &str, key: &str, asked: usize, set: &OpenSet, split: Split) -> Option<String> {
        let found = set.set.len(split);
        let what = if split == Split::Train { "train" } else { "test" };
        let (key, dataset) = (self.key([section, key]), set.set.kind().name);
        (asked > found).then(|| {
            let place = set.set.root().display();
            format!(
                "{key} = {asked}: {asked} {what} signals are asked for, but {dataset} ({place}) has {found}; \
                 set it to at most {found}, or add signals"
            )
        })
    }

    fn side(&self, key: [&str; 2], words: &str, side: usize, set: &OpenSet) -> Option<String> {
        let kind = set.set.kind();
        let (least, most) = (kind.smallest_side, kind.largest_side);
        (side < least || side > most).then(|| {
            format!(
                "{}{words} = {side}: a side of {side} is asked for, but signals of {} have sides of {least} to {most}",
                self.key(key),
                kind.name
            )
        })
    }
}
