//! Rows of lanes: the arithmetic every kernel is written in, once, for every instruction set.
//!
//! A row is a plain array of 64 or 128 bytes: two registers of AVX2 or AVX-512, four of SSE2 or NEON.
//! Its operations are loops over the array; the compiler turns them into vector instructions of
//! whatever set the function they are inlined into has enabled. An instruction set is a type that
//! names its row and whether it has a fused multiply-add (where it has none, `mul_add` would call
//! libm for every number).

use std::marker::PhantomData;

use super::trigonometry::Trigonometry;
use crate::real::Real;

/// A number the native engine computes in, and its two lengths of rows.
pub trait Float: Real + Trigonometry {
    /// A row of 64 bytes.
    type Short: Lanes<T = Self>;
    /// A row of 128 bytes.
    type Long: Lanes<T = Self>;
    /// `self · a + b`, rounded once.
    fn fused(self, a: Self, b: Self) -> Self;
}

impl Float for f32 {
    type Short = [f32; 16];
    type Long = [f32; 32];
    #[inline(always)]
    fn fused(self, a: Self, b: Self) -> Self {
        self.mul_add(a, b)
    }
}

impl Float for f64 {
    type Short = [f64; 8];
    type Long = [f64; 16];
    #[inline(always)]
    fn fused(self, a: Self, b: Self) -> Self {
        self.mul_add(a, b)
    }
}

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
    /// Lane by lane, `f(self, a, b)`.
    fn zip(self, a: Self, b: Self, f: impl Fn(Self::T, Self::T, Self::T) -> Self::T) -> Self;
    /// Adds the lower and the upper half to the first `N / 2` values.
    fn fold_into(self, values: &mut [Self::T]);
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
    fn zip(self, a: Self, mut b: Self, f: impl Fn(T, T, T) -> T) -> Self {
        for i in 0..N {
            b[i] = f(self[i], a[i], b[i]);
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
    /// Calls a kernel, compiled for these instructions with everything that is inlined into it.
    fn enabled<R>(kernel: impl FnOnce() -> R) -> R;

    /// `a · b + c`, fused where that is one instruction.
    #[inline(always)]
    fn mul_add(a: Self::T, b: Self::T, c: Self::T) -> Self::T {
        if Self::FMA { a.fused(b, c) } else { a * b + c }
    }

    /// `a · b + c`, row by row.
    #[inline(always)]
    fn mul_add_row(a: Self::Row, b: Self::Row, c: Self::Row) -> Self::Row {
        a.zip(b, c, |a, b, c| Self::mul_add(a, b, c))
    }
}

/// What every machine of the target has.
pub struct Portable<T>(PhantomData<T>);

impl<T: Float> Simd for Portable<T> {
    type T = T;
    type Row = T::Short;
    const FMA: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));

    fn enabled<R>(kernel: impl FnOnce() -> R) -> R {
        kernel()
    }
}

/// AVX2 and FMA: 16 registers of 256 bits. Only for an engine made with [`super::Instructions::Avx2`].
#[cfg(target_arch = "x86_64")]
pub struct Avx2<T>(PhantomData<T>);

#[cfg(target_arch = "x86_64")]
impl<T: Float> Simd for Avx2<T> {
    type T = T;
    type Row = T::Short;
    const FMA: bool = true;

    fn enabled<R>(kernel: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "avx2,fma")]
        fn compiled<R>(kernel: impl FnOnce() -> R) -> R {
            kernel()
        }
        // SAFETY: this type is named only where an engine's instructions are Avx2, and making such an engine
        // asserts that the machine has AVX2 and FMA.
        unsafe { compiled(kernel) }
    }
}

/// AVX-512: 32 registers of 512 bits. Only for an engine made with [`super::Instructions::Avx512`].
#[cfg(target_arch = "x86_64")]
pub struct Avx512<T>(PhantomData<T>);

#[cfg(target_arch = "x86_64")]
impl<T: Float> Simd for Avx512<T> {
    type T = T;
    type Row = T::Long;
    const FMA: bool = true;

    fn enabled<R>(kernel: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
        fn compiled<R>(kernel: impl FnOnce() -> R) -> R {
            kernel()
        }
        // SAFETY: this type is named only where an engine's instructions are Avx512, and making such an engine
        // asserts that the machine has these features.
        unsafe { compiled(kernel) }
    }
}
