//! How good a network is for test signals while it is meta-trained, against the hours its training has taken.

use crate::show::plot::{self, Look, Marked, Scale, Series};

use super::shown::{Drawn, Shown, by_x, empty_series, groups};

/// The first seed of every data set and line. The hours begin with the chain's first stage; they are those of one machine.
pub(super) fn hours(shown: &Shown) -> Drawn {
    let mut series: Vec<Series> = groups(&shown.rows.probes, |a, b| a.origin == b.origin)
        .into_iter()
        .map(|rows| Series {
            points: rows.iter().map(|row| (row.hours, row.psnr_db)).collect(),
            ..empty_series(&rows[0].origin.dataset, &rows[0].origin.line, false)
        })
        .collect();
    if series.is_empty() {
        return Ok(None);
    }
    series.extend(paper_lines(shown, &series));
    series.iter_mut().for_each(by_x);
    let look = Look {
        title: "PSNR of test signals against hours of meta-training",
        x_label: "hours of meta-training",
        x_scale: Scale::Linear,
        x_tick: plot::number,
        y_label: "PSNR (dB)",
        y_scale: Scale::Linear,
        y_room: &[],
        marked: Marked::All,
        note: "",
    };
    let caption = "Mean PSNR of a few test signals, fitted from the network as it was after so many hours of \
                   meta-training at its final budget (first seed; the machine is named under provenance); thin level \
                   lines are the paper's numbers at its own training's end";
    Ok(Some((caption.into(), plot::lines(&look, &series)?)))
}

/// The paper's numbers of the methods shown, as level lines from 0 to the last hour.
fn paper_lines(shown: &Shown, ours: &[Series]) -> Vec<Series> {
    let end = |panel: &str| {
        let of_panel = ours.iter().filter(|series| series.panel == panel);
        of_panel.flat_map(|series| &series.points).map(|point| point.0).fold(0.0, f64::max)
    };
    let line = |series: &Series| {
        let cell = shown
            .table
            .cells
            .iter()
            .find(|cell| cell.dataset == series.panel && cell.line == series.method)?;
        let psnr_db = cell.paper.as_ref()?.psnr_db?;
        let points = vec![(0.0, psnr_db), (end(&series.panel), psnr_db)];
        Some(Series { points, ..empty_series(&series.panel, &series.method, true) })
    };
    ours.iter().filter_map(line).collect()
}
