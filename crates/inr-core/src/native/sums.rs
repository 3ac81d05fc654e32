//! Sums over coordinates: where they lie while tiles add to them, and how they become a gradient or a curvature.
//!
//! A gradient has sums of its own for every signal. A curvature Σ_t ∇²L_t v_t is one set of sums, but for Σ δ_t, which
//! constant neurons (`constants.rs`) ask for signal by signal.

use std::ops::Range;

use super::constants::DeltaSum;
use super::lanes::Float;
use super::plan::{Form, LayerPlan, Plan};
use super::products::height;
use super::scratch::Geometry;
use crate::engine::Wanted;

/// Sums over coordinates.
pub struct Sums<T> {
    /// Of squared residuals.
    pub loss: f64,
    /// Of the gradient or the curvature; see [`SumPlaces`].
    pub values: Vec<T>,
    /// Whether a tile has been added. Until then what lies at the places of dense weights is anything.
    pub begun: bool,
}

/// Where the sums of each layer lie in one buffer.
pub struct SumPlaces {
    /// First to last.
    pub layers: Vec<LayerSums>,
    /// Length of the buffer.
    pub len: usize,
    /// The lowest layer that has a wanted leaf: the way down ends there. The number of layers if none has.
    pub lowest: usize,
    /// Where dense weights begin, behind all else: before that tiles add to zeros, from there the first tile writes.
    pub dense: usize,
    geometry: Geometry,
}

/// One layer's sums.
pub struct LayerSums {
    /// By the weights: `[group][rows, to whole blocks][lane]` if dense, `[weights][lanes / 2]` if sparse. None if they are not
    /// wanted.
    pub weights: Option<Range<usize>>,
    /// Σ δ (Σ_t δ̇_t for a curvature): `[rows][lanes / 2]`.
    pub bias: Range<usize>,
    /// Σ δ_t of each signal: `[rows][lanes / 2]`. None but for a curvature of a layer that constants feed.
    pub delta: Vec<Range<usize>>,
}

impl SumPlaces {
    /// Places for a gradient (no moving signals) or for the curvature of some signals, by the leaves that are wanted.
    pub fn new(plan: &Plan, geometry: Geometry, moving: usize, wanted: &Wanted) -> Self {
        let Geometry { lanes, block } = geometry;
        let mut len = 0;
        let mut take = |count: usize| {
            len += count;
            len - count..len
        };
        let weights = |layer: &LayerPlan| match layer.form {
            Form::Sparse => layer.by_row.index.len() * (lanes / 2),
            _ => height(layer.rows.len(), block) * layer.cols.next_multiple_of(lanes),
        };
        let layers = plan.layers.iter().enumerate().map(|(l, layer)| {
            let rows = layer.rows.len() * (lanes / 2);
            let fed = if layer.from_constants.is_empty() { 0 } else { moving };
            let sparse = if layer.form == Form::Sparse && wanted.has(2 * l) { weights(layer) } else { 0 };
            LayerSums {
                weights: wanted.has(2 * l).then(|| take(sparse)),
                bias: take(rows),
                delta: (0..fed).map(|_| take(rows)).collect(),
            }
        });
        let mut layers: Vec<_> = layers.collect();
        let dense = take(0).start;
        for (layer, places) in
            plan.layers.iter().zip(&mut layers).filter(|(layer, _)| layer.form != Form::Sparse)
        {
            if places.weights.is_some() {
                places.weights = Some(take(weights(layer)));
            }
        }
        let lowest = (0..layers.len()).find(|l| wanted.has(2 * l) || wanted.has(2 * l + 1));
        Self { lowest: lowest.unwrap_or(layers.len()), layers, len, dense, geometry }
    }

    /// Writes the sums of the varying neurons and weights to the flat buffer.
    pub fn read<T: Float>(&self, plan: &Plan, sums: &[T], result: &mut [T]) {
        for (layer, places) in plan.layers.iter().zip(&self.layers) {
            match (places.weights.clone().map(|range| &sums[range]), layer.form) {
                (None, _) => {}
                (Some(weights), Form::Sparse) => {
                    for (k, &place) in layer.by_row.place.iter().enumerate() {
                        result[place as usize] = self.total(weights, k);
                    }
                }
                (Some(weights), _) => read_dense(layer, self.geometry, weights, result),
            }
            for (k, &o) in layer.rows.iter().enumerate() {
                result[layer.bias_offset + o as usize] = self.total(&sums[places.bias.clone()], k);
            }
        }
    }

    /// Σ δ of a gradient's signal by true neuron number.
    pub fn deltas<T: Float>(&self, plan: &Plan, sums: &[T]) -> Vec<Vec<DeltaSum<T>>> {
        let delta = |places: &LayerSums, k| self.total(&sums[places.bias.clone()], k);
        by_neuron(plan, |l, k| DeltaSum { delta: delta(&self.layers[l], k), delta_dot: T::default() })
    }

    /// Σ δ_t of one of a curvature's signals, and δ̇: what comes of it is linear in δ̇, so that the first signal may
    /// have that of all.
    pub fn moving_deltas<T: Float>(&self, plan: &Plan, sums: &[T], signal: usize) -> Vec<Vec<DeltaSum<T>>> {
        let total = |range: &Range<usize>, k| self.total(&sums[range.clone()], k);
        by_neuron(plan, |l, k| {
            let places = &self.layers[l];
            let delta = places.delta.get(signal).map_or(T::default(), |delta| total(delta, k));
            let delta_dot = if signal == 0 { total(&places.bias, k) } else { T::default() };
            DeltaSum { delta, delta_dot }
        })
    }

    fn total<T: Float>(&self, sums: &[T], k: usize) -> T {
        let half = self.geometry.lanes / 2;
        sums[k * half..(k + 1) * half].iter().copied().sum::<T>()
    }
}

/// Sums of a layer's varying neurons, told by layer and number, in their true places.
fn by_neuron<T: Float>(plan: &Plan, sum: impl Fn(usize, usize) -> DeltaSum<T>) -> Vec<Vec<DeltaSum<T>>> {
    let layer = |(l, layer): (usize, &LayerPlan)| {
        let mut deltas = vec![DeltaSum::default(); layer.width];
        layer.rows.iter().enumerate().for_each(|(k, &o)| deltas[o as usize] = sum(l, k));
        deltas
    };
    plan.layers.iter().enumerate().map(layer).collect()
}

fn read_dense<T: Float>(layer: &LayerPlan, geometry: Geometry, weights: &[T], result: &mut [T]) {
    let Geometry { lanes, block } = geometry;
    let height = layer.rows.len().next_multiple_of(block);
    let at = |row: usize, col: usize| (col / lanes * height + row) * lanes + col % lanes;
    for row in 0..layer.rows.len() {
        if layer.form == Form::Complete {
            let result = &mut result[layer.weight_offset + row * layer.cols..][..layer.cols];
            for (group, result) in result.chunks_mut(lanes).enumerate() {
                result.copy_from_slice(&weights[at(row, group * lanes)..][..result.len()]);
            }
            continue;
        }
        for k in layer.by_row.start[row] as usize..layer.by_row.start[row + 1] as usize {
            result[layer.by_row.place[k] as usize] = weights[at(row, layer.by_row.index[k] as usize)];
        }
    }
}
