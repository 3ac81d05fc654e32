//! Rows → everything a person reads: tables, plots, the page, in `OUT/<experiment>/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use inr_core::file::write_atomically;

use crate::claims::{Verdict, check_claims, check_expectations, verdicts_text};
use crate::cli::workspace;
use crate::figures::{FIGURES, Shown, done, layers};
use crate::measure::Rows;
use crate::paper;
use crate::plan::dataset;
use crate::plot::canvas::Figure;
use crate::plot::style::method_label;
use crate::recipe::Cell;
use crate::report::{self, GalleryRow, Provenance, Report};
use crate::row::Row;
use crate::run::Session;
use crate::screen;
use crate::shape;
use crate::shown;
use crate::spec::Experiment;
use crate::stage::fits::PICTURES;
use crate::stage::kept::read_evals;
use crate::table::text::Sheet;
use crate::table::{self, Table};

/// Writes all outputs of a table and prints it; returns what became of the claims, and the page's body.
///
/// # Errors
/// If the disk refuses, or a run directory that says it is done is not whole.
pub fn write(session: &Session, rows: &Rows, json: bool) -> Result<(Vec<Verdict>, String)> {
    let experiment = &session.experiment;
    let compare: BTreeMap<String, String> =
        experiment.dataset.iter().map(|(name, spec)| (name.clone(), spec.compare_with.clone())).collect();
    let paper = paper::read(&workspace().join("paper"), &experiment.name)?;
    let table = table::build(&experiment.title, &rows.cells, &rows.signals, &paper, &compare)?;
    let mut verdicts = check_claims(rows, &experiment.claims);
    if experiment.profile == "paper" {
        verdicts.extend(check_expectations(&rows.cells, &experiment.expectations));
    }
    let fitted = fitted(experiment);
    verdicts.retain(|verdict| fitted.contains(&verdict.dataset));
    let shapes = shape::table::sheet(&rows.cells);
    let more = |form: fn(&Sheet) -> String| match shapes.lines.is_empty() {
        true => String::new(),
        false => format!("\n{}", form(&shapes)),
    };
    let text = |name: &str, text: String| write_atomically(&session.folder.join(name), text.as_bytes());
    text("table.txt", table.terminal() + &shape::table::terminal(&shapes))?;
    text("table.md", table.markdown() + &more(Sheet::markdown))?;
    text("table.tex", table.tex() + &more(Sheet::tex))?;
    text("table.csv", table.csv()?)?;
    text("table.json", table.json()?)?;
    text("claims.json", serde_json::to_string_pretty(&verdicts)?)?;
    let figures = draw_figures(session, &table, &rows.cells, &paper)?;
    let mut gallery = gallery(session)?;
    if experiment.figures.iter().any(|name| name == "layers") {
        gallery.extend(layers::mask_pictures(session)?);
    }
    let page = session.folder.join("index.html");
    let provenance = provenance_of(session, &rows.cells);
    text("provenance.csv", provenance_csv(&provenance)?)?;
    let report = Report {
        title: &experiment.title,
        about: &experiment.about,
        table: &table,
        shapes: &shapes,
        verdicts: &verdicts,
        figures: &figures,
        gallery: &gallery,
        provenance: &provenance,
        specification: &experiment.keys()?,
    };
    report::write(&page, &report)?;
    let about = report::escape(&experiment.about);
    let body = format!("<p class=\"about\">{about}</p>\n{}", report::body(&report));
    print(&table, &shapes, &verdicts, &page, json)?;
    Ok((verdicts, body))
}

fn print(table: &Table, shapes: &Sheet, verdicts: &[Verdict], page: &Path, json: bool) -> Result<()> {
    if json {
        let value = serde_json::json!({
            "table": serde_json::from_str::<serde_json::Value>(&table.json()?)?,
            "claims": verdicts,
        });
        return screen::result(&serde_json::to_string_pretty(&value)?);
    }
    screen::result(&(table.terminal() + &shape::table::terminal(shapes)))?;
    screen::result(&verdicts_text(verdicts))?;
    screen::note(&format!("the page with plots and reconstructions: {}", page.display()));
    Ok(())
}

/// Names of the data sets as they are fitted, in the order of the table.
fn fitted(experiment: &Experiment) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for cell in crate::recipe::cells(experiment) {
        if !names.contains(&cell.dataset) {
            names.push(cell.dataset);
        }
    }
    names
}

/// Draws and saves the experiment's figures that have something to show.
fn draw_figures(
    session: &Session,
    table: &Table,
    rows: &[Row],
    paper: &[Row],
) -> Result<Vec<(String, Figure)>> {
    let mut drawn = Vec::new();
    for kind in FIGURES.iter().filter(|kind| session.experiment.figures.iter().any(|name| name == kind.name))
    {
        let figure = (kind.draw)(&Shown { session, table, rows, paper });
        if let Some((caption, figure)) = figure.with_context(|| format!("figure {}", kind.name))? {
            // The table's own figure is called after the experiment.
            let name = if kind.name == "dots" { &session.experiment.name } else { kind.name };
            figure.save(&session.folder.join(name)).with_context(|| format!("plot {name}"))?;
            drawn.push((caption, figure));
        } else {
            screen::note(&format!("figure {}: not drawn, these rows have nothing to show in it", kind.name));
        }
    }
    Ok(drawn)
}

/// Targets, reconstructions and error maps of the first signals, first seed, every method.
fn gallery(session: &Session) -> Result<Vec<GalleryRow>> {
    let mut rows = Vec::new();
    for name in &fitted(&session.experiment) {
        let cells: Vec<(&Cell, std::path::PathBuf)> = done(session)
            .filter(|(cell, _)| &cell.dataset == name && cell.seed == session.experiment.axes.seed[0])
            .filter(|(cell, _)| session.experiment.gallery.contains(&cell.round))
            .map(|(cell, chain)| (cell, session.store.dir(&chain[chain.len() - 1])))
            .collect();
        for index in 0..PICTURES {
            rows.extend(gallery_row(name, &cells, index)?);
        }
    }
    Ok(rows)
}

fn gallery_row(
    dataset: &str,
    cells: &[(&Cell, std::path::PathBuf)],
    index: usize,
) -> Result<Option<GalleryRow>> {
    let read = |path: &Path| std::fs::read(path).with_context(|| path.display().to_string());
    let Some((_, first)) = cells.iter().find(|(_, dir)| dir.join(format!("target{index}.png")).exists())
    else {
        return Ok(None);
    };
    let mut images = vec![("target".to_string(), vec![read(&first.join(format!("target{index}.png")))?])];
    let (mut signal, mut note) = (String::new(), String::new());
    for (cell, dir) in cells {
        let evals = read_evals(dir)?;
        let eval = evals.get(index).with_context(|| format!("{}: no signal {index}", dir.display()))?;
        signal = eval.signal.clone();
        let from = cell.trained_on.as_ref().map_or(String::new(), |name| format!(" from {name}"));
        let (label, db) = (method_label(&cell.method), eval.psnr_db);
        let quality = if db.is_finite() { format!("{db:.2} dB") } else { "exact".into() };
        let label = format!("{label} k{}{from}\n{quality}", cell.round);
        let shape = shape::kept(dir, index)?;
        let (label, below) = match shape {
            Some(shape) => {
                (format!("{label}\nIoU {:.3}", shape.iou), "Below each: distance to the target, red at 0.05.")
            }
            None => (label, "Below each: its error × 5."),
        };
        note = below.into();
        let pictures = ["fit", "error"].map(|name| read(&dir.join(format!("{name}{index}.png"))));
        images.push((label, pictures.into_iter().collect::<Result<_>>()?));
    }
    Ok(Some(GalleryRow { dataset: dataset.into(), signal, note, images }))
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
            for remark in session.data.open(name).iter().flat_map(|set| set.set.remarks()) {
                pairs.push((format!("data: {name}"), remark.clone()));
            }
        }
    }
    pairs.push(("failed rows".into(), rows.iter().filter(|row| row.err.is_some()).count().to_string()));
    Provenance(pairs)
}

/// Provenance for a record: folders of this machine are written DIR.
fn provenance_csv(provenance: &Provenance) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["name", "value"])?;
    for (name, value) in &provenance.0 {
        let words: Vec<String> = value.split(' ').map(without_folder).collect();
        writer.write_record([name.as_str(), &words.join(" ")])?;
    }
    Ok(String::from_utf8(writer.into_inner().context("provenance.csv")?)?)
}

/// `/a/b` → `DIR`, `--out=/a/b` → `--out=DIR`, other words as they are.
fn without_folder(word: &str) -> String {
    match word.rsplit_once('=') {
        Some((flag, value)) if value.starts_with('/') => format!("{flag}=DIR"),
        _ if word.starts_with('/') || word.starts_with("'/") => "DIR".into(),
        _ => word.into(),
    }
}

/// The command that makes this page again.
fn command() -> String {
    let mut words = std::env::args_os().skip(1).peekable();
    words.next_if(|first| first == "run");
    format!("cargo xtask repro {}", shown::command_line(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provenance_for_a_record_names_no_folder_of_this_machine() {
        let pairs = [
            ("command", "cargo xtask repro table1 --out /tmp/x --set a=1/2 --data-root=/a"),
            ("machine", "x, y"),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_string(), value.to_string()));
        let csv = provenance_csv(&Provenance(pairs.into())).unwrap();
        let expected = "name,value\ncommand,cargo xtask repro table1 --out DIR --set a=1/2 --data-root=DIR\nmachine,\"x, y\"\n";
        assert_eq!(csv, expected);
    }
}
