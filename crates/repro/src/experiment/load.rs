//! From a file, a profile and the command line to an experiment.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use toml::{Table, Value};

use super::accelerate::{self, without_papers_way};
use super::axes::{check_name, check_seeds};
use super::merge::{merge, nearest, optional_section, section, set, unknown};
use super::settings::Settings;
use super::specification::{Experiment, RowSpec};

/// What may not be asked, by those who know all methods: told of every profile.
pub type Check = fn(&Experiment) -> Result<()>;

/// What the command line changes.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--profile`.
    pub profile: String,
    /// `--set key=value`, in order.
    pub set: Vec<String>,
    /// `--datasets a,b`.
    pub datasets: Option<Vec<String>>,
    /// `--seeds N`: the first N seeds of the axis, counted on from its last if it is shorter.
    pub seeds: Option<usize>,
}

/// Reads an experiment's file and merges the profile and the command line into it.
///
/// # Errors
/// If the file is missing or not TOML, a key is unknown or missing, a value is of the wrong type, or an axis
/// is impossible; every message names the file and the key.
pub fn load(path: &Path, overrides: &Overrides, check: Check) -> Result<Experiment> {
    let read = |path: &Path| -> Result<Table> {
        let text = std::fs::read_to_string(path).with_context(|| missing(path))?;
        text_table(&text).with_context(|| path.display().to_string())
    };
    let mut table = read(path)?;
    if let Some(like) = table.remove("like") {
        let name = like.as_str().ok_or_else(|| anyhow!("{}: `like` must be a name", path.display()))?;
        check_name("like", name).with_context(|| path.display().to_string())?;
        let mut base = read(&path.with_file_name(format!("{name}.toml")))?;
        ensure!(
            !base.contains_key("like"),
            "{}: like = {name:?}, which is itself like another; name that one",
            path.display()
        );
        base.retain(|key, _| SETTINGS.contains(&key) || INHERITED.contains(&key));
        merge(&mut base, &table);
        table = base;
    }
    from_table(table, overrides, check).with_context(|| path.display().to_string())
}

/// Names of the experiments in a folder, sorted.
///
/// # Errors
/// If the folder cannot be read, or the name of one of its TOML files is not UTF-8.
pub fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let name = file.with_context(|| folder.display().to_string())?.file_name();
        match name.to_str() {
            Some(name) => names.extend(name.strip_suffix(".toml").map(String::from)),
            None if name.as_encoded_bytes().ends_with(b".toml") => bail!(
                "{}: the name is not UTF-8, but that of an experiment has a-z, 0-9 and -; rename the file",
                folder.join(&name).display()
            ),
            None => {}
        }
    }
    names.sort();
    Ok(names)
}

fn missing(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names = match names(folder) {
        Ok(names) => names,
        Err(error) => return format!("no experiment {} ({error:#})", path.display()),
    };
    let wanted = path.file_stem().unwrap_or_default().to_string_lossy();
    let hint = nearest(&wanted, names.iter().map(String::as_str))
        .map_or(String::new(), |n| format!("; did you mean `{n}`?"));
    format!("no experiment {} (there are: {}){hint}", path.display(), names.join(", "))
}

/// [`load`] on a text.
///
/// # Errors
/// As [`load`], without the file's name.
pub fn parse(text: &str, overrides: &Overrides, check: Check) -> Result<Experiment> {
    from_table(text_table(text)?, overrides, check)
}

fn text_table(text: &str) -> Result<Table> {
    text.parse().map_err(|e: toml::de::Error| anyhow!("not TOML: {e}"))
}

fn from_table(mut table: Table, overrides: &Overrides, check: Check) -> Result<Experiment> {
    let mut profiles = match table.remove("profile") {
        None => Table::new(),
        Some(Value::Table(profiles)) => profiles,
        Some(_) => bail!("`profile` must be tables: [profile.NAME]"),
    };
    let names: Vec<String> = profiles.keys().cloned().collect();
    for (name, overlay) in &mut profiles {
        let Value::Table(overlay) = overlay else { bail!("[profile.{name}] must be a table") };
        let mut merged = table.clone();
        merge(&mut merged, overlay);
        // A broken profile is found before it is needed.
        typed(merged, name).and_then(|e| check(&e)).with_context(|| format!("[profile.{name}]"))?;
    }
    match profiles.get(&overrides.profile) {
        Some(Value::Table(overlay)) => merge(&mut table, overlay),
        _ => bail!("no profile `{}`; there are: {}", overrides.profile, names.join(", ")),
    }
    for assignment in &overrides.set {
        set(&mut table, assignment)?;
    }
    override_axes(&mut table, overrides)?;
    let assignments = || format!("--set {}", overrides.set.join(" --set "));
    let experiment = match overrides.set.is_empty() {
        true => typed(table, &overrides.profile)?,
        // Every profile was typed above: what is unknown or of the wrong type now is what was set.
        false => typed(table, &overrides.profile).with_context(assignments)?,
    };
    check(&experiment)?;
    Ok(experiment)
}

/// Puts the data sets and seeds of the command line into the table.
fn override_axes(table: &mut Table, overrides: &Overrides) -> Result<()> {
    let Some(axes) = table.get_mut("axes").and_then(Value::as_table_mut) else { return Ok(()) };
    if let Some(datasets) = &overrides.datasets {
        let names = Value::Array(datasets.iter().cloned().map(Value::String).collect());
        if axes.contains_key("fit_on") {
            axes.insert("fit_on".into(), names.clone());
        }
        axes.insert("dataset".into(), names);
    }
    let Some(count) = overrides.seeds else { return Ok(()) };
    ensure!(count > 0, "--seeds 0: at least 1");
    check_seeds(count).context("--seeds")?;
    let seeds = axes.get("seed").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let Some(last) = seeds.last().and_then(Value::as_integer) else {
        bail!("[axes]: seed is empty, so that --seeds {count} has none to count on from; name at least one");
    };
    let more = (1..).map(|i| Value::Integer(last + i));
    let seeds = seeds.iter().cloned().chain(more).take(count).collect();
    axes.insert("seed".into(), Value::Array(seeds));
    Ok(())
}

/// Turns the merged table into an experiment, section by section, so that errors name the section.
fn typed(mut table: Table, profile: &str) -> Result<Experiment> {
    let merged = toml::to_string_pretty(&table)?;
    let shared = table.clone();
    let experiment = Experiment {
        name: section(&mut table, "name")?,
        title: section(&mut table, "title")?,
        about: section(&mut table, "about")?,
        profile: profile.into(),
        settings: settings(&mut table)?,
        axes: section(&mut table, "axes")?,
        row: with_own(section(&mut table, "row")?, &shared)?,
        fit_pruning: optional_section(&mut table, "fit_pruning")?,
        surface: optional_section(&mut table, "surface")?,
        superresolution: optional_section(&mut table, "superresolution")?,
        dataset: section(&mut table, "dataset")?,
        figures: section(&mut table, "figures")?,
        gallery: section(&mut table, "gallery")?,
        claims: section(&mut table, "claim")?,
        expectations: section(&mut table, "expect")?,
        merged,
    };
    match table.keys().next() {
        None => Ok(experiment),
        Some(key) => {
            let known = [HEAD, SETTINGS, INHERITED, ASKED].concat();
            Err(unknown("the file", key, known.into_iter()))
        }
    }
}

/// Rows with a `set`, and the settings it makes of those of the file.
fn with_own(mut rows: Vec<RowSpec>, shared: &Table) -> Result<Vec<RowSpec>> {
    for row in &mut rows {
        let Some(set) = &row.set else { continue };
        let place = format!("[[row]] {}: set", row.name());
        if let Some(key) = set.keys().find(|key| !SETTINGS.contains(&key.as_str())) {
            return Err(unknown(&place, key, SETTINGS.iter().copied()));
        }
        let mut table = shared.clone();
        merge(&mut table, set);
        row.own = Some(settings(&mut table).with_context(|| place)?);
    }
    Ok(rows)
}

fn settings(table: &mut Table) -> Result<Settings> {
    without_papers_way(table);
    Ok(Settings {
        network: section(table, "network")?,
        signal: section(table, "signal")?,
        meta: section(table, "meta")?,
        prune: section(table, "prune")?,
        fit: section(table, "fit")?,
        test: section(table, "test")?,
        accelerate: optional_section(table, accelerate::SECTION)?,
        adapt: optional_section(table, "adapt")?,
    })
}

/// What a file begins with.
const HEAD: &[&str] = &["name", "title", "about", "like"];
/// Sections that a row may change for itself, and `like` takes over from another file.
const SETTINGS: &[&str] =
    &["network", "signal", "meta", "prune", "fit", "test", accelerate::SECTION, "adapt"];
/// Sections that `like` takes over besides them.
const INHERITED: &[&str] = &["axes", "dataset", "profile"];
/// What is asked for: each file's own.
const ASKED: &[&str] =
    &["row", "fit_pruning", "surface", "superresolution", "figures", "gallery", "claim", "expect"];
