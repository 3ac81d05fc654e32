//! Rows of x86-64: pairs of vector registers.
//!
//! Why intrinsics, and not `pulp` or `gemm`: the kernels need a row's load, store, addition and fused
//! multiply-add, 4 × 4 and 6 × 2 accumulators held in registers, and nothing else; `pulp` would bring its own
//! dispatch for these six lines, `gemm` would take the products out of the tile and with them the fusion.
//!
//! # Safety
//! Rows and sets of this module are named only by `work` and `peak` for instructions whose engine was made
//! with them, and making an engine asserts that the machine has them. That is the reason of every `unsafe` here.

use std::arch::x86_64::*;
use std::marker::PhantomData;

use super::rows::{Float, Lanes, Simd};
#[cfg(doc)]
use crate::native::instructions::Instructions;

/// Turns a square of n rows, 8 × 8 values at a time; n is a multiple of 8.
#[inline(always)]
fn squares_f32(n: usize, from: &[f32], to: &mut [f32]) {
    let (from, to) = (&from[..n * n], &mut to[..n * n]);
    for row in (0..n).step_by(8) {
        for col in (0..n).step_by(8) {
            // SAFETY: see the module; 8 rows from `row` on and 8 columns from `col` on are within n × n.
            unsafe { turn_8x8(from.as_ptr().add(row * n + col), to.as_mut_ptr().add(col * n + row), n) };
        }
    }
}

/// Rows `stride` apart.
///
/// # Safety
/// The machine has AVX; `from` and `to` have 8 rows of 8 values.
#[inline(always)]
unsafe fn turn_8x8(from: *const f32, to: *mut f32, stride: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        // Rows r and r + 4, columns c to c + 3 in the lower and the upper half: no shuffle crosses halves.
        let load = |r: usize, c: usize| {
            let lower = _mm256_castps128_ps256(_mm_loadu_ps(from.add(r * stride + c)));
            _mm256_insertf128_ps::<1>(lower, _mm_loadu_ps(from.add((r + 4) * stride + c)))
        };
        for c in [0, 4] {
            let [a, b, p, q] = [load(0, c), load(1, c), load(2, c), load(3, c)];
            let (ab_low, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
            let (pq_low, pq_high) = (_mm256_unpacklo_ps(p, q), _mm256_unpackhi_ps(p, q));
            let rows = [
                _mm256_shuffle_ps::<0x44>(ab_low, pq_low),
                _mm256_shuffle_ps::<0xee>(ab_low, pq_low),
                _mm256_shuffle_ps::<0x44>(ab_high, pq_high),
                _mm256_shuffle_ps::<0xee>(ab_high, pq_high),
            ];
            for (r, row) in rows.into_iter().enumerate() {
                _mm256_storeu_ps(to.add((c + r) * stride), row);
            }
        }
    }
}

/// Turns a square of n rows.
#[inline(always)]
fn squares_f64(n: usize, from: &[f64], to: &mut [f64]) {
    for (t, to) in to[..n * n].chunks_exact_mut(n).enumerate() {
        for (i, to) in to.iter_mut().enumerate() {
            *to = from[i * n + t];
        }
    }
}

macro_rules! row {
    ($name:ident, $T:ty, $register:ty, $lanes:expr, $square:expr, $splat:ident, $load:ident, $store:ident, $add:ident, $mul:ident, $fma:ident) => {
        #[doc = concat!("Two registers of `", stringify!($register), "`.")]
        #[derive(Clone, Copy)]
        pub struct $name($register, $register);

        impl Lanes for $name {
            type T = $T;
            const N: usize = 2 * $lanes;

            #[inline(always)]
            fn splat(value: $T) -> Self {
                // SAFETY: see the module.
                let register = unsafe { $splat(value) };
                Self(register, register)
            }

            #[inline(always)]
            fn load(values: &[$T]) -> Self {
                let values = values[..Self::N].as_ptr();
                // SAFETY: see the module; the slice has N values.
                unsafe { Self($load(values), $load(values.add($lanes))) }
            }

            #[inline(always)]
            fn store(self, values: &mut [$T]) {
                let values = values[..Self::N].as_mut_ptr();
                // SAFETY: see the module; the slice has N values.
                unsafe {
                    $store(values, self.0);
                    $store(values.add($lanes), self.1);
                }
            }

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                // SAFETY: see the module.
                unsafe { Self($add(self.0, other.0), $add(self.1, other.1)) }
            }

            #[inline(always)]
            fn times(self, other: Self) -> Self {
                // SAFETY: see the module.
                unsafe { Self($mul(self.0, other.0), $mul(self.1, other.1)) }
            }

            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                // SAFETY: see the module.
                unsafe { Self($fma(self.0, a.0, b.0), $fma(self.1, a.1, b.1)) }
            }

            #[inline(always)]
            fn fold_into(self, values: &mut [$T]) {
                let values = values[..$lanes].as_mut_ptr();
                // SAFETY: see the module; the slice has N / 2 values.
                unsafe { $store(values, $add($load(values), $add(self.0, self.1))) }
            }

            #[inline(always)]
            fn transpose(from: &[$T], to: &mut [$T]) {
                $square(Self::N, from, to);
            }
        }
    };
}

row!(
    Avx2F32,
    f32,
    __m256,
    8,
    squares_f32,
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_add_ps,
    _mm256_mul_ps,
    _mm256_fmadd_ps
);
row!(
    Avx2F64,
    f64,
    __m256d,
    4,
    squares_f64,
    _mm256_set1_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_add_pd,
    _mm256_mul_pd,
    _mm256_fmadd_pd
);
row!(
    Avx512F32,
    f32,
    __m512,
    16,
    squares_f32,
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_add_ps,
    _mm512_mul_ps,
    _mm512_fmadd_ps
);
row!(
    Avx512F64,
    f64,
    __m512d,
    8,
    squares_f64,
    _mm512_set1_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_add_pd,
    _mm512_mul_pd,
    _mm512_fmadd_pd
);

/// AVX2 and FMA: 16 registers of 256 bits. Only for an engine made with [`Instructions::Avx2`].
pub struct Avx2<T>(PhantomData<T>);

impl<T: Float> Simd for Avx2<T> {
    type T = T;
    type Row = T::Avx2;
    const FMA: bool = true;
    const WIDE: bool = false;

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

/// AVX-512: 32 registers of 512 bits. Only for an engine made with [`Instructions::Avx512`].
pub struct Avx512<T>(PhantomData<T>);

impl<T: Float> Simd for Avx512<T> {
    type T = T;
    type Row = T::Avx512;
    const FMA: bool = true;
    const WIDE: bool = true;

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
