//! PSNR along the fit, against steps and seconds.

use anyhow::Result;

use super::shown::{Drawn, Shown, done, empty_series};
use crate::measures::statistics::{finite, mean_sd};
use crate::plan::Session;
use crate::show::plot::{self, Curve, Look, Marked, Scale, Series};
use crate::stage::kept::{read_fits, read_seconds};

const STEPS_CAPTION: &str = "PSNR along the fit: mean over signals and seeds, band ± one standard deviation";

pub(super) fn steps(shown: &Shown) -> Drawn {
    let curves = step_curves(shown.session)?;
    if curves.is_empty() {
        return Ok(None);
    }
    let curves: Vec<Curve> = curves.into_iter().map(|(curve, _)| curve).collect();
    Ok(Some((STEPS_CAPTION.into(), plot::steps(&curves)?)))
}

/// The same on a logarithmic axis, from the first step on.
pub(super) fn steps_log(shown: &Shown) -> Drawn {
    let curves = step_curves(shown.session)?;
    let along = |_: &[f64], step: usize| step as f64;
    let caption =
        "PSNR along the fit from the first step on, steps on a logarithmic axis: mean over signals and seeds";
    draw_along(&curves, along, "fit step", caption)
}

/// Against the seconds that the fit of one signal takes.
pub(super) fn seconds(shown: &Shown) -> Drawn {
    let curves = step_curves(shown.session)?;
    let along = |seconds: &[f64], step: usize| 1000.0 * seconds[step];
    let caption = "PSNR against the time the fit of one signal has taken, alone on the machine named under provenance \
                   (each step the fastest of three fits, least over seeds): mean over signals and seeds";
    draw_along(&curves, along, "milliseconds", caption)
}

/// Draws curves against what `along(seconds, step)` says, on a logarithmic axis.
fn draw_along(
    curves: &[(Curve, Vec<f64>)],
    along: fn(&[f64], usize) -> f64,
    x_label: &str,
    caption: &str,
) -> Drawn {
    if curves.is_empty() {
        return Ok(None);
    }
    let series: Vec<Series> = curves
        .iter()
        .map(|(curve, seconds)| Series {
            points: (1..curve.mean_db.len()).map(|k| (along(seconds, k), curve.mean_db[k])).collect(),
            ..empty_series(&curve.dataset, &curve.method, false)
        })
        .collect();
    let look = Look {
        title: "PSNR along the fit",
        x_label,
        x_scale: Scale::Log,
        x_tick: plot::number,
        y_label: "PSNR (dB)",
        y_scale: Scale::Linear,
        y_room: &[],
        marked: Marked::Few,
        note: "",
    };
    Ok(Some((caption.into(), plot::lines(&look, &series)?)))
}

/// The fits of one data set, method and round: what seeds are pooled over.
struct Pool {
    dataset: String,
    method: String,
    round: usize,
    curves: Vec<Vec<f64>>,
    seconds: Vec<f64>,
}

/// Mean and standard deviation of PSNR at every step, over signals and seeds; and the seconds of each step, least
/// over seeds.
fn step_curves(session: &Session) -> Result<Vec<(Curve, Vec<f64>)>> {
    let mut pools: Vec<Pool> = Vec::new();
    for (cell, chain) in done(session).filter(|(cell, _)| cell.trained_on.is_none()) {
        let Some(fit) = cell.fit() else { continue };
        let (dir, points) = (session.store.dir(&chain[chain.len() - 1]), fit.fit.steps + 1);
        let curves: Vec<Vec<f64>> = read_fits(&dir, points)?.into_values().collect();
        let seconds = read_seconds(&dir)?;
        let same =
            |p: &&mut Pool| p.dataset == cell.dataset && p.method == cell.method && p.round == cell.round;
        match pools.iter_mut().find(same) {
            Some(pool) => {
                pool.curves.extend(curves);
                pool.seconds.iter_mut().zip(&seconds).for_each(|(least, s)| *least = least.min(*s));
            }
            None => pools.push(Pool {
                dataset: cell.dataset.clone(),
                method: cell.method.clone(),
                round: cell.round,
                curves,
                seconds,
            }),
        }
    }
    let curve = |pool: Pool| {
        let at = |step: usize| mean_sd(&finite(pool.curves.iter().map(|curve| curve[step])));
        let points = pool.seconds.len();
        let mean_db = (0..points).map(|step| at(step).0.unwrap_or(f64::NAN)).collect();
        let sd_db = (0..points).map(|step| at(step).1.unwrap_or(0.0)).collect();
        let Pool { dataset, method, round, seconds, .. } = pool;
        (Curve { dataset, method, round, weights: None, mean_db, sd_db }, seconds)
    };
    Ok(pools.into_iter().filter(|pool| !pool.curves.is_empty()).map(curve).collect())
}
