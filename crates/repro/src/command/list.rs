//! `repro list`: experiments, data sets and engines.

use anyhow::Result;

use crate::exit::DONE;
use crate::place::workspace;
use crate::{engines, experiment, screen};

/// Prints them.
///
/// # Errors
/// If stdout cannot be written.
pub fn run() -> Result<u8> {
    let names = experiment::names(&workspace().join("experiments"))?;
    screen::result(&format!("experiments  {}", names.join(", ")))?;
    screen::result(&format!("engines      {}", engines::names().join(", ")))?;
    for name in engines::not_built() {
        screen::result(&format!("engine       {name}: built when a command asks for it (--engine {name})"))?;
    }
    for kind in datasets::KINDS {
        let shipped = if kind.shipped { "ships with the repository" } else { kind.how_to_get };
        screen::result(&format!(
            "data set     {:<12} {} ({}); {shipped}",
            kind.name, kind.title, kind.licence
        ))?;
    }
    Ok(DONE)
}
