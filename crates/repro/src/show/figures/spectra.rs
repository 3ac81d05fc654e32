//! Spectra of the error: which frequencies of the signals each initial network leaves unfitted.
//!
//! Power of a frequency of each ring ([`crate::measures::spectrum`]), mean over signals, then over seeds; the signals' own
//! beside it. `spectra.csv` has every ring with the number of its frequencies: their products sum to the mean squared
//! error.

use crate::rows::RingRow;
use crate::show::plot::{self, Look, Marked, Scale, Series};

use super::shown::{Drawn, Shown, empty_series, groups};

/// What the signals' own spectrum is called in figures.
const TARGET: &str = "target";

/// Power against frequency, a panel a data set and round.
pub(super) fn spectra(shown: &Shown) -> Drawn {
    let own: Vec<RingRow> =
        shown.rows.rings.iter().filter(|row| row.origin.trained_on.is_none()).cloned().collect();
    let mut cells = groups(&own, |a, b| a.origin.is_of_cell(&b.origin));
    let datasets = groups(&own, |a, b| a.origin.dataset == b.origin.dataset);
    let place = |row: &RingRow| datasets.iter().position(|rows| rows[0].origin.dataset == row.origin.dataset);
    cells.sort_by_key(|rows| (place(rows[0]), rows[0].origin.round));
    let mut series: Vec<Series> = Vec::new();
    for rows in &cells {
        let origin = &rows[0].origin;
        let panel = format!("{}, round {}", origin.dataset, origin.round);
        if !series.iter().any(|series| series.panel == panel) {
            series.push(line(rows, &panel, TARGET, |row| row.target_power));
        }
        series.push(line(rows, &panel, &origin.line, |row| row.error_power));
    }
    if series.is_empty() {
        return Ok(None);
    }
    let powers: Vec<f64> = series.iter().flat_map(|series| &series.points).map(|point| point.1).collect();
    let look = Look {
        title: "Power spectra of signals and errors",
        x_label: "cycles per picture",
        x_scale: Scale::Log,
        x_tick: plot::number,
        y_label: "power of a frequency",
        y_scale: Scale::Log,
        y_room: &powers,
        marked: Marked::Few,
        note: "",
    };
    let caption = "Power spectra of the errors of the fits, and of the signals: mean over the frequencies of a ring, channels, \
                   signals and seeds, in squared values. Where a line meets that of the signals, nothing of that frequency is \
                   fitted. Over all frequencies the powers sum to the mean squared error (spectra.csv)";
    Ok(Some((caption.into(), plot::lines(&look, &series)?)))
}

/// Mean over the seeds, from ring 1, which has a place on a logarithmic axis, to the last that is whole: half the side.
fn line(rows: &[&RingRow], panel: &str, name: &str, power: fn(&RingRow) -> f64) -> Series {
    // The corner of the square of frequencies is √2 as far as its side.
    let side_half =
        rows.iter().map(|row| row.ring).max().map_or(0, |last| (last as f64 / 2f64.sqrt()).round() as usize);
    let mean = |ring: usize| {
        let of_seeds: Vec<f64> = rows.iter().filter(|row| row.ring == ring).map(|row| power(row)).collect();
        of_seeds.iter().sum::<f64>() / of_seeds.len() as f64
    };
    let points = (1..=side_half).map(|ring| (ring as f64, mean(ring))).collect();
    Series { points, ..empty_series(panel, name, false) }
}
