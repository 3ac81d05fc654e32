//! Which folder of a crate may use which: the floors of every house, from the ground up (`house` has the rule).
//!
//! A row is a folder (or a file beside it) of a crate's `src`. It may use the rows it lists, all of which stand
//! above it in the table; so no two folders can need each other. The lists may only shrink: an allowance that
//! nobody uses and an exception that breaks no rule are violations too.

use super::house::{House, Row, check_all};
use super::violation::Violation;

const HOUSES: &[House] = &[
    House { folder: "crates/datasets", rows: DATASETS, command_line: None },
    House { folder: "crates/prune", rows: PRUNE, command_line: None },
    House { folder: "xtask", rows: XTASK, command_line: None },
];

/// Crates whose rows are still to be written; each becomes a `House` and leaves this list. That of `repro`
/// has `command_line: Some("command")`.
const TO_COME: &[&str] = &["crates/inr-burn", "crates/inr-core", "crates/meta", "crates/repro"];

/// What breaks a rule today: the file that imports, and the one it takes something of.
const EXCEPTIONS: &[(&str, &str)] = &[];

const DATASETS: &[Row] = &[
    ("signal", &[]),
    ("random", &[]),
    ("choose", &[]),
    ("left_out", &[]),
    ("error", &["signal"]),
    ("trouble", &["error", "left_out"]),
    ("picture", &["error"]),
    ("files", &["error", "left_out", "picture", "signal", "trouble"]),
    ("kind", &["error", "files", "picture", "signal", "trouble"]),
    ("fields", &["error", "files", "kind", "left_out", "picture", "signal", "trouble"]),
    ("images", &["error", "fields", "files", "kind", "left_out", "picture", "signal", "trouble"]),
    ("shapes", &["error", "fields", "files", "kind", "left_out", "picture", "random", "signal", "trouble"]),
    ("kinds", &["error", "fields", "files", "images", "kind", "picture", "shapes"]),
    ("set", &["choose", "error", "files", "kind", "kinds", "picture", "signal", "trouble"]),
    ("official", &["error", "set"]),
    ("own_picture", &["error", "images", "kind", "kinds", "picture", "signal"]),
];

const PRUNE: &[Row] = &[("schedule", &[]), ("score", &[]), ("mask", &["schedule", "score"])];

const XTASK: &[Row] = &[
    ("place", &[]),
    ("process", &[]),
    ("private", &[]),
    ("libtorch", &[]),
    ("verdicts", &[]),
    ("tidy", &["process"]),
    ("record", &["place", "tidy", "verdicts"]),
    ("smoke", &["place", "process"]),
    ("page", &["private", "process"]),
    ("repro", &["libtorch", "place", "process"]),
    ("ci", &["process", "record", "smoke", "tidy"]),
    ("main", &["ci", "libtorch", "page", "place", "process", "record", "repro", "tidy"]),
];

/// Every violation in the sources (file, text) of the workspace.
pub fn check(sources: &[(&str, &str)]) -> Vec<Violation> {
    check_all(HOUSES, TO_COME, EXCEPTIONS, sources)
}
