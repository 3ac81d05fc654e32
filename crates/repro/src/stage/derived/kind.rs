//! What a kind of stage behind reconstructions says of itself.

use anyhow::Result;

use super::super::setting::{Outcome, Setting};
use crate::recipe::{DerivedKind, DerivedStage};
use crate::store::Run;

/// A kind of stage behind reconstructions.
pub(in crate::stage) struct Derived {
    pub kind: DerivedKind,
    pub carry_out: CarryOut,
    /// Its table of measures ([`super::super::lines::Judged`]), whose quantities become columns of the rows.
    pub measures: Option<&'static str>,
}

/// What carries a stage out in its run directory, behind the run of an id.
type CarryOut = fn(&Setting, &DerivedStage, &Run, Option<&str>) -> Result<Outcome>;
