//! Where the surviving weights are: the density of every layer, the neurons that still do something, the masks.
//!
//! A neuron of a sine layer lives if a path of surviving weights leads to it from a coordinate and from it to a value.
//! Without the first it is a constant, without the second nothing.

use anyhow::Result;
use inr_core::file::TensorFile;
use inr_core::{Layout, params::to_full};

use crate::measures::statistics::mean_sd;
use crate::plan::Session;
use crate::recipe::Cell;
use crate::show::page::GalleryRow;
use crate::show::plot::{self, Look, Marked, Scale, Series};
use crate::words::methods::method_label;

use super::shown::{Drawn, Shown, done, empty_series, line_name};

/// Share of each layer's weights that survive, %.
pub(super) fn densities(shown: &Shown) -> Drawn {
    let of = |layout: &Layout| -> Vec<f64> {
        layout
            .weight_leaves()
            .map(|leaf| 100.0 * leaf.len() as f64 / (leaf.rows * leaf.cols) as f64)
            .collect()
    };
    let caption = "Surviving weights of each layer, first to output, at the rounds shown below: mean over seeds, band ± sd";
    draw(shown.session, "surviving weights of the layer, %", caption, of)
}

/// Share of each sine layer's neurons that live, %.
pub(super) fn neurons(shown: &Shown) -> Drawn {
    let of = |layout: &Layout| -> Vec<f64> {
        let share =
            |alive: Vec<bool>| 100.0 * alive.iter().filter(|a| **a).count() as f64 / alive.len() as f64;
        living(layout).into_iter().map(share).collect()
    };
    let caption = "Neurons of each sine layer on a path of surviving weights from a coordinate to a value: mean over seeds, \
                   band ± sd";
    draw(shown.session, "living neurons of the layer, %", caption, of)
}

/// For each sine layer, whether each neuron lives.
pub fn living(layout: &Layout) -> Vec<Vec<bool>> {
    let siren = layout.siren();
    let layers = siren.layers();
    let edges = |layer: usize| {
        let leaf = layout.weight(layer);
        let index = |i: usize| leaf.kept.as_ref().map_or(i, |kept| kept[i] as usize);
        (0..leaf.len()).map(move |i| (index(i) / leaf.cols, index(i) % leaf.cols))
    };
    let mut reached: Vec<Vec<bool>> = vec![vec![true; siren.d_in()]];
    for layer in 0..layers {
        let mut next = vec![false; siren.widths[layer + 1]];
        edges(layer).for_each(|(to, from)| next[to] |= reached[layer][from]);
        reached.push(next);
    }
    let mut used = vec![true; siren.d_out()];
    for layer in (1..layers).rev() {
        let mut before = vec![false; siren.widths[layer]];
        edges(layer).for_each(|(to, from)| before[from] |= used[to]);
        reached[layer].iter_mut().zip(&before).for_each(|(lives, used)| *lives &= used);
        used = before;
    }
    reached[1..layers].to_vec()
}

/// The network a cell's fits begin with.
fn layout(session: &Session, chain: &[String]) -> Result<std::sync::Arc<Layout>> {
    let dir = session.store.dir(&chain[chain.len() - 2]);
    Ok(TensorFile::read(&dir.join("params.safetensors"))?.params::<f32>(0.0)?.layout().clone())
}

/// The pruned cells at the rounds of the gallery.
fn pruned(session: &Session) -> impl Iterator<Item = (&Cell, &Vec<String>)> {
    let shown = |cell: &Cell| session.experiment.gallery.contains(&cell.round) && cell.round > 0;
    done(session).filter(move |(cell, chain)| shown(cell) && chain.len() > 2)
}

fn draw(session: &Session, y_label: &str, caption: &str, of: fn(&Layout) -> Vec<f64>) -> Drawn {
    let mut found: Vec<(Series, Vec<Vec<f64>>)> = Vec::new();
    for (cell, chain) in pruned(session) {
        let panel = format!("{}, round {}", cell.dataset, cell.round);
        let values = of(&*layout(session, chain)?);
        let method = line_name(&cell.method, cell.trained_on.as_deref(), &cell.dataset);
        match found.iter_mut().find(|(s, _)| s.panel == panel && s.method == method) {
            Some((_, seeds)) => seeds.push(values),
            None => found.push((empty_series(&panel, &method, false), vec![values])),
        }
    }
    let series: Vec<Series> = found
        .into_iter()
        .map(|(series, seeds)| {
            let at = |layer: usize| mean_sd(&seeds.iter().map(|s| s[layer]).collect::<Vec<f64>>());
            let layers = 0..seeds[0].len();
            Series {
                points: layers.clone().map(|l| (l as f64 + 1.0, at(l).0.unwrap_or(f64::NAN))).collect(),
                band_db: layers.map(|l| at(l).1.unwrap_or(0.0)).collect(),
                ..series
            }
        })
        .collect();
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

/// The masks of the square layers of every pruned network, first seed: white where a weight survives.
///
/// # Errors
/// If a network cannot be read.
pub fn mask_pictures(session: &Session) -> Result<Vec<GalleryRow>> {
    let first = session.experiment.axes.seed[0];
    let mut rows = Vec::new();
    for (cell, chain) in pruned(session).filter(|(cell, _)| cell.seed == first) {
        let layout = layout(session, chain)?;
        let mut images = Vec::new();
        for (l, leaf) in layout.weight_leaves().enumerate().filter(|(_, leaf)| leaf.rows == leaf.cols) {
            let mask = to_full(leaf, &vec![1.0f32; leaf.len()]);
            let values: Vec<f32> = mask.iter().flat_map(|&kept| [kept; 3]).collect();
            let density = 100.0 * leaf.len() as f64 / mask.len() as f64;
            let picture = crate::pictures::png::png(&values, leaf.rows)?;
            images.push((format!("layer {}, {density:.1} %", l + 1), vec![picture]));
        }
        let signal = format!("surviving weights of {} k{}", method_label(&cell.method), cell.round);
        rows.push(GalleryRow { dataset: cell.dataset.clone(), signal, note: String::new(), images });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use inr_core::Siren;

    #[test]
    fn a_neuron_lives_between_a_coordinate_and_a_value() {
        // Two layers of three neurons. Layer 1: neuron 0 is fed, 1 is fed but leads nowhere, 2 is not fed.
        // Layer 2: neuron 0 is fed by 0 and leads to the value; neuron 1 is fed by 2 only; neuron 2 leads nowhere.
        let siren = Siren::new(2, 3, 2, 1, 30.0);
        let kept = vec![vec![0, 3], vec![0, 5, 6], vec![0, 1]];
        let alive = living(&Layout::sparse(siren.clone(), kept));
        assert_eq!(alive, [vec![true, false, false], vec![true, false, false]]);
        assert!(living(&Layout::dense(siren)).concat().iter().all(|lives| *lives));
    }
}
