//! Time against density: what a pruned weight saves, here and in a program that multiplies by a mask.

use anyhow::Result;

use super::case::What;
use super::environment::PeerName;
use super::measured::Measured;
use crate::show::plot::{Figure, Line, log_lines};

/// Milliseconds of an Adam step against the share of surviving weights, both axes logarithmic; none if fewer than
/// two densities were measured.
///
/// # Errors
/// If a shape cannot be drawn.
pub fn density(measured: &[Measured]) -> Result<Option<Figure>> {
    let of_fit = || measured.iter().filter(|m| m.shape.what == What::Adam);
    if of_fit().count() < 2 {
        return Ok(None);
    }
    let percent = |m: &Measured| 100.0 * m.shape.density;
    let ours = of_fit().map(|m| (percent(m), m.ours.min_ms)).collect();
    let peer: Vec<_> = of_fit()
        .filter_map(|m| m.beside(PeerName::Torch).map(|peer| (percent(m), peer.times.min_ms)))
        .collect();
    let mut lines = vec![Line { label: "this engine".into(), like: "meta-sparse-inr", points: ours }];
    if !peer.is_empty() {
        lines.push(Line { label: "PyTorch (dense × mask)".into(), like: "random-pruning", points: peer });
    }
    let shape = of_fit().next().map_or(String::new(), |m| {
        format!("Adam step of a fit, width {}, {}×{}", m.shape.width, m.shape.side, m.shape.side)
    });
    log_lines(&shape, "surviving weights (%)", "ms", &lines).map(Some)
}
