//! What came of a kind of trial.

/// What came of a kind of trial.
#[derive(Default)]
pub struct Count {
    /// Kills, changes, faults.
    pub tried: usize,
    /// Tables computed to their end after them.
    pub tables: usize,
    /// What was lost, a line each.
    pub lost: Vec<String>,
}
