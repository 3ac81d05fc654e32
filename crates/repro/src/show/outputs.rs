//! Rows → everything a person reads: tables, plots, the page, in `OUT/<experiment>/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use inr_core::file::write_atomically;

use super::figures::{Shown, draw, layers};
use super::gallery::{fitted, gallery};
use super::page::{self, Provenance, Report};
use super::plot::Figure;
use super::table::text::Sheet;
use super::table::{self, Table};
use super::verdicts_text;
use crate::claims::{Verdict, check_claims, check_expectations};
use crate::experiment::FigureName;
use crate::place::workspace;
use crate::plan::Session;
use crate::rows::gather::Rows;
use crate::rows::{Row, paper};
use crate::screen;
use crate::words::quoting;

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
    let fitted = fitted(experiment)?;
    verdicts.retain(|verdict| fitted.contains(&verdict.dataset));
    let shapes = table::shapes::sheet(&rows.cells);
    let more = |form: fn(&Sheet) -> String| match shapes.lines.is_empty() {
        true => String::new(),
        false => format!("\n{}", form(&shapes)),
    };
    let text = |name: &str, text: String| write_atomically(&session.folder.join(name), text.as_bytes());
    text("table.txt", table.terminal() + &table::shapes::terminal(&shapes))?;
    text("table.md", table.markdown() + &more(Sheet::markdown))?;
    text("table.tex", table.tex() + &more(Sheet::tex))?;
    text("table.csv", table.csv()?)?;
    text("table.json", table.json()?)?;
    text("claims.json", serde_json::to_string_pretty(&verdicts)?)?;
    let figures = draw_figures(session, &table, &rows.cells, &paper)?;
    let mut gallery = gallery(session)?;
    if experiment.figures.contains(&FigureName::Layers) {
        gallery.extend(layers::mask_pictures(session)?);
    }
    let place = session.folder.join("index.html");
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
    page::write(&place, &report)?;
    let about = page::escape(&experiment.about);
    let body = format!("<p class=\"about\">{about}</p>\n{}", page::body(&report));
    print(&table, &shapes, &verdicts, &place, json)?;
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
    screen::result(&(table.terminal() + &table::shapes::terminal(shapes)))?;
    screen::result(&verdicts_text(verdicts))?;
    screen::note(&format!("the page with plots and reconstructions: {}", page.display()));
    Ok(())
}

/// Draws and saves the experiment's figures that have something to show.
fn draw_figures(
    session: &Session,
    table: &Table,
    rows: &[Row],
    paper: &[Row],
) -> Result<Vec<(String, Figure)>> {
    let mut names = session.experiment.figures.clone();
    names.sort();
    names.dedup();
    let mut drawn = Vec::new();
    for name in names {
        let figure = draw(name, &Shown { session, table, rows, paper });
        if let Some((caption, figure)) = figure.with_context(|| format!("figure {name}"))? {
            let file =
                if name == FigureName::Dots { session.experiment.name.clone() } else { name.to_string() };
            figure.save(&session.folder.join(&file)).with_context(|| format!("plot {file}"))?;
            drawn.push((caption, figure));
        } else {
            screen::note(&format!("figure {name}: not drawn, these rows have nothing to show in it"));
        }
    }
    Ok(drawn)
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
        let name = job.stage.dataset();
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
    format!("cargo xtask repro {}", quoting::command_line(words))
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
