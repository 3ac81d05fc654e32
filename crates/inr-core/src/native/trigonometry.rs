//! Sine and cosine together, without branches, so that a loop over them becomes vector code.
//!
//! ```text
//! k = round(x · 2/π),   r = x − k·π/2 ∈ [−π/4, π/4]          (Cody & Waite 1980: π/2 as a sum)
//! sin x, cos x = ± sin r, ± cos r                            by k mod 4, from two polynomials
//! ```
//!
//! `f32`: π/2 = P1 + P2 to 2e-15. With a fused multiply-add x − k·P1 is exact (both are multiples of 2⁻²³
//! for |x| ≥ 1 and the difference is below 1), so r has one rounding; without one the reduction is done
//! in f64. `f64`: three terms, the first two of 33 bits, whose products with k are exact either way.
//! Absolute error at |x| ≤ 1e5: below 1e-7 in f32 and 4e-16 in f64 (tests/native.rs). Arguments beyond
//! [`Trigonometry::LIMIT`], infinities and NaN are [`Trigonometry::is_wild`]: whoever calls gives them to libm.
//!
//! Polynomials: f32 from Cephes (Moshier, `sinf.c`), f64 from FreeBSD's msun (`k_sin.c`, `k_cos.c`).

/// Sine and cosine of a number.
pub trait Trigonometry: Copy {
    /// Largest magnitude that [`Trigonometry::tame_sin_cos`] is made for.
    const LIMIT: Self;

    /// (sin x, cos x) for arguments that are not wild; branch-free.
    fn tame_sin_cos<const FMA: bool>(self) -> (Self, Self);

    /// Whether the argument is beyond the limit, infinite or not a number.
    fn is_wild(self) -> bool;

    /// (sin x, cos x) for every argument, by libm.
    fn any_sin_cos(self) -> (Self, Self);
}

impl Trigonometry for f32 {
    const LIMIT: f32 = 1e6;

    #[inline(always)]
    fn tame_sin_cos<const FMA: bool>(self) -> (f32, f32) {
        const ROUND: f32 = 12_582_912.0; // 1.5 · 2^23: adding it leaves an integer in the low bits
        const P1: f32 = f32::from_bits(0x3fc9_0fdb);
        const P2: f32 = f32::from_bits(0xb33b_bd2e);
        let fma = |a: f32, b: f32, c: f32| if FMA { a.mul_add(b, c) } else { a * b + c };
        let shifted = fma(self, std::f32::consts::FRAC_2_PI, ROUND);
        let (k, quadrant) = (shifted - ROUND, shifted.to_bits());
        let r = match FMA {
            true => fma(-k, P2, fma(-k, P1, self)),
            false => (self as f64 - k as f64 * std::f64::consts::FRAC_PI_2) as f32,
        };
        let z = r * r;
        let s = fma(fma(-1.951_529_6e-4, z, 8.332_161e-3), z, -1.666_665_5e-1);
        let c = fma(fma(2.443_315_7e-5, z, -1.388_731_6e-3), z, 4.166_664_6e-2);
        let sin = fma(s, z * r, r);
        let cos = fma(c, z * z, fma(-0.5, z, 1.0));
        let (a, b) = if quadrant & 1 == 0 { (sin, cos) } else { (cos, sin) };
        let signed = |value: f32, quadrant: u32| f32::from_bits(value.to_bits() ^ (quadrant & 2) << 30);
        (signed(a, quadrant), signed(b, quadrant.wrapping_add(1)))
    }

    #[inline(always)]
    fn is_wild(self) -> bool {
        // As integers magnitudes have the same order, and infinities and NaN come last.
        (self.to_bits() & !(1 << 31)) as i32 > Self::LIMIT.to_bits() as i32
    }

    fn any_sin_cos(self) -> (f32, f32) {
        self.sin_cos()
    }
}

impl Trigonometry for f64 {
    const LIMIT: f64 = 1e6;

    #[inline(always)]
    fn tame_sin_cos<const FMA: bool>(self) -> (f64, f64) {
        const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 · 2^52
        const P: [f64; 3] = [1.570_796_326_734_125_6, 6.077_100_506_303_966e-11, 2.022_266_248_795_950_6e-21];
        const S: [f64; 6] = [
            -1.666_666_666_666_663_2e-1,
            8.333_333_333_322_49e-3,
            -1.984_126_982_985_795e-4,
            2.755_731_370_707_006_8e-6,
            -2.505_076_025_340_686_3e-8,
            1.589_690_995_211_55e-10,
        ];
        const C: [f64; 6] = [
            4.166_666_666_666_66e-2,
            -1.388_888_888_887_411e-3,
            2.480_158_728_947_673e-5,
            -2.755_731_435_139_066_3e-7,
            2.087_572_321_298_175e-9,
            -1.135_964_755_778_819_5e-11,
        ];
        let fma = |a: f64, b: f64, c: f64| if FMA { a.mul_add(b, c) } else { a * b + c };
        let shifted = fma(self, std::f64::consts::FRAC_2_PI, ROUND);
        let (k, quadrant) = (shifted - ROUND, shifted.to_bits());
        let r = P.iter().fold(self, |r, &p| fma(-k, p, r));
        let z = r * r;
        let polynomial = |p: &[f64; 6]| p[..5].iter().rev().fold(p[5], |sum, &p| fma(sum, z, p));
        let sin = fma(polynomial(&S), z * r, r);
        let cos = fma(polynomial(&C), z * z, fma(-0.5, z, 1.0));
        let (a, b) = if quadrant & 1 == 0 { (sin, cos) } else { (cos, sin) };
        let signed = |value: f64, quadrant: u64| f64::from_bits(value.to_bits() ^ (quadrant & 2) << 62);
        (signed(a, quadrant), signed(b, quadrant.wrapping_add(1)))
    }

    #[inline(always)]
    fn is_wild(self) -> bool {
        (self.to_bits() & !(1 << 63)) as i64 > Self::LIMIT.to_bits() as i64
    }

    fn any_sin_cos(self) -> (f64, f64) {
        self.sin_cos()
    }
}
