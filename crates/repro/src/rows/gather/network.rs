//! The network that the fits of a cell begin with: how many weights, which layers, how many bytes.

use std::sync::Arc;

use anyhow::Result;
use inr_core::file::TensorFile;
use inr_core::{Layout, Leaf};

use crate::measures::neurons::living;
use crate::plan::{Planned, Session};
use crate::recipe::siren;
use crate::rows::series::{LayerRow, Origin};
use crate::words::quantities::{Quantity, Values};

/// Its layout; none of a cell without a network.
pub(super) fn layout(session: &Session, planned: Planned) -> Result<Option<Arc<Layout>>> {
    let Some((_, last)) = planned.trainings().last() else { return Ok(None) };
    let path = session.store.dir(last).join("params.safetensors");
    Ok(Some(TensorFile::read_own(&path)?.params::<f32>(0.0)?.layout().clone()))
}

/// Weights at the end of the fit: those it began with, or what its last pruning left; none without a network.
pub(super) fn weights(planned: Planned, layout: Option<&Layout>) -> Option<usize> {
    let last = planned.cell.fit().and_then(|fit| fit.prunings.last());
    last.map(|pruning| pruning.keep).or_else(|| layout.map(Layout::weights))
}

/// Bytes to keep signals: values as f32, and a mask as a bit a weight of the dense network, which all signals share
/// unless each is pruned on its own way; and so do they what does not adapt. A network that was never pruned has no mask.
pub(super) fn cost(planned: Planned, layout: Option<&Layout>) -> Result<Values> {
    let (Some(layout), Some(fit)) = (layout, planned.cell.fit()) else {
        return Ok(Values::default());
    };
    let own_mask = !fit.prunings.is_empty();
    let is_pruned = own_mask || layout.weight_leaves().any(|leaf| leaf.kept.is_some());
    let dense = siren(&planned.cell.dense, planned.cell.source())?.weights();
    let mask = if is_pruned { dense as f64 / 8.0 } else { 0.0 };
    let weights = weights(planned, Some(layout)).unwrap_or(0);
    let all = weights + layout.len() - layout.weights();
    // What does not adapt is the same for all signals.
    let own = fit.own.map_or(all, |own| own.0.len(layout).min(all));
    let (common, values) = (4.0 * (all - own) as f64, 4.0 * own as f64);
    let (shared, own) = if own_mask { (common, values + mask) } else { (common + mask, values) };
    Ok(Values::of([(Quantity::SharedBytes, shared), (Quantity::SignalBytes, own)]))
}

/// Its layers.
pub(super) fn layers(origin: &Origin, layout: &Layout) -> Vec<LayerRow> {
    let living = living(layout);
    let row = |(l, leaf): (usize, &Leaf)| LayerRow {
        origin: origin.clone(),
        layer: l + 1,
        weights: leaf.rows * leaf.cols,
        surviving: leaf.len(),
        neurons: living.get(l).map(Vec::len),
        living: living.get(l).map(|of_layer| of_layer.iter().filter(|lives| **lives).count()),
    };
    layout.weight_leaves().enumerate().map(row).collect()
}
