//! Which folder of a crate may use which: the floors of every house, from the ground up (`house` has the rule).
//!
//! A row is a folder (or a file beside it) of a crate's `src`. It may use the rows it lists, all of which stand
//! above it in the table; so no two folders can need each other. The lists may only shrink: an allowance that
//! nobody uses and an exception that breaks no rule are violations too.

use super::house::{House, Row, check_all};
use super::violation::Violation;

const HOUSES: &[House] = &[
    House { folder: "crates/datasets", rows: DATASETS, command_line: None },
    House { folder: "crates/inr-core", rows: INR_CORE, command_line: None },
    House { folder: "crates/inr-burn", rows: INR_BURN, command_line: None },
    House { folder: "crates/meta", rows: META, command_line: None },
    House { folder: "crates/prune", rows: PRUNE, command_line: None },
    House { folder: "crates/repro", rows: REPRO, command_line: Some("command") },
    House { folder: "xtask", rows: XTASK, command_line: None },
];

/// Crates whose rows are still to be written; each becomes a `House` and leaves this list.
const TO_COME: &[&str] = &[];

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

const INR_CORE: &[Row] = &[
    ("error", &[]),
    ("key", &[]),
    ("real", &[]),
    ("siren", &[]),
    ("disk", &["error"]),
    ("grid", &["real"]),
    ("layout", &["siren"]),
    ("metrics", &["real"]),
    ("samples", &["real"]),
    ("params", &["layout", "real"]),
    ("engine", &["layout", "params", "real", "samples"]),
    ("init", &["key", "layout", "params", "real", "siren"]),
    ("optim", &["params", "real"]),
    ("file", &["disk", "error", "layout", "optim", "params", "real", "siren"]),
    ("native", &["engine", "layout", "params", "real", "samples"]),
];

const INR_BURN: &[Row] = &[("expression", &[]), ("engine", &["expression"]), ("device", &["engine"])];

const META: &[Row] = &[
    ("accelerate", &[]),
    ("adapt", &[]),
    ("diverged", &[]),
    ("descent", &["adapt"]),
    ("maml", &["adapt"]),
    ("fit", &["adapt", "descent", "diverged"]),
    ("train", &["accelerate", "adapt", "diverged", "maml"]),
    ("reptile", &["accelerate", "adapt", "descent", "diverged", "train"]),
];

const REPRO: &[Row] = &[
    ("disk", &[]),
    ("engines", &[]),
    ("exit", &[]),
    ("golden", &[]),
    ("place", &[]),
    ("screen", &[]),
    ("store", &[]),
    ("words", &[]),
    ("experiment", &["words"]),
    ("provenance", &["place"]),
    ("tabular", &["words"]),
    ("measures", &["experiment"]),
    ("recipe", &["experiment", "words"]),
    ("signals", &["experiment", "screen"]),
    ("pictures", &["measures"]),
    ("plan", &["experiment", "recipe", "signals", "store"]),
    ("stage", &["experiment", "measures", "pictures", "recipe", "signals", "store", "tabular", "words"]),
    (
        "rows",
        &[
            "experiment",
            "measures",
            "pictures",
            "plan",
            "recipe",
            "screen",
            "stage",
            "store",
            "tabular",
            "words",
        ],
    ),
    ("claims", &["experiment", "measures", "rows", "words"]),
    ("run", &["disk", "exit", "plan", "recipe", "rows", "screen", "stage", "store"]),
    ("show", &["claims", "disk", "experiment", "measures", "place", "rows", "screen", "tabular", "words"]),
    (
        "command",
        &[
            "claims",
            "disk",
            "engines",
            "exit",
            "experiment",
            "golden",
            "pictures",
            "place",
            "plan",
            "provenance",
            "recipe",
            "rows",
            "run",
            "screen",
            "show",
            "signals",
            "stage",
            "store",
        ],
    ),
    ("main", &["command", "disk", "screen"]),
];

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
    ("torture", &["private", "process"]),
    ("builds", &["libtorch"]),
    ("repro", &["builds", "place", "process"]),
    ("ci", &["builds", "process", "record", "smoke", "tidy"]),
    ("main", &["builds", "ci", "libtorch", "page", "place", "process", "record", "repro", "tidy", "torture"]),
];

/// Every violation in the sources (file, text) of the workspace.
pub fn check(sources: &[(&str, &str)]) -> Vec<Violation> {
    check_all(HOUSES, TO_COME, EXCEPTIONS, sources)
}
