//! The rows of each type of numbers.

use super::rows::Float;
#[cfg(target_arch = "x86_64")]
use super::x86;

impl Float for f32 {
    type Array = [f32; 16];
    #[cfg(target_arch = "x86_64")]
    type Avx2 = x86::Avx2F32;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = x86::Avx512F32;
    #[inline(always)]
    fn fused(self, a: Self, b: Self) -> Self {
        self.mul_add(a, b)
    }
}

impl Float for f64 {
    type Array = [f64; 8];
    #[cfg(target_arch = "x86_64")]
    type Avx2 = x86::Avx2F64;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = x86::Avx512F64;
    #[inline(always)]
    fn fused(self, a: Self, b: Self) -> Self {
        self.mul_add(a, b)
    }
}
