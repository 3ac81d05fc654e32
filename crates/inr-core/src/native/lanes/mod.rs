//! Rows of lanes: the arithmetic every kernel is written in, once, for every instruction set.
//!
//! A row is 64 or 128 bytes of neighbouring coordinates (or weights): two registers of AVX2 or AVX-512, a plain
//! array where nothing is known of the machine. On x86-64 rows are registers ([`x86`]), because loops over
//! arrays leave it to the compiler which loop becomes a vector, and with AVX-512 it takes the wrong one and
//! gathers: kernels of arrays took twice the time there. An instruction set is a type that names its row and
//! compiles what is inlined into it for itself.

mod floats;
mod rows;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use rows::{Float, Lanes, Portable, Simd};
#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512};
