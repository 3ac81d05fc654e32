//! SHREC16's `all.csv`: which models of ShapeNetCore are for training and for test.
//!
//! Columns id, synsetId, subSynsetId, modelId, split, or with underscores as tensorflow-graphics writes them; `val` is
//! not used. A model counts by its id, whatever synset it stands in: the same id is the same shape. An id that is in two
//! parts is refused, for it would be trained on and tested on; twice in one part it is the same statement twice.

use super::model::Model;
use crate::error::DataError;
use crate::files::folder::text;
use crate::left_out::{NAMED, first_names};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const REMEDY: &str = "Get all.csv of SHREC16's ShapeNet split again, or remove it to split by hashes";

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Train,
    Validation,
    Test,
}

/// A line of the list.
struct Line {
    number: usize,
    part: Part,
    /// Where the list has the column.
    synset: Option<String>,
}

/// The models that are listed, by their ids.
pub(super) struct Listed {
    models: BTreeMap<String, Line>,
}

/// Reads the list.
///
/// # Errors
/// A file that cannot be read, has no such columns, a line without a model and its part, or a model in two parts.
pub(super) fn read(list: &Path) -> Result<Listed, DataError> {
    let wrong = |problem: String| DataError::layout(list, problem, REMEDY);
    let text = text(list, REMEDY)?;
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header = cells(lines.next().map_or("", |(_, line)| line));
    let column = |names: [&str; 2]| header.iter().position(|cell| names.contains(cell));
    let needed = |names: [&str; 2]| {
        column(names).ok_or_else(|| wrong(format!("its first line has no column `{}`", names[0])))
    };
    let (id, split) = (needed(["modelId", "model_id"])?, needed(["split", "split"])?);
    let synset = column(["synsetId", "synset_id"]);
    let mut models = BTreeMap::new();
    for (index, line) in lines {
        let (number, cells) = (index + 1, cells(line));
        let part = cells.get(split).and_then(|split| part_of(split));
        let (Some(id), Some(part)) = (cells.get(id).filter(|id| !id.is_empty()), part) else {
            return Err(wrong(format!("line {number} has no model and a split of train, val or test")));
        };
        let synset = synset.and_then(|synset| Some(cells.get(synset)?.to_string()));
        let first = models.entry(id.to_string()).or_insert(Line { number, part, synset });
        if first.part != part {
            let problem = format!(
                "the model {id} is for {} in line {} and for {} in line {number}",
                word(first.part),
                first.number,
                word(part)
            );
            return Err(DataError::layout(list, problem, "Take one of the two lines out"));
        }
    }
    Ok(Listed { models })
}

/// Comma-separated cells, without blanks around them.
fn cells(line: &str) -> Vec<&str> {
    line.split(',').map(str::trim).collect()
}

fn part_of(split: &str) -> Option<Part> {
    [Part::Train, Part::Validation, Part::Test].into_iter().find(|part| word(*part) == split)
}

/// As the list writes it.
fn word(part: Part) -> &'static str {
    match part {
        Part::Train => "train",
        Part::Validation => "val",
        Part::Test => "test",
    }
}

impl Listed {
    /// What the model of this id is for, if it is listed.
    pub fn part(&self, id: &str) -> Option<Part> {
        self.models.get(id).map(|line| line.part)
    }

    /// Says which models that are there are not used.
    pub fn not_used(&self, models: &[Model]) -> Vec<String> {
        let of = |part: Option<Part>, why: &str| {
            let not_used: Vec<&str> = models
                .iter()
                .filter(|model| self.part(&model.family) == part)
                .map(|model| model.folder())
                .collect();
            let count = not_used.len();
            (count > 0).then(|| {
                format!("{count} models are {why} and are left out: {}", first_names(&not_used, NAMED))
            })
        };
        let reasons = [of(None, "not in all.csv"), of(Some(Part::Validation), "for validation in all.csv")];
        reasons.into_iter().flatten().collect()
    }

    /// Says which models are listed for train or test and have no mesh: by name in the synsets that are there, by number
    /// in others, for who has a few of the 55 synsets lacks most of the list.
    pub fn without_mesh(&self, models: &[Model], synsets: &[String]) -> Vec<String> {
        let there: BTreeSet<&str> = models.iter().map(|model| model.family.as_str()).collect();
        let used = self.models.iter().filter(|(_, line)| line.part != Part::Validation);
        let all = used.clone().count();
        let missing = used.filter(|(id, _)| !there.contains(id.as_str()));
        let (mut here, mut elsewhere) = (Vec::new(), BTreeMap::<&str, usize>::new());
        for (id, line) in missing {
            match &line.synset {
                Some(synset) if !synsets.contains(synset) => *elsewhere.entry(synset).or_default() += 1,
                Some(synset) => here.push(format!("{synset}/{id}")),
                None => here.push(id.clone()),
            }
        }
        let named = (!here.is_empty()).then(|| {
            let (count, first) = (here.len(), first_names(&here, NAMED));
            format!("{count} of {all} models that all.csv lists for train or test have no mesh: {first}")
        });
        let counted = (!elsewhere.is_empty()).then(|| {
            let count: usize = elsewhere.values().sum();
            let synsets: Vec<&str> = elsewhere.keys().copied().collect();
            let first = first_names(&synsets, NAMED);
            format!("{count} of {all} models that all.csv lists for train or test are of synsets that are not there: {first}")
        });
        named.into_iter().chain(counted).collect()
    }
}
