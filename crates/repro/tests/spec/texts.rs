//! Table 1's file, and texts made of it.

use std::path::{Path, PathBuf};

use repro::experiment::{Experiment, Overrides};
use repro::recipe::{self, Cell, parse};
use repro::stage::derived::derived_kinds;

/// The cells of an experiment, with every kind of stage behind the fits.
pub fn cells(experiment: &Experiment) -> Vec<Cell> {
    recipe::cells(experiment, &derived_kinds()).unwrap()
}

pub fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/table1.toml")
}

pub fn profile(name: &str) -> Overrides {
    Overrides { profile: name.into(), ..Overrides::default() }
}

pub fn set(assignments: &[&str]) -> Overrides {
    Overrides { set: assignments.iter().map(|s| s.to_string()).collect(), ..profile("smoke") }
}

pub fn text() -> String {
    std::fs::read_to_string(file()).unwrap()
}

/// A text with one part of it replaced, which must be there.
pub fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in the file");
    text.replace(from, to)
}

/// The error of a changed file or command line, with its whole chain.
pub fn refused(text: &str, overrides: &Overrides) -> String {
    format!("{:#}", parse(text, overrides).expect_err("must be refused"))
}

/// An experiment of one line, of all methods' demands; it shows dots, which every line has.
pub fn one_row(row: &str) -> String {
    let text = changed(&text(), "figures = [\"dots\", \"steps\", \"training\"]", "figures = [\"dots\"]");
    let text = changed(&text, "gallery = [9, 11, 12, 14]", "gallery = []");
    let (head, rest) = text.split_at(text.find("# Round k has").unwrap());
    let tail = &rest[rest.find("# The set of the paper").unwrap()..];
    format!("{head}\n{row}\n[fit_pruning]\nrounds = \"described\"\n{tail}")
}
