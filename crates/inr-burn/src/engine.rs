//! The engine: batches of networks and signals on a device.

use burn::tensor::{DType, Device, Element, Tensor, TensorData};
use inr_core::params::{from_full, to_full};
use inr_core::{Engine, Layout, LeafKind, Params, Real, Samples};

use crate::expression::Network;

/// An [`Engine`] that computes with burn on one device.
pub struct BurnEngine {
    name: String,
    device: Device,
}

impl BurnEngine {
    pub(crate) fn new(name: &str, device: Device) -> Self {
        Self { name: name.into(), device }
    }

    fn network<T: Real + Element>(&self, layout: &Layout, values: &[T], device: &Device) -> Network {
        let mut network = Network { weights: Vec::new(), biases: Vec::new(), w0: layout.siren().w0 };
        for leaf in layout.leaves() {
            let full = to_full(leaf, &values[leaf.range()]);
            match leaf.kind {
                LeafKind::Weight => network.weights.push(matrix(&full, leaf.rows, leaf.cols, device)),
                LeafKind::Bias => network.biases.push(matrix(&full, 1, leaf.rows, device)),
            }
        }
        network
    }
}

/// A row-major `[rows, cols]` tensor of the precision of `T`.
fn matrix<T: Real + Element>(values: &[T], rows: usize, cols: usize, device: &Device) -> Tensor<2> {
    let dtype = if T::BYTES == 4 { DType::F32 } else { DType::F64 };
    Tensor::from_data(TensorData::new(values.to_vec(), [rows, cols]), (device, dtype))
}

fn values<T: Real + Element>(tensor: Tensor<2>) -> Vec<T> {
    tensor.into_data().try_to_vec().expect("a tensor is read in the precision it was made in")
}

/// The leaves' tensors as a flat buffer of the layout.
fn flatten<T: Real + Element>(layout: &Layout, leaves: impl Iterator<Item = Tensor<2>>) -> Vec<T> {
    layout
        .leaves()
        .iter()
        .zip(leaves)
        .flat_map(|(leaf, tensor)| from_full(leaf, &values::<T>(tensor)))
        .collect()
}

impl<T: Real + Element> Engine<T> for BurnEngine {
    fn name(&self) -> &str {
        &self.name
    }

    fn forward(&self, params: &Params<T>, coords: &[T]) -> Vec<T> {
        let d_in = params.layout().siren().d_in();
        let coords = matrix(coords, coords.len() / d_in, d_in, &self.device);
        values(self.network(params.layout(), params.values(), &self.device).forward(coords))
    }

    fn value_and_grad(&self, params: &Params<T>, samples: &Samples<T>) -> (f64, Vec<T>) {
        let (coords, targets) = sample_tensors(params.layout(), samples, &self.device);
        let network = self.network(params.layout(), params.values(), &self.device);
        let (residual, gradient) = network.residual_and_gradient(coords, targets);
        let residual: Vec<T> = values(residual);
        let loss = residual.iter().map(|r| r.to_f64().powi(2)).sum::<f64>() / residual.len() as f64;
        (loss, flatten(params.layout(), gradient.into_leaves()))
    }

    fn hvp(&self, params: &Params<T>, samples: &Samples<T>, direction: &[T]) -> Vec<T> {
        assert_eq!(direction.len(), params.layout().len(), "direction against layout");
        let tracked = self.device.clone().autodiff();
        let (coords, targets) = sample_tensors(params.layout(), samples, &tracked);
        let network = self.network(params.layout(), params.values(), &tracked).require_grad();
        let direction = self.network(params.layout(), direction, &tracked);
        let (_, gradient) = network.residual_and_gradient(coords, targets);
        let gradients = gradient.inner_product(direction).backward();
        let leaves = network
            .into_leaves()
            .map(|leaf| leaf.grad(&gradients).unwrap_or_else(|| leaf.inner().zeros_like()));
        flatten(params.layout(), leaves)
    }
}

fn sample_tensors<T: Real + Element>(
    layout: &Layout,
    samples: &Samples<T>,
    device: &Device,
) -> (Tensor<2>, Tensor<2>) {
    let (d_in, d_out) = (layout.siren().d_in(), layout.siren().d_out());
    let n = samples.coords.len() / d_in;
    (matrix(&samples.coords, n, d_in, device), matrix(&samples.targets, n, d_out, device))
}
