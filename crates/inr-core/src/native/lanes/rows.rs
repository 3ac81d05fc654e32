//! A row, the numbers in it, and what is compiled for an instruction set: traits, and rows that are plain arrays.

use std::marker::PhantomData;

use crate::native::trigonometry::Trigonometry;
use crate::real::Real;

/// A number the native engine computes in, and its rows.
pub trait Float: Real + Trigonometry {
    /// A row of 64 bytes.
    type Array: Lanes<T = Self>;
    /// Two registers of AVX2.
    #[cfg(target_arch = "x86_64")]
    type Avx2: Lanes<T = Self>;
    /// Two registers of AVX-512.
    #[cfg(target_arch = "x86_64")]
    type Avx512: Lanes<T = Self>;
    /// `self · a + b`, rounded once.
    fn fused(self, a: Self, b: Self) -> Self;
}

/// Whether the portable path has a fused multiply-add; where it has none, `mul_add` would call libm for every number.
const PORTABLE_FMA: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));

/// A row of neighbouring coordinates (or weights), computed on in one go.
pub trait Lanes: Copy {
    /// Type of a lane.
    type T: Float;
    /// Number of lanes.
    const N: usize;
    /// The same value in every lane.
    fn splat(value: Self::T) -> Self;
    /// The first `N` values.
    fn load(values: &[Self::T]) -> Self;
    /// Writes the first `N` values.
    fn store(self, values: &mut [Self::T]);
    /// `self + other`.
    fn plus(self, other: Self) -> Self;
    /// `self · other`.
    fn times(self, other: Self) -> Self;
    /// `self · a + b`, fused where that is one instruction.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// Adds the lower and the upper half to the first `N / 2` values.
    fn fold_into(self, values: &mut [Self::T]);
    /// Turns a square of `N` rows.
    #[inline(always)]
    fn transpose(from: &[Self::T], to: &mut [Self::T]) {
        for (t, to) in to[..Self::N * Self::N].chunks_exact_mut(Self::N).enumerate() {
            for (i, to) in to.iter_mut().enumerate() {
                *to = from[i * Self::N + t];
            }
        }
    }
}

impl<T: Float, const N: usize> Lanes for [T; N] {
    type T = T;
    const N: usize = N;

    #[inline(always)]
    fn splat(value: T) -> Self {
        [value; N]
    }

    #[inline(always)]
    fn load(values: &[T]) -> Self {
        let mut row = [T::default(); N];
        row.copy_from_slice(&values[..N]);
        row
    }

    #[inline(always)]
    fn store(self, values: &mut [T]) {
        values[..N].copy_from_slice(&self);
    }

    #[inline(always)]
    fn plus(mut self, other: Self) -> Self {
        for i in 0..N {
            self[i] += other[i];
        }
        self
    }

    #[inline(always)]
    fn times(mut self, other: Self) -> Self {
        for i in 0..N {
            self[i] = self[i] * other[i];
        }
        self
    }

    #[inline(always)]
    fn mul_add(self, a: Self, mut b: Self) -> Self {
        for i in 0..N {
            b[i] = if PORTABLE_FMA { self[i].fused(a[i], b[i]) } else { self[i] * a[i] + b[i] };
        }
        b
    }

    #[inline(always)]
    fn fold_into(self, values: &mut [T]) {
        let values = &mut values[..N / 2];
        for i in 0..N / 2 {
            values[i] += self[i] + self[i + N / 2];
        }
    }
}

/// An instruction set, for one type of numbers.
pub trait Simd: 'static {
    /// Type of a lane.
    type T: Float;
    /// The row that fits its registers.
    type Row: Lanes<T = Self::T>;
    /// Whether it has a fused multiply-add.
    const FMA: bool;
    /// Whether a dense kernel takes two panels at a time: with 32 registers that needs fewer loads a multiply-add.
    const WIDE: bool;
    /// Calls a kernel, compiled for these instructions with everything that is inlined into it.
    fn enabled<R>(kernel: impl FnOnce() -> R) -> R;
}

/// What every machine of the target has.
pub struct Portable<T>(PhantomData<T>);

impl<T: Float> Simd for Portable<T> {
    type T = T;
    type Row = T::Array;
    const FMA: bool = PORTABLE_FMA;
    const WIDE: bool = false;

    fn enabled<R>(kernel: impl FnOnce() -> R) -> R {
        kernel()
    }
}
