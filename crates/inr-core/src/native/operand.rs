//! The parameters of a call in the order the kernels read them, packed once for all tiles.

use std::borrow::Cow;

use super::constants::Still;
use super::lanes::Float;
use super::plan::{Form, LayerPlan, Lists, Plan};
use super::products::{Affine, Matrix};

/// Parameters, or a direction in their space.
pub struct Operand<T> {
    /// First to last.
    pub layers: Vec<LayerOperand<T>>,
}

/// One layer's weights for either direction, and its bias (with what constant neurons add).
pub struct LayerOperand<T> {
    forward: Vec<T>,
    backward: Vec<T>,
    /// `[rows, to whole blocks]`.
    pub bias: Vec<T>,
}

impl<T: Float> Operand<T> {
    /// Packs a flat buffer, of its weights only those of the layers with `weights`; `bias` tells a neuron's bias.
    pub fn new(
        plan: &Plan,
        values: &[T],
        weights: &[bool],
        still: &[Vec<Still<T>>],
        bias: impl Fn(&Still<T>) -> T,
        block: usize,
    ) -> Self {
        let layer = |(l, layer): (usize, &LayerPlan)| {
            let mut biases = vec![T::default(); layer.rows.len().next_multiple_of(block)];
            biases.iter_mut().zip(&layer.rows).for_each(|(b, &o)| *b = bias(&still[l][o as usize]));
            let (forward, backward) = match layer.form {
                _ if !weights[l] => (Vec::new(), Vec::new()),
                Form::Sparse => (gather(&layer.by_row, values), gather(&layer.by_col, values)),
                _ => {
                    let (rows, cols) = (layer.rows.len(), layer.cols);
                    let full = matrix(layer, values);
                    let back = |i: usize, o: usize| full[o * cols + i];
                    let backward = if l == 0 { Vec::new() } else { pack(cols, rows, block, back) };
                    (pack(rows, cols, block, |o, i| full[o * cols + i]), backward)
                }
            };
            LayerOperand { forward, backward, bias: biases }
        };
        Self { layers: plan.layers.iter().enumerate().map(layer).collect() }
    }
}

impl<T> LayerOperand<T> {
    /// W and b.
    pub fn affine<'a>(&'a self, layer: &'a LayerPlan) -> Affine<'a, T> {
        (self.forward(layer), &self.bias)
    }

    /// The layer's matrix W.
    pub fn forward<'a>(&'a self, layer: &'a LayerPlan) -> Matrix<'a, T> {
        let lists = (layer.form == Form::Sparse).then_some(&layer.by_row);
        Matrix { rows: layer.rows.len(), cols: layer.cols, weights: &self.forward, lists }
    }

    /// Its transpose.
    pub fn backward<'a>(&'a self, layer: &'a LayerPlan) -> Matrix<'a, T> {
        let lists = (layer.form == Form::Sparse).then_some(&layer.by_col);
        Matrix { rows: layer.cols, cols: layer.rows.len(), weights: &self.backward, lists }
    }
}

fn gather<T: Float>(lists: &Lists, values: &[T]) -> Vec<T> {
    lists.place.iter().map(|&place| values[place as usize]).collect()
}

/// The layer's varying weights as a row-major matrix `[rows, cols]`.
fn matrix<'a, T: Float>(layer: &LayerPlan, values: &'a [T]) -> Cow<'a, [T]> {
    let (rows, cols) = (layer.rows.len(), layer.cols);
    if layer.form == Form::Complete {
        return Cow::Borrowed(&values[layer.weight_offset..][..rows * cols]);
    }
    let mut full = vec![T::default(); rows * cols];
    for row in 0..rows {
        for k in layer.by_row.start[row] as usize..layer.by_row.start[row + 1] as usize {
            full[row * cols + layer.by_row.index[k] as usize] = values[layer.by_row.place[k] as usize];
        }
    }
    Cow::Owned(full)
}

/// A matrix as `[block of rows][cols][row in block]`, the last block filled with zeros.
fn pack<T: Float>(rows: usize, cols: usize, block: usize, at: impl Fn(usize, usize) -> T) -> Vec<T> {
    let mut packed = vec![T::default(); rows.next_multiple_of(block) * cols];
    for (number, packed) in packed.chunks_exact_mut(block * cols).enumerate() {
        let from = number * block;
        let height = block.min(rows - from);
        for (col, packed) in packed.chunks_exact_mut(block).enumerate() {
            for r in 0..height {
                packed[r] = at(from + r, col);
            }
        }
    }
    packed
}
