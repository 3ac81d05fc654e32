//! The two floating-point types of the house: `f32` for work, `f64` for judging it.
//!
//! Experiments run in `f32`, as the paper's did; gradients, Hessian-vector products and golden
//! trajectories are also computed in `f64`, where correct programs agree to rounding.

use std::fmt::{Debug, Display};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// A floating-point number an engine computes in.
pub trait Real:
    Copy
    + Debug
    + Display
    + Default
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + Sum
    + 'static
{
    /// Name as in a safetensors header: `F32` or `F64`.
    const NAME: &'static str;
    /// Size of a value in bytes.
    const BYTES: usize;
    /// Distance from 1 to the next larger number.
    const EPSILON: f64;
    /// The nearest value of this type.
    fn from_f64(value: f64) -> Self;
    /// The value, exactly.
    fn to_f64(self) -> f64;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Absolute value.
    fn abs(self) -> Self;
    /// Whether the value is neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// Appends the value's little-endian bytes.
    fn push_le(self, bytes: &mut Vec<u8>);
    /// The value of [`Self::BYTES`] little-endian bytes.
    fn from_le(bytes: &[u8]) -> Self;
}

impl Real for f32 {
    const NAME: &'static str = "F32";
    const BYTES: usize = 4;
    const EPSILON: f64 = f32::EPSILON as f64;
    fn from_f64(value: f64) -> Self {
        value as f32
    }
    fn to_f64(self) -> f64 {
        self as f64
    }
    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }
    fn abs(self) -> Self {
        f32::abs(self)
    }
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }
    fn push_le(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }
    fn from_le(bytes: &[u8]) -> Self {
        f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }
}

impl Real for f64 {
    const NAME: &'static str = "F64";
    const BYTES: usize = 8;
    const EPSILON: f64 = f64::EPSILON;
    fn from_f64(value: f64) -> Self {
        value
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    fn abs(self) -> Self {
        f64::abs(self)
    }
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }
    fn push_le(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }
    fn from_le(bytes: &[u8]) -> Self {
        let mut eight = [0; 8];
        eight.copy_from_slice(&bytes[..8]);
        f64::from_le_bytes(eight)
    }
}
