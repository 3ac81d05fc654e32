//! Instruction sets: what the kernels are compiled for, and the shapes and switches that go with each.

/// The instructions the kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instructions {
    /// AVX-512 (F, VL, DQ).
    Avx512,
    /// AVX2 and FMA.
    Avx2,
    /// What every machine of the target has.
    Portable,
}

impl Instructions {
    /// Those this machine has, widest first.
    pub fn available() -> Vec<Self> {
        [Self::Avx512, Self::Avx2, Self::Portable].into_iter().filter(|i| i.is_available()).collect()
    }

    /// The widest this machine has.
    pub fn best() -> Self {
        Self::available()[0]
    }

    /// Density of a layer's varying weights above which it is computed as a dense matrix.
    ///
    /// Measured by `examples/switch.rs` (Xeon with AVX-512, 2.8 GHz, f32, one thread, 64² coordinates). Lists cost the
    /// same as dense kernels at these densities (gradient, Hessian-vector product): AVX-512 0.23 and 0.34 at width
    /// 256, 0.29 and 0.40 at 128, 0.35 and 0.43 at 64; AVX2 0.40 and 0.53, 0.48 and 0.49, 0.52 and above 0.6; the
    /// portable kernels above 0.6. One value serves both products of a layer, and the widest layers decide.
    pub fn dense_above(self) -> f64 {
        match self {
            Self::Avx512 => 0.3,
            Self::Avx2 => 0.46,
            Self::Portable => 0.6,
        }
    }

    /// Whether this machine has them.
    pub(super) fn is_available(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        let wide = match self {
            Self::Avx512 => {
                std::is_x86_feature_detected!("avx512f")
                    && std::is_x86_feature_detected!("avx512vl")
                    && std::is_x86_feature_detected!("avx512dq")
            }
            _ => true,
        } && std::is_x86_feature_detected!("avx2")
            && std::is_x86_feature_detected!("fma");
        #[cfg(not(target_arch = "x86_64"))]
        let wide = false;
        self == Self::Portable || wide
    }
}

/// Rows of a register block: 2 registers a row (4 with AVX-512, which takes two panels at a time), and the block, its
/// inputs and a weight fit the registers. With AVX-512 six rows fit as well, but widths of powers of two would be padded:
/// a MAML step of width 32 takes 8 % longer, one of width 256 the same (Zen 4).
pub(super) const AVX512_BLOCK: usize = 4;
pub(super) const AVX2_BLOCK: usize = 6;
/// 4 registers a row; SSE2 has 16 registers, NEON 32.
pub(super) const PORTABLE_BLOCK: usize = if cfg!(target_arch = "aarch64") { 6 } else { 2 };
