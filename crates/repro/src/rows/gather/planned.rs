//! What rows need to know of a planned cell.

use crate::plan::{Planned, Session};
use crate::rows::series::Origin;

/// Which cell rows are of.
pub(super) fn origin(planned: Planned) -> Origin {
    let cell = planned.cell;
    Origin {
        dataset: cell.dataset.clone(),
        trained_on: cell.trained_on.clone(),
        method: cell.method.into(),
        line: cell.line.clone(),
        round: cell.round,
        seed: cell.seed,
    }
}

/// Whether the page shows the masks of a cell: it was pruned in training, and its round is one of the page's.
pub(super) fn is_shown_pruned(session: &Session, planned: Planned) -> bool {
    planned.cell.is_shown(&session.experiment) && planned.cell.round > 0 && planned.trainings().count() > 1
}
