//! Where the surviving weights are: the density of every layer, and the neurons that still do something
//! ([`crate::measures::neurons`]).

use crate::measures::statistics::mean_sd;
use crate::rows::LayerRow;
use crate::show::plot::{self, Look, Marked, Scale, Series};

use super::shown::{Drawn, Shown, empty_series, groups, line_name};

/// Share of each layer's weights that survive, %.
pub(super) fn densities(shown: &Shown) -> Drawn {
    let caption = "Surviving weights of each layer, first to output, at the rounds shown below: mean over seeds, band ± sd";
    let of = |row: &LayerRow| Some(100.0 * row.surviving as f64 / row.weights as f64);
    draw(shown, "surviving weights of the layer, %", caption, of)
}

/// Share of each sine layer's neurons that live, %.
pub(super) fn neurons(shown: &Shown) -> Drawn {
    let caption = "Neurons of each sine layer on a path of surviving weights from a coordinate to a value: mean over seeds, \
                   band ± sd";
    let of = |row: &LayerRow| Some(100.0 * row.living? as f64 / row.neurons? as f64);
    draw(shown, "living neurons of the layer, %", caption, of)
}

fn draw(shown: &Shown, y_label: &str, caption: &str, of: fn(&LayerRow) -> Option<f64>) -> Drawn {
    let cells = groups(&shown.rows.layers, |a, b| a.origin.is_of_cell(&b.origin));
    let series: Vec<Series> = cells.into_iter().map(|rows| layers(&rows, of)).collect();
    let look = Look {
        title: y_label,
        x_label: "layer",
        x_scale: Scale::Linear,
        x_tick: |x| if x.fract() == 0.0 { plot::number(x) } else { String::new() },
        y_label,
        y_scale: Scale::Linear,
        y_room: &[0.0, 100.0],
        marked: Marked::All,
        note: "band: ± sd over seeds",
    };
    if series.is_empty() { Ok(None) } else { Ok(Some((caption.into(), plot::lines(&look, &series)?))) }
}

/// The layers of one line and round, mean and spread over the seeds.
fn layers(rows: &[&LayerRow], of: fn(&LayerRow) -> Option<f64>) -> Series {
    let origin = &rows[0].origin;
    let panel = format!("{}, round {}", origin.dataset, origin.round);
    let line = line_name(&origin.line, origin.trained_on.as_deref(), &origin.dataset);
    let mut series = empty_series(&panel, &line, false);
    for layer in 1..=rows.iter().map(|row| row.layer).max().unwrap_or(0) {
        let of_seeds: Vec<f64> =
            rows.iter().filter(|row| row.layer == layer).filter_map(|row| of(row)).collect();
        if let (Some(mean), sd) = mean_sd(&of_seeds) {
            series.points.push((layer as f64, mean));
            series.band_db.push(sd.unwrap_or(0.0));
        }
    }
    series
}
