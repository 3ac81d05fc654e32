//! Rows → everything a person reads: tables, plots, the page, in `OUT/<experiment>/`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use inr_core::file::write_atomically;

use super::figures::{Shown, draw};
use super::gallery::gallery;
use super::page::{self, Report};
use super::plot::Figure;
use super::table::text::Sheet;
use super::table::{self, Table};
use super::verdicts_text;
use crate::claims::{Verdict, check_claims, check_expectations};
use crate::experiment::{Experiment, FigureName};
use crate::place::workspace;
use crate::rows::{Provenance, Rows, paper};
use crate::screen;

/// Writes all outputs of a table into a folder and prints it; returns what became of the claims, and the page's body.
///
/// # Errors
/// If the disk refuses, or a picture that a row names is not there.
pub fn write(
    experiment: &Experiment,
    rows: &Rows,
    provenance: &Provenance,
    folder: &Path,
    json: bool,
) -> Result<(Vec<Verdict>, String)> {
    let compare: BTreeMap<String, String> =
        experiment.dataset.iter().map(|(name, spec)| (name.clone(), spec.compare_with.clone())).collect();
    let paper = paper::read(&workspace().join("paper"), &experiment.name)?;
    let table = table::build(&experiment.title, &rows.cells, &rows.signals, &paper, &compare)?;
    let mut verdicts = check_claims(rows, &experiment.claims);
    if experiment.profile == "paper" {
        verdicts.extend(check_expectations(&rows.cells, &experiment.expectations));
    }
    verdicts.retain(|verdict| rows.cells.iter().any(|row| row.dataset == verdict.dataset));
    let shapes = table::shapes::sheet(&rows.cells);
    let more = |form: fn(&Sheet) -> String| match shapes.lines.is_empty() {
        true => String::new(),
        false => format!("\n{}", form(&shapes)),
    };
    let text = |name: &str, text: String| write_atomically(&folder.join(name), text.as_bytes());
    text("table.txt", table.terminal() + &table::shapes::terminal(&shapes))?;
    text("table.md", table.markdown() + &more(Sheet::markdown))?;
    text("table.tex", table.tex() + &more(Sheet::tex))?;
    text("table.csv", table.csv()?)?;
    text("table.json", table.json()?)?;
    text("claims.json", serde_json::to_string_pretty(&verdicts)?)?;
    let figures = draw_figures(&Shown { experiment, table: &table, rows, paper: &paper }, folder)?;
    let place = folder.join("index.html");
    let report = Report {
        title: &experiment.title,
        about: &experiment.about,
        table: &table,
        shapes: &shapes,
        verdicts: &verdicts,
        figures: &figures,
        gallery: &gallery(rows, folder)?,
        provenance,
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
fn draw_figures(shown: &Shown, folder: &Path) -> Result<Vec<(String, Figure)>> {
    let mut names = shown.experiment.figures.clone();
    names.sort();
    names.dedup();
    let mut drawn = Vec::new();
    for name in names {
        if let Some((caption, figure)) = draw(name, shown).with_context(|| format!("figure {name}"))? {
            let own = name == FigureName::Dots;
            let file = if own { shown.experiment.name.clone() } else { name.to_string() };
            figure.save(&folder.join(&file)).with_context(|| format!("plot {file}"))?;
            drawn.push((caption, figure));
        } else {
            screen::note(&format!("figure {name}: not drawn, these rows have nothing to show in it"));
        }
    }
    Ok(drawn)
}
