//! How good a network is for test signals while it is meta-trained, against the hours its training has taken.

use crate::plot::{self, Look, Marked, Scale, Series};
use crate::stage::probes::read_probes;

use super::{Drawn, Shown, by_x, done, empty_series};

/// The first seed of every data set and line. The hours begin with the chain's first stage; they are those of one machine.
pub(super) fn hours(shown: &Shown) -> Drawn {
    let session = shown.session;
    let mut series: Vec<Series> = Vec::new();
    for (cell, chain) in done(session) {
        if series.iter().any(|series| series.panel == cell.dataset && series.method == cell.method) {
            continue;
        }
        let mut before_s = 0.0;
        let mut points = Vec::new();
        for id in chain {
            let probes = read_probes(&session.store.dir(id))?;
            points.extend(probes.iter().map(|probe| ((before_s + probe.seconds) / 3600.0, probe.psnr_db)));
            before_s += session.store.manifest(id).map_or(0.0, |manifest| manifest.wall_s);
        }
        if !points.is_empty() {
            series.push(Series { points, ..empty_series(&cell.dataset, &cell.method, false) });
        }
    }
    if series.is_empty() {
        return Ok(None);
    }
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
                   meta-training at its final budget (first seed; the machine is named under provenance)";
    Ok(Some((caption.into(), plot::lines(&look, &series)?)))
}
