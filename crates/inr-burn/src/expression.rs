//! A SIREN and the gradient of its mean squared error, in ordinary tensor operations.
//!
//! ```text
//! z_l = h_l W_lᵀ + b_l,  h_{l+1} = sin(w0 z_l)          l < L−1;   f = z_{L−1}
//! δ_{L−1} = 2/(n·d_out) (f − y);   ∂W_l = δ_lᵀ h_l,  ∂b_l = Σ_n δ_l,  δ_{l−1} = (δ_l W_l) ⊙ w0 cos(w0 z_{l−1})
//! ```
//!
//! Nothing here knows whether its tensors are tracked; tracking them makes the gradient itself
//! differentiable, which is all that second order needs.

use burn::tensor::Tensor;

/// The leaves of a network as tensors: `weights[l]: [out, in]`, `biases[l]: [1, out]`.
pub struct Network {
    pub weights: Vec<Tensor<2>>,
    pub biases: Vec<Tensor<2>>,
    pub w0: f64,
}

impl Network {
    /// Marks every leaf as a variable of the derivative.
    pub fn require_grad(mut self) -> Self {
        for leaf in self.weights.iter_mut().chain(&mut self.biases) {
            *leaf = leaf.clone().require_grad();
        }
        self
    }

    /// All leaves in buffer order: weight then bias, layer by layer.
    pub fn into_leaves(self) -> impl Iterator<Item = Tensor<2>> {
        self.weights.into_iter().zip(self.biases).flat_map(|(w, b)| [w, b])
    }

    /// Sum over all leaves of the products of their entries, `[1]`.
    pub fn inner_product(self, other: Network) -> Tensor<1> {
        let mut products = self.into_leaves().zip(other.into_leaves()).map(|(a, b)| (a * b).sum());
        let first = products.next().expect("a network has at least one layer");
        products.fold(first, |sum, product| sum + product)
    }

    fn affine(&self, layer: usize, input: Tensor<2>) -> Tensor<2> {
        input.matmul(self.weights[layer].clone().transpose()) + self.biases[layer].clone()
    }

    /// `coords: [n, d_in]` → `[n, d_out]`.
    pub fn forward(&self, coords: Tensor<2>) -> Tensor<2> {
        let last = self.weights.len() - 1;
        let hidden = (0..last).fold(coords, |h, l| self.affine(l, h).mul_scalar(self.w0).sin());
        self.affine(last, hidden)
    }

    /// Residual `f − y`, `[n, d_out]`, and the gradient of its mean square.
    pub fn residual_and_gradient(&self, coords: Tensor<2>, targets: Tensor<2>) -> (Tensor<2>, Network) {
        let last = self.weights.len() - 1;
        let (mut inputs, mut phases) = (vec![coords], Vec::new());
        for layer in 0..last {
            let phase = self.affine(layer, inputs[layer].clone()).mul_scalar(self.w0);
            inputs.push(phase.clone().sin());
            phases.push(phase);
        }
        let residual = self.affine(last, inputs[last].clone()) - targets;
        let [n, d_out] = residual.dims();
        let mut delta = residual.clone().mul_scalar(2.0 / (n * d_out) as f64);
        let mut gradient = Network { weights: Vec::new(), biases: Vec::new(), w0: self.w0 };
        for layer in (0..=last).rev() {
            gradient.weights.push(delta.clone().transpose().matmul(inputs[layer].clone()));
            gradient.biases.push(delta.clone().sum_dim(0));
            if layer > 0 {
                let slope = phases[layer - 1].clone().cos().mul_scalar(self.w0);
                delta = delta.matmul(self.weights[layer].clone()) * slope;
            }
        }
        gradient.weights.reverse();
        gradient.biases.reverse();
        (residual, gradient)
    }
}
