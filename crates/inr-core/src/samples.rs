//! A signal as numbers: what a network is compared with.

use std::sync::Arc;

use crate::real::Real;

/// A signal as an engine sees it: values at coordinates.
#[derive(Clone, Debug)]
pub struct Samples<T> {
    /// Coordinates, `[n, d_in]`, row-major; shared by all signals of a size.
    pub coords: Arc<Vec<T>>,
    /// Values, `[n, d_out]`, row-major.
    pub targets: Arc<Vec<T>>,
}

impl<T: Real> Samples<T> {
    /// Samples of a network with `d_in` coordinates and `d_out` values.
    ///
    /// # Panics
    /// If the two lengths do not belong to one number of coordinates, or there is none.
    pub fn new(coords: Arc<Vec<T>>, targets: Vec<T>, d_in: usize, d_out: usize) -> Self {
        assert!(
            !coords.is_empty() && coords.len() / d_in * d_out == targets.len(),
            "coords [{}, {d_in}] against targets [{}, {d_out}]",
            coords.len() / d_in,
            targets.len() / d_out
        );
        Self { coords, targets: Arc::new(targets) }
    }
}
