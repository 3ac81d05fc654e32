//! Trouble in a listing: a name that is not UTF-8, a file that is listed and missing, a class without a
//! picture. Who trains wants to hear of the first and stop; who verifies wants all of it.

use crate::error::DataError;
use crate::left_out::NAMED;

const NAMED_WHERE_ALL_IS_KEPT: usize = 1000;

/// What becomes of trouble met while a data set is opened.
pub(crate) enum Trouble {
    /// The first ends it.
    Stop,
    /// Each is kept, what it concerns is left out, and opening goes on.
    Keep(Vec<DataError>),
}

impl Trouble {
    /// Trouble was met. `Ok`: go on without what it concerns.
    pub(crate) fn met(&mut self, why: DataError) -> Result<(), DataError> {
        match self {
            Trouble::Stop => Err(why),
            Trouble::Keep(all) => {
                all.push(why);
                Ok(())
            }
        }
    }

    /// How many names one message has at most: who verifies wants all, unless there are very many.
    pub(crate) fn named(&self) -> usize {
        match self {
            Trouble::Stop => NAMED,
            Trouble::Keep(_) => NAMED_WHERE_ALL_IS_KEPT,
        }
    }

    /// What was kept.
    pub(crate) fn into_kept(self) -> Vec<DataError> {
        match self {
            Trouble::Stop => Vec::new(),
            Trouble::Keep(all) => all,
        }
    }
}
