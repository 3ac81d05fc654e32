//! The random network that training begins with, as the authors' `models/siren.py` draws it (PAPER §1.2).
//!
//! Weights and biases of a layer are uniform in the same interval: ±1/d_in in the first layer, ±sqrt(6/fan_in)/w0 in the
//! others.

use crate::key::Key;
use crate::layout::Layout;
use crate::params::Params;
use crate::real::Real;
use crate::siren::Siren;

impl Siren {
    /// Half-width of the uniform initialisation of layer `l`: `1/d_in` first, `sqrt(6/fan_in)/w0` after.
    pub fn init_bound(&self, layer: usize) -> f64 {
        match layer {
            0 => 1.0 / self.widths[0] as f64,
            _ => (6.0 / self.widths[layer] as f64).sqrt() / self.w0,
        }
    }

    /// A random initial network: every weight and bias of layer `l` uniform in ±[`Siren::init_bound`].
    ///
    /// Each leaf has its own key, so that a network of another depth or width shares no numbers by accident.
    pub fn init<T: Real>(&self, key: &Key) -> Params<T> {
        let layout = Layout::dense(self.clone());
        let mut values = Vec::with_capacity(layout.len());
        for leaf in layout.leaves() {
            let bound = self.init_bound(leaf.layer);
            let mut uniform = key.derive(&leaf.name).uniform();
            values.extend(
                (0..leaf.rows * leaf.cols).map(|_| T::from_f64(bound * (2.0 * uniform.next() - 1.0))),
            );
        }
        Params::new(layout.into(), values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper() -> Siren {
        Siren::new(2, 256, 4, 3, 200.0)
    }

    #[test]
    fn initialisation_has_the_bounds_and_spread_of_the_authors() {
        let params: Params<f32> = paper().init(&Key::root(1).derive("init"));
        for leaf in params.layout().leaves() {
            let bound = paper().init_bound(leaf.layer);
            let values = params.leaf(leaf);
            assert!(values.iter().all(|v| (v.to_f64()).abs() <= bound * (1.0 + 1e-6)));
            let variance = values.iter().map(|v| v.to_f64().powi(2)).sum::<f64>() / values.len() as f64;
            if values.len() > 500 {
                let expected = bound * bound / 3.0;
                assert!((variance / expected - 1.0).abs() < 0.15, "{}: {variance} vs {expected}", leaf.name);
            }
        }
        assert!((paper().init_bound(1) - 7.6547e-4).abs() < 1e-8);
        assert_eq!(paper().init_bound(0), 0.5);
    }
}
