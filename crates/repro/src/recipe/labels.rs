//! Names that are told apart in the file and not in the table.
//!
//! A table shows a line by its label: the method's name for people, for dense-narrow and scratch with the width
//! (`Dense-Narrow w76`), where data sets are crossed with the one trained on (`Dense from photos`), and in a terminal cut to
//! [`LABEL_COLUMNS`]. Two lines that a reader could take for each other are refused.

use anyhow::{Result, bail};

use crate::experiment::{Experiment, RowSpec};
use crate::words::methods::{has_width, method_label};
use crate::words::numbers::{LABEL_COLUMNS, clip};

/// Refuses names that could be shown alike.
pub(super) fn check_labels(experiment: &Experiment) -> Result<()> {
    let mut names: Vec<&str> = experiment.row.iter().map(RowSpec::name).collect();
    names.dedup();
    for (i, name) in names.iter().enumerate() {
        let alike = |known: &&&str| *known != name && are_alike(known, name, experiment);
        if let Some(known) = names[..i].iter().find(alike) {
            bail!(
                "[[row]] name: {known:?} and {name:?} can be shown alike in a table; choose another name for one"
            );
        }
    }
    Ok(())
}

fn are_alike(a: &str, b: &str, experiment: &Experiment) -> bool {
    let [a_bare, b_bare] = [a, b].map(|name| without_origin(&label(name), experiment));
    shown(&a_bare) == shown(&b_bare) || is_a_width_of(&a_bare, b) || is_a_width_of(&b_bare, a)
}

/// The label as it is read, whatever its case and spaces.
pub(super) fn label(name: &str) -> String {
    method_label(name).split_whitespace().collect::<Vec<&str>>().join(" ").to_lowercase()
}

fn shown(label: &str) -> String {
    clip(label, LABEL_COLUMNS)
}

/// A label without the ` from DATASET` that tables put behind it where data sets are crossed.
fn without_origin(label: &str, experiment: &Experiment) -> String {
    let crossed = experiment.axes.dataset.iter().filter(|_| experiment.axes.fit_on.is_some());
    let bare = |dataset: &String| label.strip_suffix(&format!(" from {dataset}")).map(String::from);
    crossed.into_iter().find_map(bare).unwrap_or_else(|| label.into())
}

/// Whether a label is that of `method` with some width behind it.
fn is_a_width_of(written: &str, method: &str) -> bool {
    let behind = written.strip_prefix(&label(method)).and_then(|rest| rest.strip_prefix(" w"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    has_width(method) && behind.is_some_and(is_number)
}
