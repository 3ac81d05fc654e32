//! Neurons whose value does not depend on the coordinate: computed once a call, not once a coordinate.
//!
//! Forward, their values join the biases of the neurons they feed. Backward, with D_o = Σ_t δ_o(t), which for
//! varying neurons is the gradient of the bias,
//!
//! ```text
//! ∂W[o, i] = D_o h_i,     D_i = h'_i Σ_o W[o, i] D_o          h' = w0 cos(w0 z)
//! ```
//!
//! and, for the curvature along (V, c), the derivative of both: with ḣ = h' ż and bend = w0² h ż = −(h')˙
//!
//! ```text
//! H[o, i] = Ḋ_o h_i + D_o ḣ_i,   Ḋ_i = h'_i Σ_o (W Ḋ_o + V D_o) − bend_i Σ_o W D_o
//! ```
//!
//! All of it is linear in (D, Ḋ): the curvatures of several signals, added, ask for each signal's D but for the sum of
//! their Ḋ only, which the first signal is given.

use super::lanes::Float;
use super::plan::Plan;

/// A layer's neurons, all of them, in true numbers: those that vary have a bias only.
pub struct Still<T> {
    /// Bias and what constant inputs add to it.
    pub bias: Vec<T>,
    /// Its derivative along the direction.
    pub bias_dot: Vec<T>,
    value: Vec<T>,
    slope: Vec<T>,
    value_dot: Vec<T>,
    bend: Vec<T>,
}

/// Sums over all coordinates of δ and of its derivative, a layer's neurons in true numbers.
pub struct DeltaSums<T> {
    /// Σ δ.
    pub delta: Vec<T>,
    /// Σ δ̇.
    pub delta_dot: Vec<T>,
}

/// Biases and constant neurons of every layer.
pub fn forward<T: Float>(plan: &Plan, values: &[T], direction: Option<&[T]>) -> Vec<Still<T>> {
    let w0 = T::from_f64(plan.w0);
    let mut layers: Vec<Still<T>> = Vec::with_capacity(plan.layers.len());
    for layer in &plan.layers {
        let zeros = || vec![T::default(); layer.width];
        let bias = |values: &[T]| values[layer.bias_offset..][..layer.width].to_vec();
        let mut still = Still {
            bias: bias(values),
            bias_dot: direction.map_or_else(zeros, bias),
            value: zeros(),
            slope: zeros(),
            value_dot: zeros(),
            bend: zeros(),
        };
        for e in &layer.from_constants {
            let before = &layers[layers.len() - 1];
            let (row, col, place) = (e.row as usize, e.col as usize, e.place as usize);
            still.bias[row] += values[place] * before.value[col];
            if let Some(direction) = direction {
                still.bias_dot[row] +=
                    values[place] * before.value_dot[col] + direction[place] * before.value[col];
            }
        }
        for &o in &layer.constants {
            let o = o as usize;
            let (sin, cos) = (w0 * still.bias[o]).any_sin_cos();
            (still.value[o], still.slope[o]) = (sin, w0 * cos);
            still.value_dot[o] = still.slope[o] * still.bias_dot[o];
            still.bend[o] = w0 * w0 * sin * still.bias_dot[o];
        }
        layers.push(still);
    }
    layers
}

/// Adds the gradient (or curvature, given a direction) by the weights that leave constant neurons, and by their biases.
///
/// `sums` holds the varying neurons' sums; the constants' are added to it on the way down.
pub fn backward<T: Float>(
    plan: &Plan,
    values: &[T],
    direction: Option<&[T]>,
    still: &[Still<T>],
    sums: &mut [DeltaSums<T>],
    result: &mut [T],
) {
    let fed = |l: &usize| !plan.layers[*l].from_constants.is_empty();
    for l in (1..plan.layers.len()).rev().filter(fed) {
        let (below, above) = sums.split_at_mut(l);
        let (below, above, still) = (&mut below[l - 1], &above[0], &still[l - 1]);
        let zeros = || vec![T::default(); plan.layers[l - 1].width];
        let (mut pull, mut pull_dot) = (zeros(), zeros());
        for e in &plan.layers[l].from_constants {
            let (row, col, place) = (e.row as usize, e.col as usize, e.place as usize);
            let (delta, delta_dot) = (above.delta[row], above.delta_dot[row]);
            pull[col] += values[place] * delta;
            result[place] += match direction {
                None => delta * still.value[col],
                Some(direction) => {
                    pull_dot[col] += values[place] * delta_dot + direction[place] * delta;
                    delta_dot * still.value[col] + delta * still.value_dot[col]
                }
            };
        }
        for &i in &plan.layers[l - 1].constants {
            let i = i as usize;
            below.delta[i] = still.slope[i] * pull[i];
            below.delta_dot[i] = still.slope[i] * pull_dot[i] - still.bend[i] * pull[i];
            let by_bias = if direction.is_some() { below.delta_dot[i] } else { below.delta[i] };
            result[plan.layers[l - 1].bias_offset + i] += by_bias;
        }
    }
}
