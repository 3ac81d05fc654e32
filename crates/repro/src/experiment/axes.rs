//! Names and axes of an experiment: a name is that of a folder in --out, no axis is empty or names a thing twice, and
//! the table that the axes span is not larger than memory.

use anyhow::{Result, ensure};

use super::merge::unknown;
use super::range::whole;
use super::specification::{Experiment, RowSpec};

/// Folders and files of --out that are no experiment's, and what `repro` itself answers to.
const RESERVED: &[&str] = &["runs", "cache", "all", "fit", "bench", "record"];
/// Letters of a name; file systems take 255 bytes.
const LONGEST_NAME: usize = 100;
/// Prunings of a line.
pub(crate) const MOST_ROUNDS: u64 = 10_000;
/// Stages of all cells: a few hundred bytes each.
const MOST_STAGES: usize = 200_000;
/// Seeds of an axis.
const MOST_SEEDS: usize = 10_000;

/// Refuses a name that would not be a folder of its own in --out.
pub(crate) fn check_name(key: &str, name: &str) -> Result<()> {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    ensure!(
        (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_letter) && !name.starts_with('-'),
        "{key} = {name:?}: a name has 1 to {LONGEST_NAME} of the letters a-z, 0-9 and -, and does not begin with -"
    );
    ensure!(
        !RESERVED.contains(&name),
        "{key} = {name:?} is taken ({}): choose another name",
        RESERVED.join(", ")
    );
    Ok(())
}

/// Refuses axes that are empty, name a thing twice or something unknown, or span too many stages.
pub(crate) fn check_axes(experiment: &Experiment) -> Result<()> {
    let axes = &experiment.axes;
    ensure!(!axes.seed.is_empty(), "[axes]: seed is empty; name at least one (--seeds: at least 1)");
    check_seeds(axes.seed.len())?;
    filled("[axes] dataset", &axes.dataset)?;
    distinct("[axes] seed", &axes.seed)?;
    if let Some(fit_on) = &axes.fit_on {
        filled("[axes] fit_on", fit_on)?;
    }
    ensure!(!experiment.row.is_empty(), "[[row]]: there is none; name at least one method");
    for row in &experiment.row {
        if let Some(datasets) = &row.datasets {
            filled(&format!("[[row]] {} datasets", row.name()), datasets)?;
        }
    }
    for (name, spec) in &experiment.dataset {
        known("[dataset]", name)?;
        known(&format!("[dataset.{name}] compare_with"), &spec.compare_with)?;
    }
    for claim in &experiment.claims {
        let place = format!("[[claim]] {}", claim.name);
        let datasets = claim.datasets.iter().flatten();
        datasets.into_iter().try_for_each(|name| known(&format!("{place} datasets"), name))?;
        let sides = [&claim.better, &claim.worse];
        let trained_on = sides.into_iter().flat_map(|side| &side.trained_on);
        trained_on.into_iter().try_for_each(|name| known(&format!("{place} trained_on"), name))?;
    }
    for expect in &experiment.expectations {
        known(&format!("[[expect]] {} dataset", expect.method), &expect.dataset)?;
    }
    check_superresolution(experiment)?;
    for dataset in &axes.dataset {
        ensure!(
            experiment.row.iter().any(|row| asks(row, dataset)),
            "[axes] dataset: no [[row]] is asked on {dataset}; leave it out, or name it in a row's datasets"
        );
    }
    check_size(experiment)
}

/// Refuses more seeds than a table has use for, before they are counted out.
pub(super) fn check_seeds(count: usize) -> Result<()> {
    ensure!(count <= MOST_SEEDS, "[axes] seed: {count} seeds, at most {MOST_SEEDS}");
    Ok(())
}

fn check_superresolution(experiment: &Experiment) -> Result<()> {
    let Some(spec) = &experiment.superresolution else { return Ok(()) };
    whole("[superresolution]: resolution", spec.resolution, 2..=4096)?;
    ensure!(!spec.factors.is_empty(), "[superresolution]: factors is empty; name at least one");
    spec.factors.iter().try_for_each(|&factor| whole("[superresolution]: factors", factor, 1..=4096))?;
    distinct("[superresolution] factors", &spec.factors)?;
    for name in &experiment.axes.dataset {
        let is_in_space = datasets::kind(name)?.coordinates == 3;
        ensure!(!is_in_space, "[superresolution]: {name} has shapes in space; only pictures are enlarged");
    }
    Ok(())
}

/// The number of stages of all cells; computed before any is made.
fn check_size(experiment: &Experiment) -> Result<()> {
    let axes = &experiment.axes;
    let fitted = axes.fit_on.as_ref().map_or(1, Vec::len);
    let factors = experiment.superresolution.as_ref().map_or(1, |spec| spec.factors.len());
    let mut stages = 0usize;
    for row in &experiment.row {
        for &round in &row.rounds {
            whole(&format!("[[row]] {}: rounds", row.name()), round, 0..=MOST_ROUNDS)?;
        }
        let datasets = axes.dataset.iter().filter(|dataset| asks(row, dataset)).count();
        let chains = [datasets, axes.seed.len(), fitted, factors];
        let of_chain = row.rounds.iter().map(|round| round + 2).fold(0, usize::saturating_add);
        stages = stages.saturating_add(chains.into_iter().fold(of_chain, usize::saturating_mul));
    }
    ensure!(
        stages <= MOST_STAGES,
        "[axes] and rounds: the table has {stages} stages, at most {MOST_STAGES} are held; ask for fewer rounds, \
         seeds or data sets"
    );
    Ok(())
}

/// Whether a row is asked on a data set.
pub(crate) fn asks(row: &RowSpec, dataset: &String) -> bool {
    row.datasets.as_ref().is_none_or(|datasets| datasets.contains(dataset))
}

/// Refuses an axis of data sets that is empty, or names one twice or one that is not known.
fn filled(axis: &str, names: &[String]) -> Result<()> {
    ensure!(!names.is_empty(), "{axis} is empty; name at least one data set");
    distinct(axis, names)?;
    names.iter().try_for_each(|name| known(axis, name))
}

fn known(place: &str, name: &str) -> Result<()> {
    match datasets::KINDS.iter().any(|kind| kind.name == name) {
        true => Ok(()),
        false => Err(unknown(place, name, datasets::KINDS.iter().map(|kind| kind.name))),
    }
}

/// Refuses a list that names a thing twice.
pub(crate) fn distinct<T: PartialEq + std::fmt::Debug>(axis: &str, values: &[T]) -> Result<()> {
    for (i, value) in values.iter().enumerate() {
        ensure!(!values[..i].contains(value), "{axis}: {value:?} is named twice");
    }
    Ok(())
}
