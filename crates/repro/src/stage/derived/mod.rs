//! Kinds of stages behind reconstructions, a file each. A new one is a file here and a row of [`DERIVED`].

mod judge;
mod kind;
mod pictures;
mod shapes;
mod spectra;

use anyhow::{Context, Result};

use kind::Derived;

use super::setting::{Outcome, Setting};
use crate::recipe::{DerivedKind, DerivedStage};
use crate::store::Run;

pub use pictures::{KIND as PICTURES, SHOWN};
pub use spectra::KIND as SPECTRA;

/// All kinds, in the order in which a cell has them. The first names the signals.
const DERIVED: &[Derived] = &[judge::STAGE, shapes::STAGE, spectra::STAGE, pictures::STAGE];

/// What cells may ask for.
pub fn derived_kinds() -> Vec<DerivedKind> {
    DERIVED.iter().map(|derived| derived.kind).collect()
}

/// The table of measures of a kind; none if it measures no signals.
pub fn measures(kind: &str) -> Option<&'static str> {
    DERIVED.iter().find(|derived| derived.kind.name == kind)?.measures
}

pub(super) fn carry_out(
    context: &Setting,
    stage: &DerivedStage,
    run: &Run,
    parent: Option<&str>,
) -> Result<Outcome> {
    let derived = DERIVED.iter().find(|derived| derived.kind.name == stage.kind);
    (derived.with_context(|| format!("no stage {}", stage.kind))?.carry_out)(context, stage, run, parent)
}
