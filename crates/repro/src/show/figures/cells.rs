//! Figures of the cells of the table: as dots, against budgets, of crossed data sets.

use std::collections::BTreeMap;

use anyhow::Context;

use super::shown::{Drawn, Shown, by_x, empty_series, line_name};
use crate::show::plot::{self, Field, Look, Marked, Scale, Series};
use crate::words::methods::method_label;
use crate::words::quantities::Quantity;

pub(super) fn dots(shown: &Shown) -> Drawn {
    if shown.table.cells.iter().all(|cell| cell.stats[Quantity::Psnr].is_none()) {
        return Ok(None);
    }
    let caption = "PSNR after the last step: mean over signals, whiskers ± one standard deviation over seeds";
    Ok(Some((caption.into(), plot::dots(shown.table)?)))
}

/// PSNR against the surviving fraction, every method, the paper's curves behind.
pub(super) fn budget(shown: &Shown) -> Drawn {
    let mut series: Vec<Series> = Vec::new();
    for cell in &shown.table.cells {
        let (Some(psnr_db), Some(kept)) = (cell.stats[Quantity::Psnr], cell.kept_fraction) else { continue };
        let method = line_name(&cell.line, cell.trained_on.as_deref(), &cell.dataset);
        let same = |s: &&mut Series| s.panel == cell.dataset && s.method == method;
        let at = match series.iter_mut().find(same) {
            Some(known) => known,
            None => {
                series.push(empty_series(&cell.dataset, &method, false));
                series.last_mut().context("there is one now")?
            }
        };
        at.points.push((100.0 * kept, psnr_db.mean));
        at.band_db.push(psnr_db.sd.unwrap_or(0.0));
    }
    let panels: Vec<(String, Option<String>)> = shown
        .table
        .columns
        .iter()
        .map(|column| (column.dataset.clone(), column.compare_with.clone()))
        .collect();
    for (panel, compare_with) in &panels {
        let rows = shown.paper.iter().filter(|row| Some(&row.dataset) == compare_with.as_ref());
        let mut by_method: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
        for row in rows {
            if let (Some(kept), Some(psnr_db)) =
                (row.kept_fraction, row.values[Quantity::Psnr].or(row.values[Quantity::PsnrPeak]))
            {
                by_method.entry(&row.line).or_default().push((100.0 * kept, psnr_db));
            }
        }
        for (method, points) in by_method {
            series.push(Series { points, ..empty_series(panel, method, true) });
        }
    }
    series.iter_mut().for_each(by_x);
    let look = Look {
        title: "PSNR against surviving weights",
        x_label: "surviving weights, % of the dense network",
        x_scale: Scale::Log,
        x_tick: plot::number,
        y_label: "PSNR (dB)",
        y_scale: Scale::Linear,
        y_room: &[],
        marked: Marked::All,
        note: "band: ± sd over seeds",
    };
    let caption = "PSNR after the last step against the fraction of weights that survive; thin, with hollow markers: the \
                   paper's numbers at width 256 and 178 × 178 (digitised) on the data set ours is compared with";
    if series.iter().all(|series| series.paper) {
        return Ok(None);
    }
    Ok(Some((caption.into(), plot::lines(&look, &series)?)))
}

/// Every ordered pair of data sets.
pub(super) fn domains(shown: &Shown) -> Drawn {
    let cells = &shown.table.cells;
    let fields: Vec<Field> = cells
        .iter()
        .filter_map(|cell| {
            let trained_on = cell.trained_on.clone()?;
            let own = cells.iter().find(|own| {
                (own.line == cell.line && own.round == cell.round && own.dataset == cell.dataset)
                    && own.trained_on.as_ref() == Some(&cell.dataset)
            });
            let psnr_db = cell.stats[Quantity::Psnr]?.mean;
            Some(Field {
                panel: format!("{}, round {}", method_label(&cell.line), cell.round),
                trained_on,
                dataset: cell.dataset.clone(),
                psnr_db,
                against_own_db: own.and_then(|own| own.stats[Quantity::Psnr]).map(|own| psnr_db - own.mean),
            })
        })
        .collect();
    let caption = "Networks trained on one data set and fitted to the test signals of another: mean PSNR over signals \
                   and seeds, and its difference to the network trained on the fitted set";
    if fields.is_empty() { Ok(None) } else { Ok(Some((caption.into(), plot::heat(&fields)?))) }
}
