//! The rows of a mean are distinct: a mean over seeds is over as many seeds as it has numbers.
//!
//! Two rows of one data set, line, round, width and seed are two measurements under one name: of one thing, counted twice, or
//! of two things that should not be averaged. Neither has a mean, so both are refused.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use crate::rows::{Row, SignalRow};

/// Refuses two rows of one cell and seed.
///
/// # Errors
/// Names the cell and the seed.
pub fn rows(rows: &[Row]) -> Result<()> {
    let mut known = BTreeSet::new();
    for row in rows {
        let key = (&row.dataset, &row.trained_on, &row.line, row.round, row.width, row.seed);
        ensure!(known.insert(key), twice(&row.dataset, &row.line, (row.round, row.width), row.seed, ""));
    }
    Ok(())
}

/// Refuses two rows of one signal, cell and seed.
///
/// # Errors
/// Names the signal, the cell and the seed.
pub fn signals(rows: &[SignalRow]) -> Result<()> {
    let mut known = BTreeSet::new();
    for row in rows {
        let key = (&row.dataset, &row.trained_on, &row.line, row.round, row.width, row.seed, &row.signal);
        let budget = (row.round, row.width);
        ensure!(known.insert(key), twice(&row.dataset, &row.line, budget, row.seed, &row.signal));
    }
    Ok(())
}

fn twice(
    dataset: &str,
    line: &str,
    (round, width): (usize, usize),
    seed: Option<u64>,
    signal: &str,
) -> String {
    let seed = seed.map_or("no seed".into(), |seed| format!("seed {seed}"));
    let signal = if signal.is_empty() { String::new() } else { format!(", signal {signal}") };
    format!(
        "two rows of {dataset}/{line}, round {round}, width {width}, {seed}{signal}: a mean takes each once; keep the one \
         that counts, or give the other line a `name` of its own"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seed: u64, width: usize, trained_on: Option<&str>) -> Row {
        let (dataset, line) = ("photos".into(), "dense-narrow".into());
        let trained_on = trained_on.map(String::from);
        Row { dataset, line, trained_on, width, seed: Some(seed), ..Row::default() }
    }

    #[test]
    fn a_seed_a_width_and_a_training_set_are_told_apart() {
        let all = [row(1, 8, None), row(2, 8, None), row(1, 10, None), row(1, 8, Some("celeba"))];
        assert!(rows(&all).is_ok());
        let error = rows(&[&all[..], &all[..1]].concat()).unwrap_err().to_string();
        assert!(error.contains("photos/dense-narrow, round 0, width 8, seed 1"), "{error}");
    }

    #[test]
    fn a_signal_is_there_once_a_seed() {
        let signal = |name: &str| SignalRow { signal: name.into(), seed: Some(1), ..SignalRow::default() };
        assert!(signals(&[signal("a"), signal("b")]).is_ok());
        let error = signals(&[signal("a"), signal("b"), signal("a")]).unwrap_err().to_string();
        assert!(error.contains("signal a"), "{error}");
    }

    #[test]
    fn rows_of_one_name_have_no_table_even_if_they_failed() {
        let failed = Row { err: Some("diverged".into()), ..row(1, 8, None) };
        let none = std::collections::BTreeMap::new();
        let error = super::super::build::build("t", &[row(1, 8, None), failed], &[], &[], &none).unwrap_err();
        assert!(error.to_string().contains("keep the one that counts"), "{error}");
    }
}
