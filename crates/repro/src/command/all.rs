//! `repro all`: every experiment in turn, and one page for all of them, OUT/index.html.
//!
//! Stages that experiments share are computed once, as their ids are hashes of what is asked. An experiment that cannot
//! be run, because its data are not here or for another reason, is said on the page with what to do, and the others go
//! on; the exit code is then that of failed rows. A stop ends them all; the page shows what was finished before.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, ensure};

use super::run::{Finished, RunArgs, run_one};
use crate::claims::{Status, Verdict};
use crate::disk::{is_disk_full, write_file};
use crate::exit::{DOES_NOT_HOLD, DONE, FAILED_ROWS, STOPPED};
use crate::place::workspace;
use crate::screen;
use crate::show::page::{claims_list, escape, page};

/// What stands for every experiment on the command line.
pub const NAME: &str = "all";

const TITLE: &str = "All experiments";
const ABOUT: &str = "Meta-learned sparse implicit neural representations: every experiment, its claims with what the \
                     measurements say of them, then each with its table, figures, reconstructions and provenance.";

/// An experiment on the page of all: finished, or why it could not be run.
pub struct Part {
    /// Name of the experiment.
    pub name: String,
    /// What it came to, or the error.
    pub result: Result<Finished, String>,
}

/// `repro all`.
///
/// # Errors
/// If the disk is full, or the page cannot be written.
pub fn run(args: &RunArgs) -> Result<u8> {
    ensure!(!args.json, "`all` prints no JSON; table.json and claims.json of each experiment are in --out");
    let mut parts = Vec::new();
    for name in crate::experiment::names(&workspace().join("experiments"))? {
        screen::note(&format!("— {name}"));
        let result = match run_one(&RunArgs { name: name.clone(), ..args.clone() }) {
            Err(error) if is_disk_full(&error) => return Err(error),
            Err(error) => Err(format!("{error:#}")),
            Ok(finished) => Ok(finished),
        };
        if let Err(error) = &result {
            screen::note(&format!("{name} was not run: {error}"));
        }
        let stopped = matches!(&result, Ok(finished) if finished.code == STOPPED);
        parts.push(Part { name, result });
        if stopped {
            break;
        }
    }
    if !args.dry_run {
        write(&args.out.join("index.html"), &parts)?;
    }
    Ok(code(&parts))
}

fn write(path: &Path, parts: &[Part]) -> Result<()> {
    write_file(path, html(parts).as_bytes())?;
    screen::note(&format!("the page of all experiments: {}", path.display()));
    Ok(())
}

/// The gravest of the parts' exit codes; an experiment that was not run counts as failed rows.
fn code(parts: &[Part]) -> u8 {
    let codes: Vec<u8> =
        parts.iter().map(|part| part.result.as_ref().map_or(FAILED_ROWS, |finished| finished.code)).collect();
    [STOPPED, FAILED_ROWS, DOES_NOT_HOLD].into_iter().find(|code| codes.contains(code)).unwrap_or(DONE)
}

/// The page: a summary of claims, then each experiment.
pub fn html(parts: &[Part]) -> String {
    let mut body = String::from("<section id=\"summary\">\n<h2>Summary</h2>\n");
    let verdicts = parts.iter().filter_map(|part| part.result.as_ref().ok()).flat_map(|part| &part.verdicts);
    let _ = writeln!(body, "<p>{}</p>", escape(&counts(parts.len(), verdicts)));
    parts.iter().for_each(|part| body += &summary_html(part));
    body += "</section>\n";
    for part in parts {
        let Some(finished) = part.result.as_ref().ok().filter(|finished| !finished.body.is_empty()) else {
            continue;
        };
        let (name, title) = (escape(&part.name), escape(&finished.title));
        let _ = write!(
            body,
            "<section id=\"{name}\">\n<h2 class=\"part\">{title}</h2>\n{}</section>\n",
            finished.body
        );
    }
    page(TITLE, ABOUT, &body)
}

/// `7 experiments; 12 verdicts: 8 hold, 3 do not, 1 is open`.
fn counts<'a>(experiments: usize, verdicts: impl Iterator<Item = &'a Verdict>) -> String {
    let (mut holds, mut broken, mut open) = (0, 0, 0);
    for verdict in verdicts {
        match verdict.status {
            Status::Holds => holds += 1,
            Status::DoesNotHold => broken += 1,
            _ => open += 1,
        }
    }
    format!(
        "{experiments} experiments; claims and data sets: {holds} hold, {broken} do not hold, {open} open"
    )
}

fn summary_html(part: &Part) -> String {
    let name = escape(&part.name);
    match &part.result {
        Err(error) => {
            format!("<h3>{name}</h3>\n<p class=\"note error\">not run: {}</p>\n", escape(error))
        }
        Ok(finished) if finished.body.is_empty() => {
            format!("<h3>{name}</h3>\n<p class=\"note\">stopped; not finished</p>\n")
        }
        Ok(finished) => {
            let claims = match finished.verdicts.is_empty() {
                true => "<p class=\"note\">no claims</p>\n".into(),
                false => claims_list(&finished.verdicts),
            };
            format!("<h3><a href=\"#{name}\">{name}: {}</a></h3>\n{claims}", escape(&finished.title))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(name: &str, code: u8, body: &str) -> Part {
        let result = Finished { code, title: format!("<{name}>"), verdicts: vec![], body: body.into() };
        Part { name: name.into(), result: Ok(result) }
    }

    #[test]
    fn every_experiment_is_there_linked_and_what_was_not_run_says_why() {
        let missing =
            Part { name: "faces".into(), result: Err("no <celeba>: data-scripts/celeba.sh".into()) };
        let page = html(&[finished("a", DONE, "<p>body of a</p>"), missing, finished("b", STOPPED, "")]);
        assert!(page.contains("<a href=\"#a\">a: &lt;a&gt;</a>") && page.contains("<section id=\"a\">"));
        assert!(page.contains("<p>body of a</p>"));
        assert!(page.contains("not run: no &lt;celeba&gt;: data-scripts/celeba.sh"));
        assert!(page.contains("stopped; not finished") && !page.contains("<section id=\"b\">"));
        assert_eq!(page.matches("<html").count(), 1);
    }

    #[test]
    fn the_exit_code_is_the_gravest() {
        let part = |code| finished("a", code, "");
        assert_eq!(code(&[part(DONE), part(DONE)]), DONE);
        assert_eq!(code(&[part(DOES_NOT_HOLD), part(DONE)]), DOES_NOT_HOLD);
        let missing = Part { name: "b".into(), result: Err("no data".into()) };
        assert_eq!(code(&[part(DOES_NOT_HOLD), missing, part(DONE)]), FAILED_ROWS);
        assert_eq!(code(&[part(FAILED_ROWS), part(STOPPED)]), STOPPED);
    }
}
