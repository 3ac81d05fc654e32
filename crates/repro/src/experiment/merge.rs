//! TOML tables: overlays, `--set`, sections, and errors that guess what was meant.

use anyhow::{Context, Result, anyhow, ensure};
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::accelerate;

/// Replaces, key by key, what `overlay` says; tables are merged, everything else is replaced.
pub(super) fn merge(table: &mut Table, overlay: &Table) {
    for (key, value) in overlay {
        match (table.get_mut(key), value) {
            (Some(Value::Table(inner)), Value::Table(over)) => merge(inner, over),
            _ => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Applies `key.path=value`. A key that is there keeps its type; one that is not is added, for those who know all keys
/// to accept or refuse.
pub(super) fn set(table: &mut Table, assignment: &str) -> Result<()> {
    let (path, text) = assignment
        .split_once('=')
        .ok_or_else(|| anyhow!("--set {assignment}: expected key=value, e.g. --set meta.outer_lr=1e-4"))?;
    let keys: Vec<&str> = path.trim().split('.').map(str::trim).collect();
    ensure!(
        keys.iter().all(|key| !key.is_empty()) && !["like", "profile"].contains(&keys[0]),
        "--set {assignment}: expected a key of a section, e.g. --set meta.outer_lr=1e-4 (a profile is chosen by --profile)"
    );
    let (last, sections) = (keys[keys.len() - 1], &keys[..keys.len() - 1]);
    let mut inner = table;
    for (depth, key) in sections.iter().enumerate() {
        let section = inner.entry(*key).or_insert_with(|| Value::Table(Table::new()));
        let found = section.type_str();
        inner = section.as_table_mut().ok_or_else(|| {
            let section = sections[..=depth].join(".");
            anyhow!(
                "--set {assignment}: `{section}` has no keys below it (it is of type {found}); set it as a whole"
            )
        })?;
    }
    let value = match inner.get(last) {
        Some(old) if keys[0] != accelerate::SECTION => value_like(old, text.trim()),
        _ => Ok(value(text.trim())),
    };
    inner.insert(last.into(), value.with_context(|| format!("--set {assignment}"))?);
    Ok(())
}

/// Parses a value as TOML; bare words are strings.
fn value(text: &str) -> Value {
    let parsed = format!("v = {text}").parse::<Table>().ok().and_then(|mut t| t.remove("v"));
    parsed.unwrap_or_else(|| Value::String(text.into()))
}

/// The same, and keeps the type of the one it replaces.
fn value_like(old: &Value, text: &str) -> Result<Value> {
    let new = match (old, value(text)) {
        (Value::Float(_), Value::Integer(i)) => Value::Float(i as f64),
        (_, new) => new,
    };
    ensure!(old.same_type(&new), "expected a {}, as in `{old}`, got `{text}`", old.type_str());
    Ok(new)
}

/// Every key below a value, with its path.
pub(super) fn flatten(path: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    let below = |key: &str| if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
    match value {
        Value::Table(table) => table.iter().for_each(|(key, value)| flatten(&below(key), value, pairs)),
        Value::Array(items) if items.iter().any(Value::is_table) => {
            items.iter().enumerate().for_each(|(i, item)| flatten(&below(&i.to_string()), item, pairs));
        }
        Value::String(text) => pairs.push((path.into(), text.clone())),
        other => pairs.push((path.into(), other.to_string())),
    }
}

/// Takes a section out of the table; none if it is not there.
pub(super) fn optional_section<T: DeserializeOwned>(table: &mut Table, name: &str) -> Result<Option<T>> {
    match table.contains_key(name) {
        true => section(table, name).map(Some),
        false => Ok(None),
    }
}

/// Takes a section out of the table; errors name it.
pub(super) fn section<T: DeserializeOwned>(table: &mut Table, name: &str) -> Result<T> {
    let value = table.remove(name).ok_or_else(|| anyhow!("`{name}` is missing"))?;
    value.try_into().map_err(|error: toml::de::Error| {
        let message = error.to_string();
        match message.contains("unknown field") || message.contains("unknown variant") {
            true => {
                let mut quoted = message.split('`').skip(1).step_by(2);
                let wrong = quoted.next().unwrap_or_default().to_string();
                unknown(&format!("[{name}]"), &wrong, quoted)
            }
            false => anyhow!("[{name}]: {}", message.trim()),
        }
    })
}

/// The error for a name that is not known: lists the known ones and guesses the one meant.
pub fn unknown<'a>(place: &str, wrong: &str, known: impl Iterator<Item = &'a str>) -> anyhow::Error {
    let known: Vec<&str> = known.collect();
    let guess =
        nearest(wrong, known.iter().copied()).map_or(String::new(), |n| format!("; did you mean `{n}`?"));
    anyhow!("{place}: unknown `{wrong}`{guess} (known: {})", known.join(", "))
}

/// The candidate with the smallest edit distance, if it is near enough to be a slip.
pub(super) fn nearest<'a>(wrong: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|c| (edit_distance(wrong, c), c))
        .min()
        .filter(|(d, c)| *d <= c.len().max(3) / 2)
        .map(|(_, c)| c)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
