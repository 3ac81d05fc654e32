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

/// A neuron, by its true number: one that varies has a bias only.
#[derive(Clone, Copy, Default)]
pub struct Still<T> {
    /// Bias and what constant inputs add to it.
    pub bias: T,
    /// Its derivative along the direction.
    pub bias_dot: T,
    value: T,
    slope: T,
    value_dot: T,
    bend: T,
}

/// A neuron's sums over all coordinates.
#[derive(Clone, Copy, Default)]
pub struct DeltaSum<T> {
    /// Σ δ.
    pub delta: T,
    /// Σ δ̇.
    pub delta_dot: T,
}

/// Biases and constant neurons of every layer.
pub fn forward<T: Float>(plan: &Plan, values: &[T], direction: Option<&[T]>) -> Vec<Vec<Still<T>>> {
    let w0 = T::from_f64(plan.w0);
    let mut layers: Vec<Vec<Still<T>>> = Vec::with_capacity(plan.layers.len());
    for layer in &plan.layers {
        let mut neurons = vec![Still::default(); layer.width];
        for (neuron, &bias) in neurons.iter_mut().zip(&values[layer.bias_offset..]) {
            neuron.bias = bias;
        }
        if let Some(direction) = direction {
            for (neuron, &bias_dot) in neurons.iter_mut().zip(&direction[layer.bias_offset..]) {
                neuron.bias_dot = bias_dot;
            }
        }
        for e in &layer.from_constants {
            let (before, place) = (layers[layers.len() - 1][e.col as usize], e.place as usize);
            let neuron = &mut neurons[e.row as usize];
            neuron.bias += values[place] * before.value;
            if let Some(direction) = direction {
                neuron.bias_dot += values[place] * before.value_dot + direction[place] * before.value;
            }
        }
        for &o in &layer.constants {
            let neuron = &mut neurons[o as usize];
            let (sin, cos) = (w0 * neuron.bias).any_sin_cos();
            (neuron.value, neuron.slope) = (sin, w0 * cos);
            neuron.value_dot = neuron.slope * neuron.bias_dot;
            neuron.bend = w0 * w0 * sin * neuron.bias_dot;
        }
        layers.push(neurons);
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
    still: &[Vec<Still<T>>],
    sums: &mut [Vec<DeltaSum<T>>],
    result: &mut [T],
) {
    let fed = |l: &usize| !plan.layers[*l].from_constants.is_empty();
    for l in (1..plan.layers.len()).rev().filter(fed) {
        let (below, above) = sums.split_at_mut(l);
        let (below, above, still) = (&mut below[l - 1], &above[0], &still[l - 1]);
        let mut pulls = vec![DeltaSum::default(); plan.layers[l - 1].width];
        for e in &plan.layers[l].from_constants {
            let (neuron, place) = (still[e.col as usize], e.place as usize);
            let (above, pull) = (above[e.row as usize], &mut pulls[e.col as usize]);
            pull.delta += values[place] * above.delta;
            result[place] += match direction {
                None => above.delta * neuron.value,
                Some(direction) => {
                    pull.delta_dot += values[place] * above.delta_dot + direction[place] * above.delta;
                    above.delta_dot * neuron.value + above.delta * neuron.value_dot
                }
            };
        }
        for &i in &plan.layers[l - 1].constants {
            let (neuron, pull, sum) = (still[i as usize], pulls[i as usize], &mut below[i as usize]);
            sum.delta = neuron.slope * pull.delta;
            sum.delta_dot = neuron.slope * pull.delta_dot - neuron.bend * pull.delta;
            let by_bias = if direction.is_some() { sum.delta_dot } else { sum.delta };
            result[plan.layers[l - 1].bias_offset + i as usize] += by_bias;
        }
    }
}
