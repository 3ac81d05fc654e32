//! What it costs to represent N signals: the talk's obstacle, from measured unit costs.
//!
//! ```text
//! seconds(N) = seconds of meta-training + N · steps of a fit · seconds of a step
//! bytes(N)   = mask, if all signals share it + N · (4 · (weights + biases) + mask, if each has its own)
//! ```
//!
//! Values are f32; a mask is a bit a weight of the dense network, and dense networks need none. Nothing else is
//! compressed. Beyond the signals measured the lines are extrapolations.

use anyhow::Result;

use crate::recipe::siren;
use crate::rows::Row;
use crate::show::plot::{self, Look, Marked, Scale};

use super::shown::{Drawn, Shown, empty_series, line_name};

/// Numbers of signals: 1, 10, … 10⁶.
fn counts() -> impl Iterator<Item = f64> {
    (0..=6).map(|decade| 10f64.powi(decade))
}

/// Seconds against the number of signals.
pub(super) fn seconds(shown: &Shown) -> Drawn {
    let line = |row: &Row| {
        let costs = || {
            let fit_s = row.step_s? * row.fit_steps? as f64;
            Some((row.train_s?, fit_s))
        };
        Ok(costs())
    };
    let caption = "Seconds to represent N signals: meta-training once, then a fit each, against training and pruning a \
                   network for each; measured on the machine named under provenance (fits alone on its threads, \
                   trainings by the clock), mean over seeds, extrapolated in N; what is reached stands in the table";
    draw(shown, "seconds", caption, line)
}

/// Bytes against the number of signals.
pub(super) fn bytes(shown: &Shown) -> Drawn {
    let network = &shown.session.experiment.settings.network;

    let line = |row: &Row| -> Result<Option<(f64, f64)>> {
        let Some(weights) = row.weights else { return Ok(None) };
        let mask = siren(network, &row.dataset)?.weights() as f64 / 8.0;
        let biases = siren(&crate::experiment::NetworkSpec { width: row.width, ..*network }, &row.dataset)?
            .widths[1..]
            .iter()
            .sum::<usize>();
        let values = 4.0 * (weights + biases) as f64;
        Ok(Some(match row.method.as_str() {
            "per-signal" | "maml-imp" | "maml-oneshot" => (0.0, values + mask),
            "dense" | "dense-narrow" | "scratch" => (0.0, values),
            _ => (mask, values),
        }))
    };
    let caption = "Bytes to keep N signals: surviving weights and biases as f32, and the mask as a bit a weight of the \
                   dense network, once where all signals share it and for each signal where they do not";
    draw(shown, "bytes", caption, line)
}

/// Lines fixed + N · unit of every method and data set, mean over the seeds.
fn draw(
    shown: &Shown,
    y_label: &str,
    caption: &str,
    line: impl Fn(&Row) -> Result<Option<(f64, f64)>>,
) -> Drawn {
    let mut series = Vec::new();
    for cell in &shown.table.cells {
        let of_cell = |row: &&Row| {
            (row.dataset == cell.dataset && row.method == cell.method && row.round == cell.round)
                && (row.width, &row.trained_on) == (cell.width, &cell.trained_on)
                && row.err.is_none()
        };
        let found = shown.rows.iter().filter(of_cell).map(&line).filter_map(Result::transpose);
        let found = found.collect::<Result<Vec<(f64, f64)>>>()?;
        if found.is_empty() {
            continue;
        }
        let n = found.len() as f64;
        let fixed = found.iter().map(|(fixed, _)| fixed).sum::<f64>() / n;
        let unit = found.iter().map(|(_, unit)| unit).sum::<f64>() / n;
        let method = line_name(&cell.method, cell.trained_on.as_deref(), &cell.dataset);
        let mut line = empty_series(&cell.dataset, &method, false);
        line.points = counts().map(|count| (count, fixed + count * unit)).collect();
        series.push(line);
    }
    let look = Look {
        title: "Cost of N signals",
        x_label: "number of signals",
        x_scale: Scale::Log,
        x_tick: plot::number,
        y_label,
        y_scale: Scale::Log,
        y_room: &[],
        marked: Marked::All,
        note: "",
    };
    if series.is_empty() { Ok(None) } else { Ok(Some((caption.into(), plot::lines(&look, &series)?))) }
}
