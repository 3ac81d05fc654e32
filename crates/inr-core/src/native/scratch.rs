//! Memory of a tile, and of what waits for its next use.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard};

use super::instructions::{AVX2_BLOCK, AVX512_BLOCK, Instructions, PORTABLE_BLOCK};
use super::lanes::{Float, Lanes};
use super::plan::{Form, Plan};
use super::products::height;

/// Shape of the kernels of an instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Lanes of a row: coordinates of a panel.
    pub lanes: usize,
    /// Rows of a register block.
    pub block: usize,
}

impl Instructions {
    /// Shape of the kernels.
    pub(super) fn geometry<T: Float>(self) -> Geometry {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Geometry { lanes: T::Avx512::N, block: AVX512_BLOCK },
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Geometry { lanes: T::Avx2::N, block: AVX2_BLOCK },
            _ => Geometry { lanes: T::Array::N, block: PORTABLE_BLOCK },
        }
    }
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
    /// ḣ_t = h' ż_t, signal after signal; ż_t before that. Curvature only, as the next.
    pub value_dot: Buffer<T>,
    /// w0² h ż_t = −(h')˙.
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
    /// ḟ_t, signal after signal.
    pub output_dot: Buffer<T>,
    /// δ_t of the layer above and of the layer below, in turns; signal after signal.
    pub delta: [Buffer<T>; 2],
    /// D = Σ_t δ̇_t, likewise.
    pub delta_dot: [Buffer<T>; 2],
    /// A layer's inputs, turned for the dense weight gradient.
    pub turned: Buffer<T>,
}

impl<T: Float> Scratch<T> {
    /// Makes room for tiles of `panels` panels.
    pub fn fit(&mut self, plan: &Plan, geometry: Geometry, panels: usize, signals: usize, curvature: bool) {
        let Geometry { lanes, block } = geometry;
        let size = |features: usize| panels * height(features, block) * lanes;
        let moving = if curvature { signals } else { 0 };
        self.input.reserve(size(plan.d_in));
        let (last, hidden) = plan.layers.split_last().expect("a network has layers");
        self.hidden.resize_with(hidden.len(), Default::default);
        for (buffers, layer) in self.hidden.iter_mut().zip(hidden) {
            let size = size(layer.rows.len());
            buffers.value.reserve(size);
            buffers.slope.reserve(size);
            buffers.value_dot.reserve(moving * size);
            buffers.bend.reserve(moving * size);
        }
        self.output.reserve(size(last.rows.len()));
        self.output_dot.reserve(moving * size(last.rows.len()));
        let widest = size(plan.layers.iter().map(|layer| layer.rows.len()).max().unwrap_or(0));
        self.delta.iter_mut().for_each(|buffer| buffer.reserve(signals * widest));
        self.delta_dot.iter_mut().for_each(|buffer| buffer.reserve(if curvature { widest } else { 0 }));
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

    /// So many values, of which the first are zeros.
    pub fn values(&self, len: usize, zeros: usize) -> Vec<T> {
        let mut values = lock(&self.sums).pop().unwrap_or_default();
        values.resize(len, T::default());
        values[..zeros].fill(T::default());
        values
    }

    /// Takes back what [`Pool::values`] gave.
    pub fn give_back(&self, values: Vec<T>) {
        lock(&self.sums).push(values);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
