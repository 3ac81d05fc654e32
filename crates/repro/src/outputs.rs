//! Rows → everything a person reads: tables, plots, the page, in `OUT/<experiment>/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use inr_core::file::write_atomically;
use inr_core::metrics::psnr_db;

use crate::claims::{Verdict, check_claims, check_expectations, verdicts_text};
use crate::cli::workspace;
use crate::paper;
use crate::plan::dataset;
use crate::plot::canvas::Figure;
use crate::plot::style::method_label;
use crate::plot::{self, Curve, TrainingCurve};
use crate::recipe::{Cell, Stage};
use crate::report::{self, GalleryRow, Provenance, Report};
use crate::row::Row;
use crate::run::Session;
use crate::screen;
use crate::stage::{PICTURES, read_fits};
use crate::table::{self, Table};

/// Outer losses are smoothed over this part of a training curve.
const SMOOTHED_PART: usize = 60;

/// Writes all outputs of a table and prints it; returns what became of the claims.
///
/// # Errors
/// If the disk refuses, or a run directory that says it is done is not whole.
pub fn write(session: &Session, rows: &[Row], json: bool) -> Result<Vec<Verdict>> {
    let experiment = &session.experiment;
    let compare: BTreeMap<String, String> =
        experiment.dataset.iter().map(|(name, spec)| (name.clone(), spec.compare_with.clone())).collect();
    let paper = paper::read(&workspace().join("paper"), &experiment.name)?;
    let table = table::build(&experiment.title, rows, &paper, &compare)?;
    let mut verdicts = check_claims(rows, &experiment.claims);
    if experiment.profile == "paper" {
        verdicts.extend(check_expectations(rows, &experiment.expectations));
    }
    verdicts.retain(|verdict| experiment.axes.dataset.contains(&verdict.dataset));
    let text = |name: &str, text: String| write_atomically(&session.folder.join(name), text.as_bytes());
    text("table.txt", table.terminal())?;
    text("table.md", table.markdown())?;
    text("table.tex", table.tex())?;
    text("table.csv", table.csv()?)?;
    text("table.json", table.json()?)?;
    text("claims.json", serde_json::to_string_pretty(&verdicts)?)?;
    let figures = figures(session, &table)?;
    let page = session.folder.join("index.html");
    let provenance = provenance_of(session, rows);
    report::write(
        &page,
        &Report {
            title: &experiment.title,
            about: &experiment.about,
            table: &table,
            verdicts: &verdicts,
            figures: &figures,
            gallery: &gallery(session)?,
            provenance: &provenance,
            specification: &experiment.keys()?,
        },
    )?;
    print(&table, &verdicts, &page, json)?;
    Ok(verdicts)
}

fn print(table: &Table, verdicts: &[Verdict], page: &Path, json: bool) -> Result<()> {
    if json {
        let value = serde_json::json!({
            "table": serde_json::from_str::<serde_json::Value>(&table.json()?)?,
            "claims": verdicts,
        });
        screen::result(&serde_json::to_string_pretty(&value)?);
        return Ok(());
    }
    screen::result(&table.terminal());
    screen::result(&verdicts_text(verdicts));
    screen::note(&format!("the page with plots and reconstructions: {}", page.display()));
    Ok(())
}

/// The cells whose fit is whole, with the ids of their chains.
fn done(session: &Session) -> impl Iterator<Item = (&Cell, &Vec<String>)> {
    let pairs = session.cells.iter().zip(&session.plan.chains);
    pairs.filter(|(_, chain)| chain.last().is_some_and(|fit| session.store.is_done(fit)))
}

/// Draws and saves every figure that has something to show.
fn figures(session: &Session, table: &Table) -> Result<Vec<(String, Figure)>> {
    let mut figures = Vec::new();
    let mut add = |name: &str, caption: String, figure: Figure| -> Result<()> {
        figure.save(&session.folder.join(name)).with_context(|| format!("plot {name}"))?;
        figures.push((caption, figure));
        Ok(())
    };
    if table.cells.iter().any(|cell| cell.psnr_db.is_some()) {
        let caption =
            "PSNR after the last step: mean over signals, whiskers ± one standard deviation over seeds";
        add("table1", caption.into(), plot::table1(table)?)?;
    }
    let curves = step_curves(session);
    if !curves.is_empty() {
        let caption = "PSNR along the fit: mean over signals and seeds, band ± one standard deviation";
        add("steps", caption.into(), plot::steps(&curves)?)?;
    }
    let training = training_curves(session)?;
    let longest = training.iter().map(|curve| curve.points.len()).max().unwrap_or(0);
    if longest > 0 {
        let window = (longest / SMOOTHED_PART).max(1);
        let caption = format!(
            "Outer loss along meta-training as PSNR (first seed, mean over {window} outer steps); vertical lines are prunings"
        );
        add("training", caption, plot::training(&training, window)?)?;
    }
    Ok(figures)
}

/// Data set, method and round: what seeds are pooled over.
type CellKey = (String, &'static str, usize);

/// Mean and standard deviation of PSNR at every step, over signals and seeds.
fn step_curves(session: &Session) -> Vec<Curve> {
    let points = session.experiment.fit.steps + 1;
    let mut pooled: Vec<(CellKey, Vec<Vec<f64>>)> = Vec::new();
    for (cell, chain) in done(session) {
        let fits = read_fits(&session.store.dir(&chain[chain.len() - 1]).join("fits.csv"), points);
        let key = (cell.dataset.clone(), cell.method, cell.round);
        match pooled.iter_mut().find(|(known, _)| *known == key) {
            Some((_, curves)) => curves.extend(fits.into_values()),
            None => pooled.push((key, fits.into_values().collect())),
        }
    }
    pooled
        .into_iter()
        .filter(|(_, curves)| !curves.is_empty())
        .map(|((dataset, method, round), curves)| {
            let at = |step: usize| curves.iter().map(|curve| curve[step]).collect::<Vec<f64>>();
            let mean_db: Vec<f64> = (0..points).map(|step| inr_core::metrics::mean(&at(step))).collect();
            let sd_db = (0..points).map(|step| deviation(&at(step), mean_db[step])).collect();
            Curve { dataset, method: method.into(), round, weights: None, mean_db, sd_db }
        })
        .collect()
}

/// Sample standard deviation; zero of one value.
fn deviation(values: &[f64], mean: f64) -> f64 {
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (squares / (values.len().max(2) - 1) as f64).sqrt()
}

/// The outer loss, in dB, of the first seed of every data set and method, dense stage and rounds in one curve.
fn training_curves(session: &Session) -> Result<Vec<TrainingCurve>> {
    let mut curves: Vec<TrainingCurve> = Vec::new();
    for (cell, chain) in done(session) {
        if curves.iter().any(|curve| curve.dataset == cell.dataset && curve.method == cell.method) {
            continue;
        }
        let mut curve = TrainingCurve {
            dataset: cell.dataset.clone(),
            method: cell.method.into(),
            points: Vec::new(),
            prunings: Vec::new(),
        };
        for (stage, id) in cell.stages.iter().zip(chain).filter(|(s, _)| !matches!(s, Stage::Fit(_))) {
            if matches!(stage, Stage::Round(_)) {
                curve.prunings.extend(curve.points.last().map(|(step, _)| step + 1));
            }
            let path = session.store.dir(id).join("metrics.csv");
            let mut reader = csv::Reader::from_path(&path).with_context(|| path.display().to_string())?;
            let lines = reader.deserialize::<(u64, f64)>().collect::<Result<Vec<_>, _>>();
            let lines = lines.with_context(|| path.display().to_string())?;
            curve.points.extend(lines.into_iter().map(|(step, loss)| (step, psnr_db(loss))));
        }
        curves.push(curve);
    }
    Ok(curves)
}

/// Targets, reconstructions and error maps of the first signals, first seed, every method.
fn gallery(session: &Session) -> Result<Vec<GalleryRow>> {
    let mut rows = Vec::new();
    for name in &session.experiment.axes.dataset {
        let cells: Vec<(&Cell, std::path::PathBuf)> = done(session)
            .filter(|(cell, _)| &cell.dataset == name && cell.seed == session.experiment.axes.seed[0])
            .map(|(cell, chain)| (cell, session.store.dir(&chain[chain.len() - 1])))
            .collect();
        for index in 0..PICTURES {
            rows.extend(gallery_row(session, name, &cells, index)?);
        }
    }
    Ok(rows)
}

fn gallery_row(
    session: &Session,
    dataset: &str,
    cells: &[(&Cell, std::path::PathBuf)],
    index: usize,
) -> Result<Option<GalleryRow>> {
    let read = |path: &Path| std::fs::read(path).with_context(|| path.display().to_string());
    let Some((_, first)) = cells.iter().find(|(_, dir)| dir.join(format!("target{index}.png")).exists())
    else {
        return Ok(None);
    };
    let mut images = vec![("target".to_string(), read(&first.join(format!("target{index}.png")))?)];
    let mut signal = String::new();
    for (cell, dir) in cells {
        let fits = read_fits(&dir.join("fits.csv"), session.experiment.fit.steps + 1);
        signal = eval_name(dir, index)?;
        let last_db = fits.get(&signal).and_then(|curve| curve.last()).copied().unwrap_or(f64::NAN);
        let label = format!("{} k{}\n{last_db:.2} dB", method_label(cell.method), cell.round);
        images.push((label, read(&dir.join(format!("fit{index}.png")))?));
        images.push(("error × 5".into(), read(&dir.join(format!("error{index}.png")))?));
    }
    Ok(Some(GalleryRow { dataset: dataset.into(), signal, images }))
}

/// Name of the signal on line `index` of an `eval.csv`.
fn eval_name(dir: &Path, index: usize) -> Result<String> {
    let path = dir.join("eval.csv");
    let mut reader = csv::Reader::from_path(&path).with_context(|| path.display().to_string())?;
    let line = reader.records().nth(index).with_context(|| format!("{}: no line {index}", path.display()))?;
    Ok(line.with_context(|| path.display().to_string())?.get(0).unwrap_or_default().to_string())
}

fn provenance_of(session: &Session, rows: &[Row]) -> Provenance {
    let experiment = &session.experiment;
    let seeds: Vec<String> = experiment.axes.seed.iter().map(u64::to_string).collect();
    let mut pairs = vec![
        ("command".to_string(), command()),
        ("profile".to_string(), experiment.profile.clone()),
        ("seeds".to_string(), seeds.join(", ")),
    ];
    pairs.extend(session.provenance.iter().map(|(key, value)| (format!("tables by: {key}"), value.clone())));
    // Numbers may come from earlier sessions: each distinct machine, engine and revision is named.
    let mut origins: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut wall_s = 0.0;
    for job in &session.plan.jobs {
        let Some(manifest) = session.store.manifest(&job.id) else { continue };
        wall_s += manifest.wall_s;
        for (key, value) in manifest.provenance {
            origins.entry(key).or_default().insert(value);
        }
    }
    for (key, values) in origins {
        let values: Vec<String> = values.into_iter().collect();
        pairs.push((format!("numbers by: {key}"), values.join("; ")));
    }
    pairs.push(("work in all".into(), screen::clock(Duration::from_secs_f64(wall_s))));
    let mut named = BTreeSet::new();
    for job in &session.plan.jobs {
        let name = dataset(&job.stage);
        if named.insert(name.to_string()) {
            let licence = datasets::kind(name).map_or("", |kind| kind.licence);
            pairs.push((format!("data: {name}"), format!("{licence}; fingerprint {}", job.fingerprint)));
        }
    }
    pairs.push(("failed rows".into(), rows.iter().filter(|row| row.err.is_some()).count().to_string()));
    Provenance(pairs)
}

/// The command that makes this page again.
fn command() -> String {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|first| first == "run") {
        args.remove(0);
    }
    let args: Vec<String> =
        args.into_iter().map(|a| if a.contains(' ') { format!("'{a}'") } else { a }).collect();
    format!("cargo xtask repro {}", args.join(" "))
}
