//! The ball that holds every shape, whatever it comes from.

/// Its radius: the farthest vertex lies on it (DeepSDF's margin of 1.03).
pub(super) const RADIUS: f64 = 1.0 / 1.03;
