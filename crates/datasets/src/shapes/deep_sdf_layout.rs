//! Where DeepSDF's samples are, and which of them are for test: `SdfSamples/<set>/<synset>/<model>.npz`, and beside
//! `SdfSamples` its lists `*_train.json` and `*_test.json`, each {set: {synset: [model, …]}}.
//!
//! Several lists of one part are taken together. Where only one part is listed, the rest is the other; without a list
//! families part the shapes, as in `layout`. A shape that is listed and not there is trouble for who verifies, and a
//! remark for who trains (DeepSDF warns and goes on); one in both parts is an error.

use super::layout::{by_family, json, names};
use super::model::{Found, Model};
use crate::error::DataError;
use crate::left_out::{first_names, left_out};
use crate::trouble::Trouble;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const FORM: &str = "{\"<set>\": {\"<synset>\": [\"<model>\", …]}}";
const REMEDY: &str =
    "Write it as DeepSDF's examples/splits are, or take it out of the folder to split without it";

/// The models of a part's lists, `<set>/<synset>/<model>`, and the names of the lists.
struct Listed {
    lists: Vec<String>,
    models: BTreeSet<String>,
}

/// DeepSDF's samples: `root` holds `SdfSamples`.
///
/// # Errors
/// A folder that cannot be read, a list of another form, a shape in both parts, nothing to train or test on.
pub(crate) fn deep_sdf(root: &Path, how_to_get: &str, trouble: &mut Trouble) -> Result<Found, DataError> {
    let (models, mut remarks) = models(root, how_to_get, trouble)?;
    let beside = names(root, how_to_get)?;
    let train = listed(root, &beside, "train", trouble)?;
    let test = listed(root, &beside, "test", trouble)?;
    remarks.extend(other_lists(root, &beside, [&train, &test], how_to_get)?);
    if train.lists.is_empty() && test.lists.is_empty() {
        return by_family(root, models, remarks, how_to_get);
    }
    check_apart(root, &train, &test)?;
    for part in [&train, &test] {
        missing(root, part, &models, &mut remarks, trouble)?;
    }
    Ok(parted(models, &train, &test, remarks))
}

/// All samples, and what lies among them that is none; hidden files and folders (`.DS_Store`, `._a.npz`) do not count.
fn models(
    root: &Path,
    how_to_get: &str,
    trouble: &mut Trouble,
) -> Result<(Vec<Model>, Vec<String>), DataError> {
    let (mut files, mut elsewhere) = (Vec::new(), Vec::new());
    let samples = root.join("SdfSamples");
    let all = walkdir::WalkDir::new(&samples).min_depth(1).follow_links(true).sort_by_file_name();
    let is_seen = |entry: &walkdir::DirEntry| !entry.file_name().to_string_lossy().starts_with('.');
    for entry in all.into_iter().filter_entry(is_seen) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(why) => {
                let path = why.path().unwrap_or(&samples).to_path_buf();
                trouble.met(DataError::unreadable(&path, why.into(), how_to_get))?;
                continue;
            }
        };
        let parts = entry.path().strip_prefix(root).unwrap_or(entry.path()).components();
        let Some(parts) = parts.map(|part| part.as_os_str().to_str()).collect::<Option<Vec<&str>>>() else {
            let problem = "its name is not UTF-8";
            trouble.met(DataError::layout(entry.path(), problem, "Rename it"))?;
            continue;
        };
        let is_samples = entry.file_name().to_string_lossy().to_lowercase().ends_with(".npz");
        match parts[..] {
            _ if entry.file_type().is_dir() => {}
            [_, _, _, name] if name.ends_with(".npz") => files.push(parts.join("/")),
            _ if is_samples => elsewhere.push(parts.join("/")),
            _ => {}
        }
    }
    let remark = left_out(&elsewhere, "not named SdfSamples/<set>/<synset>/<model>.npz");
    Ok((with_strata(files), remark.into_iter().collect()))
}

/// The stratum is the rank of the synset.
fn with_strata(files: Vec<String>) -> Vec<Model> {
    let synset = |file: &str| file.split('/').nth(2).unwrap_or_default().to_string();
    let strata: BTreeSet<String> = files.iter().map(|file| synset(file)).collect();
    let model = |file: String| {
        let stratum = strata.iter().position(|known| *known == synset(&file)).unwrap_or(0);
        let name = file.rsplit('/').next().unwrap_or_default();
        Model { family: name.trim_end_matches(".npz").to_string(), stratum, file }
    };
    files.into_iter().map(model).collect()
}

/// What a list calls a model.
fn listed_name(model: &Model) -> &str {
    let below = model.file.strip_prefix("SdfSamples/").unwrap_or(&model.file);
    below.strip_suffix(".npz").unwrap_or(below)
}

/// The lists of a part: `<part>.json`, `<anything>_<part>.json`.
fn listed(root: &Path, beside: &[String], part: &str, trouble: &mut Trouble) -> Result<Listed, DataError> {
    let is_list = |name: &&String| {
        let stem = name.to_lowercase();
        let stem = stem.strip_suffix(".json").filter(|_| !name.starts_with('.'));
        stem.is_some_and(|stem| stem.rsplit(['_', '-', '.']).next() == Some(part))
    };
    let lists: Vec<String> = beside.iter().filter(is_list).cloned().collect();
    let mut models = BTreeSet::new();
    for list in &lists {
        let file = root.join(list);
        let of_list = json(&file, REMEDY)
            .and_then(|list| models_of(&list).map_err(|problem| DataError::layout(&file, problem, REMEDY)));
        match of_list {
            Ok(of_list) => models.extend(of_list),
            Err(why) => trouble.met(why)?,
        }
    }
    Ok(Listed { lists, models })
}

/// The models of one list; an error says what is there in place of its form.
fn models_of(list: &Value) -> Result<Vec<String>, String> {
    let other = |what: &str, found: &Value| {
        let is = match found {
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
            Value::String(_) => "a string",
            Value::Null => "null",
            _ => "a number or a truth value",
        };
        format!("{what} is {is}; the form is {FORM}")
    };
    let mut models = Vec::new();
    for (set, synsets) in list.as_object().ok_or_else(|| other("the list", list))? {
        for (synset, ids) in synsets.as_object().ok_or_else(|| other(&format!("`{set}`"), synsets))? {
            for id in ids.as_array().ok_or_else(|| other(&format!("`{synset}` of `{set}`"), ids))? {
                let id = id.as_str().ok_or_else(|| other(&format!("a model of `{set}`, `{synset}`"), id))?;
                models.push(format!("{set}/{synset}/{id}"));
            }
        }
    }
    if models.is_empty() { Err(format!("it lists no model; the form is {FORM}")) } else { Ok(models) }
}

/// Names the JSON files that seem to be lists and are not followed: `sv2_planes_val.json`, or lists in folders.
fn other_lists(
    root: &Path,
    beside: &[String],
    used: [&Listed; 2],
    how_to_get: &str,
) -> Result<Option<String>, DataError> {
    let is_json = |name: &String| name.to_lowercase().ends_with(".json") && !name.starts_with('.');
    let is_used = |name: &String| used.iter().any(|part| part.lists.contains(name));
    let mut others: Vec<String> =
        beside.iter().filter(|name| is_json(name) && !is_used(name)).cloned().collect();
    others.retain(|name| name != "taxonomy.json");
    for folder in ["SdfSamples", "splits"].into_iter().filter(|folder| root.join(folder).is_dir()) {
        let inside = names(&root.join(folder), how_to_get)?;
        others.extend(inside.iter().filter(|name| is_json(name)).map(|name| format!("{folder}/{name}")));
    }
    let said = || {
        format!("not used: {} (a list is followed if it is *_train.json or *_test.json)", others.join(", "))
    };
    Ok((!others.is_empty()).then(said))
}

fn check_apart(root: &Path, train: &Listed, test: &Listed) -> Result<(), DataError> {
    let both: Vec<&String> = train.models.intersection(&test.models).collect();
    if both.is_empty() {
        return Ok(());
    }
    let lists = [&train.lists[..], &test.lists].concat().join(", ");
    let problem =
        format!("{} shapes are for train and for test in {lists}: {}", both.len(), first_names(&both, 8));
    Err(DataError::layout(root, problem, "Take each out of one of the lists"))
}

/// Says which listed shapes have no samples.
fn missing(
    root: &Path,
    part: &Listed,
    models: &[Model],
    remarks: &mut Vec<String>,
    trouble: &mut Trouble,
) -> Result<(), DataError> {
    let there: BTreeSet<&str> = models.iter().map(listed_name).collect();
    let missing: Vec<&String> = part.models.iter().filter(|model| !there.contains(model.as_str())).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (lists, count) = (part.lists.join(", "), part.models.len());
    let shown = first_names(&missing, trouble.named());
    let problem = format!("{} of {count} shapes listed in {lists} have no samples: {shown}", missing.len());
    match trouble {
        Trouble::Stop => remarks.push(problem),
        Trouble::Keep(_) => {
            let remedy = "Make their samples (DeepSDF's preprocess_data.py), or take them out of the list";
            trouble.met(DataError::layout(&root.join("SdfSamples"), problem, remedy))?;
        }
    }
    Ok(())
}

/// The parts as they are listed; where only one is, the rest is the other.
fn parted(models: Vec<Model>, train: &Listed, test: &Listed, mut remarks: Vec<String>) -> Found {
    let of = |part: &Listed, other: &Listed| -> Vec<Model> {
        let belongs = |model: &&Model| match part.lists.is_empty() {
            true => !other.models.contains(listed_name(model)),
            false => part.models.contains(listed_name(model)),
        };
        models.iter().filter(belongs).cloned().collect()
    };
    for (part, other, name) in [(train, test, "train"), (test, train, "test")] {
        if part.lists.is_empty() {
            let lists = other.lists.join(", ");
            remarks.push(format!("there is no *_{name}.json: what {lists} does not list is for {name}"));
        }
    }
    let (train, test) = (of(train, test), of(test, train));
    let used: BTreeSet<&str> = train.iter().chain(&test).map(|model| model.file.as_str()).collect();
    let unlisted: Vec<String> =
        models.iter().map(|model| model.file.clone()).filter(|file| !used.contains(file.as_str())).collect();
    remarks.extend(left_out(&unlisted, "in no list"));
    Found { train, test, remarks }
}
