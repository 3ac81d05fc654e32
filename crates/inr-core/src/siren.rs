//! The network of the paper: a SIREN whose every layer has the same frequency.
//!
//! ```text
//! h_0 = x;   h_{l+1} = sin(w0 · (W_l h_l + b_l))   l = 0 … L−2;   f(x) = W_{L−1} h_{L−1} + b_{L−1}
//! ```
//!
//! Four sine layers and a linear output, 2-256-256-256-256-3, w0 = 200 everywhere; w0 multiplies
//! the bias too, nothing is added to the output and nothing is clipped (PAPER §1.2; the authors'
//! `models/siren.py`).

/// What a leaf is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafKind {
    /// A weight matrix `[out, in]`; may be pruned.
    Weight,
    /// A bias vector `[out]`; never pruned (PAPER §1.3).
    Bias,
}

/// Shape and frequency of a SIREN.
#[derive(Clone, Debug, PartialEq)]
pub struct Siren {
    /// Widths of all layers, input and output included, e.g. `[2, 256, 256, 256, 256, 3]`.
    pub widths: Vec<usize>,
    /// Frequency that multiplies every sine layer's pre-activation, bias included.
    pub w0: f64,
}

impl Siren {
    /// `sine_layers` hidden layers of one `width` between `d_in` coordinates and `d_out` values.
    ///
    /// # Panics
    /// If a width or the number of sine layers is zero, or `w0` is not a positive number.
    pub fn new(d_in: usize, width: usize, sine_layers: usize, d_out: usize, w0: f64) -> Self {
        let mut widths = vec![d_in];
        widths.extend(std::iter::repeat_n(width, sine_layers));
        widths.push(d_out);
        assert!(
            sine_layers > 0 && widths.iter().all(|&w| w > 0),
            "a SIREN needs at least one sine layer and positive widths, got {widths:?}"
        );
        assert!(w0 > 0.0 && w0.is_finite(), "w0 must be positive, got {w0}");
        Self { widths, w0 }
    }

    /// Number of affine layers, the linear output included.
    pub fn layers(&self) -> usize {
        self.widths.len() - 1
    }

    /// Dimension of a coordinate.
    pub fn d_in(&self) -> usize {
        self.widths[0]
    }

    /// Number of values at a coordinate.
    pub fn d_out(&self) -> usize {
        self.widths[self.layers()]
    }

    /// Number of weights (entries of the matrices): the paper's "#Params"; biases are not counted.
    pub fn weights(&self) -> usize {
        self.widths.windows(2).map(|w| w[0] * w[1]).sum()
    }

    /// Names and shapes of the leaves in the order of the authors' state dict: weight then bias, layer by layer.
    pub fn leaf_shapes(&self) -> Vec<(usize, LeafKind, usize, usize)> {
        (0..self.layers())
            .flat_map(|l| {
                let (cols, rows) = (self.widths[l], self.widths[l + 1]);
                [(l, LeafKind::Weight, rows, cols), (l, LeafKind::Bias, rows, 1)]
            })
            .collect()
    }
}

/// Width of a dense-narrow network with at least `weights` weights: the smallest even one (PAPER §1.3).
///
/// The paper's 20 widths are this rule at 0.8^k of the weights of width 256.
pub fn narrow_width(siren: &Siren, weights: f64) -> usize {
    let sine_layers = siren.layers() - 1;
    let count = |w: usize| Siren::new(siren.d_in(), w, sine_layers, siren.d_out(), siren.w0).weights();
    (2..).step_by(2).find(|&w| count(w) as f64 >= weights).unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper() -> Siren {
        Siren::new(2, 256, 4, 3, 200.0)
    }

    #[test]
    fn the_papers_network_has_the_papers_counts() {
        assert_eq!(paper().weights(), 197_888);
        let entries = paper().leaf_shapes().iter().map(|(_, _, rows, cols)| rows * cols).sum::<usize>();
        assert_eq!(entries, 198_915);
    }

    #[test]
    fn dense_narrow_widths_are_the_papers() {
        let expected =
            [230, 206, 184, 164, 148, 132, 118, 106, 94, 84, 76, 68, 60, 54, 48, 44, 38, 34, 32, 28];
        let found: Vec<usize> =
            (1..=20).map(|k| narrow_width(&paper(), 0.8f64.powi(k) * 197_888.0)).collect();
        assert_eq!(found, expected);
    }
}
