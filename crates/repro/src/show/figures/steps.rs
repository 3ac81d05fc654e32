//! PSNR along the fit, against steps and seconds.

use super::shown::{Drawn, Shown, empty_series, groups};
use crate::rows::CurveRow;
use crate::show::plot::{self, Curve, Look, Marked, Scale, Series};

const STEPS_CAPTION: &str = "PSNR along the fit: mean over signals and seeds, band ± one standard deviation";

pub(super) fn steps(shown: &Shown) -> Drawn {
    let curves = step_curves(shown);
    if curves.is_empty() {
        return Ok(None);
    }
    let curves: Vec<Curve> = curves.into_iter().map(|(curve, _)| curve).collect();
    Ok(Some((STEPS_CAPTION.into(), plot::steps(&curves)?)))
}

/// The same on a logarithmic axis, from the first step on.
pub(super) fn steps_log(shown: &Shown) -> Drawn {
    let curves = step_curves(shown);
    let along = |_: &[f64], step: usize| step as f64;
    let caption =
        "PSNR along the fit from the first step on, steps on a logarithmic axis: mean over signals and seeds";
    draw_along(&curves, along, "fit step", caption)
}

/// Against the seconds that the fit of one signal takes.
pub(super) fn seconds(shown: &Shown) -> Drawn {
    let curves = step_curves(shown);
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

/// Mean and standard deviation of PSNR at every step, over signals and seeds; and the seconds of each step, least
/// over seeds.
fn step_curves(shown: &Shown) -> Vec<(Curve, Vec<f64>)> {
    let own: Vec<CurveRow> =
        shown.rows.curves.iter().filter(|row| row.origin.trained_on.is_none()).cloned().collect();
    groups(&own, |a, b| a.origin.is_of_cell(&b.origin)).into_iter().filter_map(|rows| curve(&rows)).collect()
}

fn curve(rows: &[&CurveRow]) -> Option<(Curve, Vec<f64>)> {
    let last = rows.iter().map(|row| row.step).max()?;
    let at = |step: usize| rows.iter().filter(move |row| row.step == step).copied();
    let pooled: Vec<(Option<f64>, Option<f64>)> =
        (0..=last).map(|step| pooled(&at(step).collect::<Vec<&CurveRow>>())).collect();
    if pooled.iter().all(|(mean, _)| mean.is_none()) {
        return None;
    }
    let seconds = (0..=last).map(|step| at(step).map(|row| row.seconds).fold(f64::INFINITY, f64::min));
    let origin = &rows[0].origin;
    let curve = Curve {
        dataset: origin.dataset.clone(),
        method: origin.line.clone(),
        round: origin.round,
        weights: None,
        mean_db: pooled.iter().map(|(mean, _)| mean.unwrap_or(f64::NAN)).collect(),
        sd_db: pooled.iter().map(|(_, sd)| sd.unwrap_or(0.0)).collect(),
    };
    Some((curve, seconds.collect()))
}

/// Mean and sample standard deviation over the signals of all rows, from those of each: the squares within the rows and
/// those between them add up.
fn pooled(rows: &[&CurveRow]) -> (Option<f64>, Option<f64>) {
    let known: Vec<(f64, f64, f64)> = rows
        .iter()
        .filter_map(|row| Some((row.signals as f64, row.psnr_db?, row.psnr_sd_db.unwrap_or(0.0))))
        .collect();
    let count: f64 = known.iter().map(|(n, _, _)| n).sum();
    if count == 0.0 {
        return (None, None);
    }
    let mean = known.iter().map(|(n, mean, _)| n * mean).sum::<f64>() / count;
    let squares: f64 =
        known.iter().map(|(n, of_row, sd)| (n - 1.0) * sd * sd + n * (of_row - mean).powi(2)).sum();
    (Some(mean), (count > 1.0).then(|| (squares / (count - 1.0)).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::statistics::mean_sd;
    use crate::rows::Origin;

    #[test]
    fn pooling_rows_is_pooling_their_signals() {
        let seeds = [vec![20.0, 24.5, 23.0], vec![19.0, 30.0], vec![25.0]];
        let row = |values: &Vec<f64>| {
            let (psnr_db, psnr_sd_db) = mean_sd(values);
            let origin = Origin::default();
            CurveRow { origin, step: 1, signals: values.len(), psnr_db, psnr_sd_db, seconds: 0.0 }
        };
        let rows: Vec<CurveRow> = seeds.iter().map(row).collect();
        let (mean, sd) = pooled(&rows.iter().collect::<Vec<&CurveRow>>());
        let (expected, spread) = mean_sd(&seeds.concat());
        assert!((mean.unwrap() - expected.unwrap()).abs() < 1e-12);
        assert!((sd.unwrap() - spread.unwrap()).abs() < 1e-12);
    }
}
