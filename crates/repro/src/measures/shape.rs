//! How good a fitted signed distance field is, against samples that were not fitted.
//!
//! - **SDF error**: mean |f(x) − d(x)|, over near-surface samples and over samples uniform in [-1, 1]³ (`datasets`,
//!   `shapes/sampling.rs`; of DeepSDF's samples: |d| < 0.1 and the others; none where a file has no such samples).
//! - **IoU** of the insides, |A ∩ B| / |A ∪ B| over the nodes of a grid of the cube, end points included, a node being
//!   inside where the distance is negative. Where a shape is known by samples only: over both sets of held-out samples.
//! - **Chamfer distance**: mean over the points of the true surface of the squared distance to the nearest point of the
//!   fitted one, plus the same the other way round, with as many points on either, uniform by area (DeepSDF,
//!   deep_sdf/metrics/chamfer.py: 30,000 points). The fitted surface is the grid's zero set (`surface`). The two clouds
//!   are finite, so that equal surfaces of area A with n points are A / (π n) + A / (π n) apart, about 7e-5 at A = 3 and
//!   n = 30,000. A field without a zero set has no Chamfer distance.
//!
//! All lengths are in units of the cube: a shape has radius 1/1.03.

use datasets::{Held, Scattered, cube_grid};
use inr_core::{Engine, Key, Params};
use serde::{Deserialize, Serialize};

use super::cloud;
use super::surface::Surface;
use crate::experiment::SurfaceSpec;

/// What came out for one shape.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Mean absolute error of the distance near the surface; none without such samples.
    pub sdf_near: Option<f64>,
    /// Mean absolute error of the distance over the cube; none without such samples.
    pub sdf_uniform: Option<f64>,
    /// Intersection over union of the insides.
    pub iou: f64,
    /// Chamfer distance; none without a fitted surface.
    pub chamfer: Option<f64>,
}

/// A fitted field on the grid, and what it measures.
pub struct Fitted {
    /// The numbers.
    pub measures: Measures,
    /// The zero set.
    pub surface: Surface,
}

/// Measures a fitted network against a shape.
pub fn measure(engine: &dyn Engine<f32>, params: &Params<f32>, held: &Held, spec: SurfaceSpec) -> Fitted {
    let near = engine.forward(params, &held.near.coords);
    let uniform = engine.forward(params, &held.uniform.coords);
    let grid = engine.forward(params, &cube_grid(spec.grid));
    let surface = Surface::of_grid(&grid, spec.grid);
    let iou = match held.grid.is_empty() {
        false => iou(&grid, &held.grid),
        true => iou(&[&near[..], &uniform].concat(), &[&held.near.values[..], &held.uniform.values].concat()),
    };
    let points = surface.points(held.surface.len() / 3, &Key::root(0).derive("chamfer"));
    let chamfer = (!points.is_empty()).then(|| cloud::chamfer(&held.surface, &points));
    let measures = Measures {
        sdf_near: absolute_error(&near, &held.near),
        sdf_uniform: absolute_error(&uniform, &held.uniform),
        iou,
        chamfer,
    };
    Fitted { measures, surface }
}

/// Mean |f − d|; none of no samples.
fn absolute_error(values: &[f32], held: &Scattered) -> Option<f64> {
    let errors: Vec<f64> = values.iter().zip(&held.values).map(|(a, b)| f64::from((a - b).abs())).collect();
    (!errors.is_empty()).then(|| inr_core::metrics::mean(&errors))
}

/// Intersection over union of where two fields are negative; 1 if neither is anywhere.
pub fn iou(a: &[f32], b: &[f32]) -> f64 {
    let count = |both: fn(bool, bool) -> bool| {
        a.iter().zip(b).filter(|(a, b)| both(**a < 0.0, **b < 0.0)).count() as f64
    };
    let union = count(|a, b| a || b);
    if union == 0.0 { 1.0 } else { count(|a, b| a && b) / union }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iou_of_insides() {
        assert_eq!(iou(&[-1.0, -1.0, 1.0, 1.0], &[-1.0, 1.0, -1.0, 1.0]), 1.0 / 3.0);
        assert_eq!(iou(&[-1.0, 1.0], &[-2.0, 3.0]), 1.0);
        assert_eq!(iou(&[1.0], &[1.0]), 1.0);
        assert_eq!(iou(&[1.0], &[-1.0]), 0.0);
    }

    #[test]
    fn an_error_over_no_samples_is_none_and_is_read_back_as_none() {
        let some = Scattered { coords: vec![0.0; 6], values: vec![0.5, -0.5] };
        assert_eq!(absolute_error(&[0.75, -0.25], &some), Some(0.25));
        assert_eq!(absolute_error(&[], &Scattered::default()), None);
        let measures = Measures { sdf_near: None, sdf_uniform: Some(0.5), iou: 0.25, chamfer: None };
        let text = serde_json::to_string(&measures).expect("JSON");
        assert_eq!(serde_json::from_str::<Measures>(&text).expect("measures"), measures);
    }
}
