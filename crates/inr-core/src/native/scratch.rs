//! Memory of a tile, and of sums over tiles.

use std::ops::{Deref, DerefMut, Range};
use std::sync::{Mutex, MutexGuard};

use super::lanes::Float;
use super::plan::{Form, LayerPlan, Plan};
use super::products::height;

/// Shape of the kernels of an instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Lanes of a row: coordinates of a panel.
    pub lanes: usize,
    /// Rows of a register block.
    pub block: usize,
}

/// Values that begin at a cache line, so that no vector load straddles two.
#[derive(Default)]
pub struct Buffer<T> {
    values: Vec<T>,
    begin: usize,
    len: usize,
}

impl<T: Float> Buffer<T> {
    /// Makes the buffer `len` long; what it holds is then anything.
    fn reserve(&mut self, len: usize) {
        const LINE: usize = 64;
        let slack = LINE / T::BYTES;
        if self.values.len() < len + slack {
            self.values = vec![T::default(); len + slack];
            self.begin = self.values.as_ptr().align_offset(LINE).min(slack);
        }
        self.len = len;
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.values[self.begin..self.begin + self.len]
    }
}

impl<T> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.begin..self.begin + self.len]
    }
}

/// What a hidden layer leaves for the way back, each `[panel][rows, to whole blocks][lane]`.
#[derive(Default)]
pub struct Hidden<T> {
    /// h = sin(w0 z); z before that.
    pub value: Buffer<T>,
    /// h' = w0 cos(w0 z).
    pub slope: Buffer<T>,
    /// ḣ = h' ż; ż before that. Curvature only, as the next.
    pub value_dot: Buffer<T>,
    /// w0² h ż = −(h')˙.
    pub bend: Buffer<T>,
}

/// Everything a tile needs while it runs.
#[derive(Default)]
pub struct Scratch<T> {
    /// Coordinates.
    pub input: Buffer<T>,
    /// Hidden layers.
    pub hidden: Vec<Hidden<T>>,
    /// Values of the network.
    pub output: Buffer<T>,
    /// δ of the layer above and of the layer below, in turns.
    pub delta: [Buffer<T>; 2],
    /// δ̇, likewise.
    pub delta_dot: [Buffer<T>; 2],
    /// A layer's inputs, turned for the dense weight gradient.
    pub turned: Buffer<T>,
}

impl<T: Float> Scratch<T> {
    /// Makes room for tiles of `panels` panels.
    pub fn fit(&mut self, plan: &Plan, geometry: Geometry, panels: usize, curvature: bool) {
        let Geometry { lanes, block } = geometry;
        let size = |features: usize| panels * height(features, block) * lanes;
        self.input.reserve(size(plan.d_in));
        let (_, hidden) = plan.layers.split_last().expect("a network has layers");
        self.hidden.resize_with(hidden.len(), Default::default);
        for (buffers, layer) in self.hidden.iter_mut().zip(hidden) {
            let size = size(layer.rows.len());
            buffers.value.reserve(size);
            buffers.slope.reserve(size);
            if curvature {
                buffers.value_dot.reserve(size);
                buffers.bend.reserve(size);
            }
        }
        self.output.reserve(size(plan.layers[plan.layers.len() - 1].rows.len()));
        let widest = plan.layers.iter().map(|layer| layer.rows.len()).max().unwrap_or(0);
        self.delta.iter_mut().for_each(|buffer| buffer.reserve(size(widest)));
        if curvature {
            self.delta_dot.iter_mut().for_each(|buffer| buffer.reserve(size(widest)));
        }
        let dense = plan.layers.iter().filter(|layer| layer.form != Form::Sparse);
        let turned = dense.map(|layer| layer.cols.next_multiple_of(lanes) * panels * lanes).max();
        self.turned.reserve(turned.unwrap_or(0));
    }
}

/// Memory that waits for its next use. What is given back to the allocator may go back to the system, and then every
/// page of it is cleared and mapped again: a sixth of the time of a small network's gradient.
#[derive(Default)]
pub struct Pool<T> {
    scratch: Mutex<Vec<Scratch<T>>>,
    sums: Mutex<Vec<Vec<T>>>,
}

impl<T: Float> Pool<T> {
    /// Calls a function with scratch of its own.
    pub fn with<R>(&self, f: impl FnOnce(&mut Scratch<T>) -> R) -> R {
        let waiting = lock(&self.scratch).pop();
        let mut scratch = waiting.unwrap_or_default();
        let result = f(&mut scratch);
        lock(&self.scratch).push(scratch);
        result
    }

    /// So many zeros.
    pub fn zeros(&self, len: usize) -> Vec<T> {
        let mut values = lock(&self.sums).pop().unwrap_or_default();
        values.clear();
        values.resize(len, T::default());
        values
    }

    /// Takes back what [`Pool::zeros`] gave.
    pub fn give_back(&self, values: Vec<T>) {
        lock(&self.sums).push(values);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Where the sums over coordinates of each layer lie in one buffer.
pub struct SumPlaces {
    /// First to last.
    pub layers: Vec<LayerSums>,
    /// Length of the buffer.
    pub len: usize,
}

/// One layer's sums.
pub struct LayerSums {
    /// By the weights: `[group][rows, to whole blocks][lane]` if dense, `[weights][lanes / 2]` if sparse.
    pub weights: Range<usize>,
    /// Σ δ (Σ δ̇ for a curvature): `[rows][lanes / 2]`.
    pub bias: Range<usize>,
    /// Σ δ, for a curvature only.
    pub delta: Range<usize>,
}

impl SumPlaces {
    /// Places for a gradient or a curvature.
    pub fn new(plan: &Plan, geometry: Geometry, curvature: bool) -> Self {
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
        let layers = plan
            .layers
            .iter()
            .map(|layer| {
                let rows = layer.rows.len() * (lanes / 2);
                LayerSums {
                    weights: take(weights(layer)),
                    bias: take(rows),
                    delta: take(if curvature { rows } else { 0 }),
                }
            })
            .collect();
        Self { layers, len }
    }
}
