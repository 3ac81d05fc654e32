//! The figures an experiment may ask for: what each shows is gathered here and drawn by `plot`.

mod cost;
mod hours;
pub mod layers;
mod spectra;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use inr_core::metrics::psnr_db;

use crate::plot::style::method_label;
use crate::plot::{self, Curve, Field, Figure, Look, Marked, Scale, Series, TrainingCurve};
use crate::recipe::{Cell, Stage};
use crate::row::Row;
use crate::run::Session;
use crate::stage::kept::{read_fits, read_seconds};
use crate::statistics::{finite, mean_sd};
use crate::table::Table;

/// What a figure is made from.
pub struct Shown<'a> {
    /// Cells and run directories.
    pub session: &'a Session,
    /// The table.
    pub table: &'a Table,
    /// Our rows.
    pub rows: &'a [Row],
    /// The paper's rows for this experiment.
    pub paper: &'a [Row],
}

/// A figure that an experiment's file can name.
pub struct FigureKind {
    /// Its name in `figures = […]`, and of its file.
    pub name: &'static str,
    /// Draws it.
    pub draw: fn(&Shown) -> Drawn,
}

/// A caption and a figure; nothing if there is nothing to show.
type Drawn = Result<Option<(String, Figure)>>;

/// All figures, in the order of the page.
pub const FIGURES: &[FigureKind] = &[
    FigureKind { name: "dots", draw: dots },
    FigureKind { name: "budget", draw: budget },
    FigureKind { name: "domains", draw: domains },
    FigureKind { name: "steps", draw: steps },
    FigureKind { name: "steps-log", draw: steps_log },
    FigureKind { name: "seconds", draw: seconds },
    FigureKind { name: "cost-seconds", draw: cost::seconds },
    FigureKind { name: "cost-bytes", draw: cost::bytes },
    FigureKind { name: "layers", draw: layers::densities },
    FigureKind { name: "neurons", draw: layers::neurons },
    FigureKind { name: "spectra", draw: spectra::spectra },
    FigureKind { name: "training", draw: training },
    FigureKind { name: "hours", draw: hours::hours },
];

/// Outer losses are smoothed over this part of a training curve.
const SMOOTHED_PART: usize = 60;

fn dots(shown: &Shown) -> Drawn {
    if shown.table.cells.iter().all(|cell| cell.psnr_db.is_none()) {
        return Ok(None);
    }
    let caption = "PSNR after the last step: mean over signals, whiskers ± one standard deviation over seeds";
    Ok(Some((caption.into(), plot::table1(shown.table)?)))
}

/// PSNR against the surviving fraction, every method, the paper's curves behind.
fn budget(shown: &Shown) -> Drawn {
    let mut series: Vec<Series> = Vec::new();
    for cell in &shown.table.cells {
        let (Some(psnr_db), Some(kept)) = (cell.psnr_db, cell.kept_fraction) else { continue };
        let method = line_name(&cell.method, cell.trained_on.as_deref(), &cell.dataset);
        let same = |s: &&mut Series| s.panel == cell.dataset && s.method == method;
        let at = match series.iter_mut().find(same) {
            Some(known) => known,
            None => {
                series.push(empty_series(&cell.dataset, &method, false));
                series.last_mut().context("there is one now")?
            }
        };
        at.points.push((100.0 * kept, psnr_db.mean));
        at.band_db.push(psnr_db.sd.unwrap_or(0.0));
    }
    let panels: Vec<(String, Option<String>)> = shown
        .table
        .columns
        .iter()
        .map(|column| (column.dataset.clone(), column.compare_with.clone()))
        .collect();
    for (panel, compare_with) in &panels {
        let rows = shown.paper.iter().filter(|row| Some(&row.dataset) == compare_with.as_ref());
        let mut by_method: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
        for row in rows {
            if let (Some(kept), Some(psnr_db)) = (row.kept_fraction, row.psnr_db.or(row.psnr_peak_db)) {
                by_method.entry(&row.method).or_default().push((100.0 * kept, psnr_db));
            }
        }
        for (method, points) in by_method {
            series.push(Series { points, ..empty_series(panel, method, true) });
        }
    }
    series.iter_mut().for_each(by_x);
    let look = Look {
        title: "PSNR against surviving weights",
        x_label: "surviving weights, % of the dense network",
        x_scale: Scale::Log,
        x_tick: plot::number,
        y_label: "PSNR (dB)",
        y_scale: Scale::Linear,
        y_room: &[],
        marked: Marked::All,
        note: "band: ± sd over seeds",
    };
    let caption = "PSNR after the last step against the fraction of weights that survive; thin, with hollow markers: the \
                   paper's numbers at width 256 and 178 × 178 (digitised) on the data set ours is compared with";
    if series.iter().all(|series| series.paper) {
        return Ok(None);
    }
    Ok(Some((caption.into(), plot::lines(&look, &series)?)))
}

/// Name of a line of a figure: the method's; where data sets are crossed and another was trained on, with that.
fn line_name(method: &str, trained_on: Option<&str>, dataset: &str) -> String {
    match trained_on.filter(|trained_on| *trained_on != dataset) {
        Some(trained_on) => format!("{method}, from {trained_on}"),
        None => method.into(),
    }
}

fn empty_series(panel: &str, method: &str, paper: bool) -> Series {
    Series { panel: panel.into(), method: method.into(), paper, points: Vec::new(), band_db: Vec::new() }
}

/// Sorts the points of a series, its band with it.
fn by_x(series: &mut Series) {
    let mut order: Vec<usize> = (0..series.points.len()).collect();
    order.sort_by(|&a, &b| series.points[a].0.total_cmp(&series.points[b].0));
    if !series.band_db.is_empty() {
        series.band_db = order.iter().map(|&i| series.band_db[i]).collect();
    }
    series.points = order.iter().map(|&i| series.points[i]).collect();
}

/// Every ordered pair of data sets.
fn domains(shown: &Shown) -> Drawn {
    let cells = &shown.table.cells;
    let fields: Vec<Field> = cells
        .iter()
        .filter_map(|cell| {
            let trained_on = cell.trained_on.clone()?;
            let own = cells.iter().find(|own| {
                (own.method == cell.method && own.round == cell.round && own.dataset == cell.dataset)
                    && own.trained_on.as_ref() == Some(&cell.dataset)
            });
            let psnr_db = cell.psnr_db?.mean;
            Some(Field {
                panel: format!("{}, round {}", method_label(&cell.method), cell.round),
                trained_on,
                dataset: cell.dataset.clone(),
                psnr_db,
                against_own_db: own.and_then(|own| own.psnr_db).map(|own| psnr_db - own.mean),
            })
        })
        .collect();
    let caption = "Networks trained on one data set and fitted to the test signals of another: mean PSNR over signals \
                   and seeds, and its difference to the network trained on the fitted set";
    if fields.is_empty() { Ok(None) } else { Ok(Some((caption.into(), plot::heat(&fields)?))) }
}

const STEPS_CAPTION: &str = "PSNR along the fit: mean over signals and seeds, band ± one standard deviation";

fn steps(shown: &Shown) -> Drawn {
    let curves = step_curves(shown.session)?;
    if curves.is_empty() {
        return Ok(None);
    }
    let curves: Vec<Curve> = curves.into_iter().map(|(curve, _)| curve).collect();
    Ok(Some((STEPS_CAPTION.into(), plot::steps(&curves)?)))
}

/// The same on a logarithmic axis, from the first step on.
fn steps_log(shown: &Shown) -> Drawn {
    let curves = step_curves(shown.session)?;
    let along = |_: &[f64], step: usize| step as f64;
    let caption =
        "PSNR along the fit from the first step on, steps on a logarithmic axis: mean over signals and seeds";
    draw_along(&curves, along, "fit step", caption)
}

/// Against the seconds that the fit of one signal takes.
fn seconds(shown: &Shown) -> Drawn {
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

fn training(shown: &Shown) -> Drawn {
    let curves = training_curves(shown.session)?;
    let longest = curves.iter().map(|curve| curve.points.len()).max().unwrap_or(0);
    if longest == 0 {
        return Ok(None);
    }
    let window = (longest / SMOOTHED_PART).max(1);
    let caption = format!(
        "Outer loss along meta-training as PSNR (first seed, mean over {window} outer steps); vertical lines are prunings"
    );
    Ok(Some((caption, plot::training(&curves, window)?)))
}

/// The cells whose fit is whole, with the ids of their chains.
pub fn done(session: &Session) -> impl Iterator<Item = (&Cell, &Vec<String>)> {
    let pairs = session.cells.iter().zip(&session.plan.chains);
    pairs.filter(|(cell, chain)| {
        cell.stages.last().zip(chain.last()).is_some_and(|(fit, id)| session.is_done(fit, id))
    })
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

/// The outer loss, in dB, of the first seed of every data set and method, dense stage and rounds in one curve.
fn training_curves(session: &Session) -> Result<Vec<TrainingCurve>> {
    let mut curves: Vec<TrainingCurve> = Vec::new();
    for (cell, chain) in done(session) {
        if curves.iter().any(|curve| curve.dataset == cell.dataset && curve.method == cell.method) {
            continue;
        }
        if cell.trained_on.as_ref().is_some_and(|trained_on| *trained_on != cell.dataset) {
            continue; // the same training as in its own column
        }
        let mut curve = TrainingCurve {
            dataset: cell.dataset.clone(),
            method: cell.method.clone(),
            points: Vec::new(),
            prunings: Vec::new(),
        };
        for (stage, id) in
            cell.stages.iter().zip(chain).filter(|(s, _)| matches!(s, Stage::Dense(_) | Stage::Round(_)))
        {
            if matches!(stage, Stage::Round(_)) {
                curve.prunings.extend(curve.points.last().map(|(step, _)| step + 1));
            }
            let path = session.store.dir(id).join("metrics.csv");
            let mut reader = csv::Reader::from_path(&path).with_context(|| path.display().to_string())?;
            let lines = reader.deserialize::<(u64, f64)>().collect::<Result<Vec<_>, _>>();
            let lines = lines.with_context(|| path.display().to_string())?;
            let points = lines.into_iter().map(|(step, loss)| (step, psnr_db(loss)));
            curve.points.extend(points.filter(|(_, psnr_db)| psnr_db.is_finite()));
        }
        if !curve.points.is_empty() {
            curves.push(curve);
        }
    }
    Ok(curves)
}
