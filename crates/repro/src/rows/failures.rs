//! Which jobs failed, and why: read from their manifests, so that every process on an output folder says the same.

use super::gather::Failures;
use crate::plan::Session;
use crate::store::Status;

/// The jobs of a session whose last try failed, whichever process it was.
pub fn failures(session: &Session) -> Failures {
    let why = |id: &String| {
        let manifest = session.store.manifest(id)?;
        let why = manifest.error.filter(|_| manifest.status == Status::Failed)?;
        Some((id.clone(), why))
    };
    session.plan.jobs.iter().filter_map(|job| why(&job.id)).collect()
}
