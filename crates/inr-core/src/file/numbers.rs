//! Numbers of a tensor as f64, exactly.
//!
//! F16 is IEEE 754 binary16: (−1)^s · 2^(e−15) · (1 + m/1024), with 5 bits of e and 10 of m; e = 0 is m · 2^−24, e = 31
//! is infinity or NaN. BF16 is the upper half of an f32. Both are exact in f32.

use safetensors::Dtype;

use crate::real::Real;

/// What a tensor's numbers are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Values of a network, a moment or a signal: floating point.
    Values,
    /// A mask: floating point, whole numbers or BOOL.
    Mask,
}

impl Numbers {
    /// The accepted number types, for a message.
    pub fn accepted(self) -> &'static str {
        match self {
            Self::Values => "F64, F32, F16 or BF16",
            Self::Mask => "F64, F32, F16, BF16, BOOL, or I8 to I64 or U8 to U64",
        }
    }
}

/// Whether a type is one of [`Numbers::Values`].
pub fn is_floating(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16)
}

/// Little-endian numbers as f64; none if the type is not accepted there. Whole numbers beyond 2^53 are rounded, which
/// leaves them no 0 and no 1.
pub fn to_f64(dtype: Dtype, bytes: &[u8], good_for: Numbers) -> Option<Vec<f64>> {
    if good_for == Numbers::Values && !is_floating(dtype) {
        return None;
    }
    Some(match dtype {
        Dtype::F64 => bytes.chunks_exact(8).map(f64::from_le).collect(),
        Dtype::F32 => bytes.chunks_exact(4).map(|b| f32::from_le(b).to_f64()).collect(),
        Dtype::F16 => bytes.chunks_exact(2).map(|b| from_f16(u16::from_le_bytes([b[0], b[1]]))).collect(),
        Dtype::BF16 => bytes.chunks_exact(2).map(|b| from_bf16(u16::from_le_bytes([b[0], b[1]]))).collect(),
        Dtype::U8 | Dtype::BOOL => bytes.iter().map(|&b| b.into()).collect(),
        Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::I64 | Dtype::U16 | Dtype::U32 | Dtype::U64 => {
            whole(dtype, bytes)
        }
        _ => return None,
    })
}

/// Whole numbers of one to eight bytes.
fn whole(dtype: Dtype, bytes: &[u8]) -> Vec<f64> {
    let size = dtype.bitsize() / 8;
    let signed = matches!(dtype, Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::I64);
    let value = |b: &[u8]| {
        let negative = signed && b[size - 1] >= 0x80;
        let mut wide = [if negative { 0xff } else { 0 }; 16];
        wide[..size].copy_from_slice(b);
        i128::from_le_bytes(wide) as f64
    };
    bytes.chunks_exact(size).map(value).collect()
}

/// The value of an IEEE 754 binary16 number.
fn from_f16(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// The value of the upper half of an f32.
fn from_bf16(bits: u16) -> f64 {
    f32::from_bits(u32::from(bits) << 16).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// f32 has eight bits of exponent with bias 127, 23 of fraction: the bits of a binary16 number fit in.
    fn by_bits(bits: u16) -> f32 {
        let (sign, rest) = (u32::from(bits >> 15) << 31, u32::from(bits & 0x7fff));
        match rest >> 10 {
            0 => (f32::from_bits(sign | 0x3f80_0000) * rest as f32) / 16_777_216.0,
            31 => f32::from_bits(sign | 0x7f80_0000 | (rest & 0x3ff) << 13),
            _ => f32::from_bits(sign | ((rest << 13) + ((127 - 15) << 23))),
        }
    }

    #[test]
    fn every_half_is_what_its_bits_say_and_exact_in_single_precision() {
        for bits in 0..=u16::MAX {
            let (value, expected) = (from_f16(bits), by_bits(bits));
            assert!(
                value == f64::from(expected) || value.is_nan() && expected.is_nan(),
                "{bits:#x}: {value}"
            );
            assert_eq!(value.is_sign_negative() && !value.is_nan(), bits >> 15 == 1 && !value.is_nan());
            assert!(value.is_nan() || f64::from(value as f32) == value);
        }
        // From the standard: 1, the largest, the smallest normal and the smallest number, −2; NumPy says the same.
        let known = [
            (0x3c00, 1.0),
            (0x7bff, 65504.0),
            (0x0400, 6.103515625e-5),
            (0x0001, 5.960464477539063e-8),
            (0xc000, -2.0),
            (0x3555, 0.333251953125),
        ];
        for (bits, value) in known {
            assert_eq!(from_f16(bits), value);
        }
    }

    #[test]
    fn a_bfloat_has_the_exponent_of_single_precision_and_seven_bits() {
        for bits in 0..=u16::MAX {
            let (exponent, fraction) = (i32::from(bits >> 7 & 0xff), f64::from(bits & 0x7f));
            let size = match exponent {
                0 => fraction * 2f64.powi(-133),
                255 => continue,
                _ => (1.0 + fraction / 128.0) * 2f64.powi(exponent - 127),
            };
            assert_eq!(from_bf16(bits), if bits >> 15 == 1 { -size } else { size });
        }
        assert!(from_bf16(0x7f80) == f64::INFINITY && from_bf16(0x7fc0).is_nan());
    }

    #[test]
    fn whole_numbers_of_all_widths_keep_their_signs() {
        assert_eq!(to_f64(Dtype::I8, &[1, 0xff], Numbers::Mask), Some(vec![1.0, -1.0]));
        assert_eq!(to_f64(Dtype::I16, &[1, 0, 0, 0x80], Numbers::Mask), Some(vec![1.0, -32768.0]));
        assert_eq!(to_f64(Dtype::U16, &[1, 0, 0, 0x80], Numbers::Mask), Some(vec![1.0, 32768.0]));
        assert_eq!(to_f64(Dtype::I32, &[0xff; 4], Numbers::Mask), Some(vec![-1.0]));
        assert_eq!(to_f64(Dtype::U32, &[0xff; 4], Numbers::Mask), Some(vec![4294967295.0]));
        assert_eq!(to_f64(Dtype::I64, &[0xff; 8], Numbers::Mask), Some(vec![-1.0]));
        assert_eq!(to_f64(Dtype::U64, &[0xff; 8], Numbers::Mask), Some(vec![1.8446744073709552e19]));
        assert_eq!(to_f64(Dtype::I64, &[0xff; 8], Numbers::Values), None);
        assert_eq!(to_f64(Dtype::F8_E4M3, &[0x38], Numbers::Mask), None);
    }
}
