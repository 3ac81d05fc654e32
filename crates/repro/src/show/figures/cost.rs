//! What it costs to represent N signals: the talk's obstacle, from measured unit costs.
//!
//! ```text
//! seconds(N) = seconds of meta-training + N · steps of a fit · seconds of a step
//! bytes(N)   = bytes that all signals share + N · bytes of a signal
//! ```
//!
//! Values are f32; a mask is a bit a weight of the dense network, and networks that were never pruned need none. Nothing
//! else is compressed. Beyond the signals measured the lines are extrapolations.

use super::shown::{Drawn, Shown, empty_series, line_name};
use crate::rows::Row;
use crate::show::plot::{self, Look, Marked, Scale};
use crate::words::quantities::Quantity;

/// Numbers of signals: 1, 10, … 10⁶.
fn counts() -> impl Iterator<Item = f64> {
    (0..=6).map(|decade| 10f64.powi(decade))
}

/// Seconds against the number of signals.
pub(super) fn seconds(shown: &Shown) -> Drawn {
    let line = |row: &Row| {
        let fit_s = row.values[Quantity::StepSeconds]? * row.fit_steps? as f64;
        Some((row.values[Quantity::TrainSeconds]?, fit_s))
    };
    let caption = "Seconds to represent N signals: meta-training once, then a fit each, against training and pruning a \
                   network for each; measured on the machine named under provenance (fits alone on its threads, \
                   trainings by the clock), mean over seeds, extrapolated in N; what is reached stands in the table";
    draw(shown, "seconds", caption, line)
}

/// Bytes against the number of signals.
pub(super) fn bytes(shown: &Shown) -> Drawn {
    let line = |row: &Row| Some((row.values[Quantity::SharedBytes]?, row.values[Quantity::SignalBytes]?));
    let caption = "Bytes to keep N signals: surviving weights and biases as f32, and the mask as a bit a weight of the \
                   dense network, once where all signals share it and for each signal where they do not";
    draw(shown, "bytes", caption, line)
}

/// Lines fixed + N · unit of every method and data set, mean over the seeds.
fn draw(shown: &Shown, y_label: &str, caption: &str, line: impl Fn(&Row) -> Option<(f64, f64)>) -> Drawn {
    let mut series = Vec::new();
    for cell in &shown.table.cells {
        let of_cell = |row: &&Row| {
            (row.dataset == cell.dataset && row.line == cell.line && row.round == cell.round)
                && (row.width, &row.trained_on) == (cell.width, &cell.trained_on)
                && row.err.is_none()
        };
        let found: Vec<(f64, f64)> = shown.rows.cells.iter().filter(of_cell).filter_map(&line).collect();
        if found.is_empty() {
            continue;
        }
        let n = found.len() as f64;
        let fixed = found.iter().map(|(fixed, _)| fixed).sum::<f64>() / n;
        let unit = found.iter().map(|(_, unit)| unit).sum::<f64>() / n;
        let method = line_name(&cell.line, cell.trained_on.as_deref(), &cell.dataset);
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
