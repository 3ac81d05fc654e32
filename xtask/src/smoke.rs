//! The smallest reproduction of every experiment, as a person would ask for it, and what must be true of its rows.
//!
//! A row is a cell (data set × line × round × seed …). Every row of every experiment is there once, without an error
//! and with finite numbers, but where all its signals are fitted exactly, which leaves no PSNR to average. The table of the paper is complete besides: both shipped data sets have every method of
//! the paper's table, and every fit gained; budgets may differ between data sets, as they do in the paper.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::place;

/// The data sets that ship with the repository.
const DATASETS: &[&str] = &["photos", "silhouettes"];
/// The experiment that has every method of the paper's table.
const TABLE: &str = "table1";
/// Where the run goes, from the workspace's folder.
const OUT: &str = "target/ci-smoke";
/// Columns of `measurements.csv` (crates/repro/src/rows/row.rs) that are looked at.
const COLUMNS: &[&str] = &[
    "dataset",
    "trained_on",
    "method",
    "line",
    "round",
    "width",
    "resolution",
    "seed",
    "psnr_start_db",
    "psnr_db",
    "psnr_peak_db",
    "signals",
    "err",
];
/// What tells the cells of one experiment apart.
const CELL: &[&str] = &["dataset", "trained_on", "line", "round", "width", "resolution", "seed"];
/// What a second run says, and how long it may take.
const NOTHING_LEFT: &str = "nothing left";
const AGAIN_WITHIN: Duration = Duration::from_secs(10);

/// A row by the names of its columns; a column that is not there is empty.
type Row = BTreeMap<String, String>;

/// Forgets an earlier run.
///
/// # Errors
/// If its folder cannot be removed.
pub fn clear(root: &Path) -> Result<(), String> {
    let folder = root.join(OUT);
    match folder.exists() {
        true => fs::remove_dir_all(&folder).map_err(|error| format!("cannot remove {OUT}: {error}")),
        false => Ok(()),
    }
}

/// Runs every experiment and checks its rows.
///
/// # Errors
/// If one fails, or the first thing that is wrong with the rows.
pub fn first(program: &Path, root: &Path) -> Result<(), String> {
    for name in experiments(root)? {
        let began = Instant::now();
        if !crate::process::succeeds(&mut asked(program, root, &name)) {
            return Err(format!("{name} failed; see above"));
        }
        let rows = parse(&read(root, &format!("{OUT}/{name}/measurements.csv"))?)?;
        check(&rows).map_err(|sentence| format!("{name}: {sentence}"))?;
        if name == TABLE {
            check_table(&rows, &methods_of_the_paper(root)?)?;
        }
        println!("smoke: {name}: {} rows, complete, {} s", rows.len(), began.elapsed().as_secs());
    }
    Ok(())
}

/// Runs them again: each must say that nothing is left, and soon.
///
/// # Errors
/// If one does not.
pub fn again(program: &Path, root: &Path) -> Result<(), String> {
    experiments(root)?
        .iter()
        .try_for_each(|name| again_one(program, root, name).map_err(|sentence| format!("{name}: {sentence}")))
}

fn again_one(program: &Path, root: &Path, name: &str) -> Result<(), String> {
    let began = Instant::now();
    let mut command = asked(program, root, name);
    let output = command.stdout(Stdio::null()).stderr(Stdio::piped()).output();
    let output = output.map_err(|error| format!("cannot start it: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    eprint!("{said}");
    let time = began.elapsed();
    match () {
        () if !output.status.success() => Err("the second run failed".into()),
        () if !said.contains(NOTHING_LEFT) => Err(format!("the second run did not say `{NOTHING_LEFT} …`")),
        () if time > AGAIN_WITHIN => Err(format!("the second run took {} s to do nothing", time.as_secs())),
        () => Ok(()),
    }
}

/// Names of experiments/*.toml.
fn experiments(root: &Path) -> Result<Vec<String>, String> {
    let files = place::names(&root.join("experiments"))?;
    Ok(files.iter().filter_map(|file| file.strip_suffix(".toml")).map(String::from).collect())
}

fn asked(program: &Path, root: &Path, name: &str) -> Command {
    let mut command = Command::new(program);
    command.args(["repro", name, "--profile", "smoke", "--out", OUT]).current_dir(root);
    command
}

fn read(root: &Path, file: &str) -> Result<String, String> {
    fs::read_to_string(root.join(file)).map_err(|error| format!("{file}: {error}"))
}

/// The methods of paper/table1.csv, which is a table of rows too.
fn methods_of_the_paper(root: &Path) -> Result<BTreeSet<String>, String> {
    Ok(parse(&read(root, "paper/table1.csv")?)?.into_iter().map(|row| row["method"].clone()).collect())
}

/// The rules on the rows of any experiment: there are some, each once, without an error, with finite numbers.
fn check(rows: &[Row]) -> Result<(), String> {
    if rows.is_empty() {
        return Err("no rows".into());
    }
    let mut cells = BTreeSet::new();
    for row in rows {
        let name = name_of(row);
        if !row["err"].is_empty() {
            return Err(format!("{name}: {}", row["err"]));
        }
        // Signals are those the mean is over: none if all are exact.
        let all_exact = row["signals"] == "0";
        for column in ["psnr_start_db", "psnr_db", "psnr_peak_db"] {
            if all_exact && row[column].is_empty() {
                continue;
            }
            if !number(row, column).is_finite() {
                return Err(format!("{name}: {column} is `{}`", row[column]));
            }
        }
        if !cells.insert(CELL.iter().map(|column| &row[*column]).collect::<Vec<_>>()) {
            return Err(format!("the cell {name} is there twice"));
        }
    }
    Ok(())
}

fn name_of(row: &Row) -> String {
    format!("{} {} round {}", row["dataset"], row["line"], row["round"])
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or(f64::NAN)
}

/// The rules on the paper's table: both data sets and no other, every method, every fit gained.
fn check_table(rows: &[Row], methods: &BTreeSet<String>) -> Result<(), String> {
    if let Some(row) = rows.iter().find(|row| !DATASETS.contains(&row["dataset"].as_str())) {
        return Err(format!("there are rows of other data sets: {}", name_of(row)));
    }
    if let Some(row) = rows.iter().find(|row| number(row, "psnr_db") <= number(row, "psnr_start_db")) {
        let (end, start) = (&row["psnr_db"], &row["psnr_start_db"]);
        return Err(format!("{}: {end} dB after the fit, {start} dB before", name_of(row)));
    }
    DATASETS.iter().try_for_each(|dataset| {
        let of = |row: &&Row| row["dataset"] == *dataset;
        let measured: BTreeSet<String> = rows.iter().filter(of).map(|row| row["method"].clone()).collect();
        match methods.difference(&measured).next() {
            Some(method) => Err(format!("{dataset}: the paper's method {method} has no row")),
            None => Ok(()),
        }
    })
}

/// The rows of a table, with the columns above at least.
fn parse(csv: &str) -> Result<Vec<Row>, String> {
    let mut lines = fields(csv).into_iter();
    let header = lines.next().unwrap_or_default();
    if !header.iter().any(|column| column == "method") {
        return Err("not a table of rows: no column `method`".into());
    }
    let named = |line: Vec<String>| match line.len() == header.len() {
        true => {
            let empty = COLUMNS.iter().map(|column| (column.to_string(), String::new()));
            Ok(empty.chain(header.iter().cloned().zip(line)).collect())
        }
        false => Err(format!("{} fields instead of {}: {}", line.len(), header.len(), line.join(","))),
    };
    lines.map(named).collect()
}

/// The fields of each line of a CSV text; a field in quotes may have commas, line ends and doubled quotes.
fn fields(csv: &str) -> Vec<Vec<String>> {
    let mut lines = vec![vec![String::new()]];
    let mut quoted = false;
    for c in csv.replace("\r\n", "\n").trim_end_matches('\n').chars() {
        let line = lines.last_mut().expect("there is one from the start");
        match c {
            '"' => {
                let field = line.last_mut().expect("a line has a field from the start");
                // A quote that opens again at once is one that was doubled.
                if !quoted && !field.is_empty() {
                    field.push('"');
                }
                quoted = !quoted;
            }
            ',' if !quoted => line.push(String::new()),
            '\n' if !quoted => lines.push(vec![String::new()]),
            _ => line.last_mut().expect("a line has a field from the start").push(c),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "experiment,dataset,trained_on,method,round,psnr_start_db,psnr_db,psnr_peak_db,run,err";
    const PHOTO: &str = "table1,photos,,dense,0,9.5,12.5,12.5,abc,";
    const SHAPE: &str = "table1,silhouettes,,dense,0,9.5,12.5,12.5,abc,";

    fn verdict(lines: &[&str]) -> Result<(), String> {
        let rows = parse(&format!("{HEADER}\n{}\n", lines.join("\n"))).expect("a table");
        check(&rows).and_then(|()| check_table(&rows, &BTreeSet::from(["dense".to_string()])))
    }

    #[test]
    fn a_complete_table_passes() {
        assert_eq!(verdict(&[PHOTO, SHAPE]), Ok(()));
    }

    #[test]
    fn what_is_missing_or_twice_is_named() {
        let says = |lines: &[&str], word: &str| verdict(lines).is_err_and(|sentence| sentence.contains(word));
        assert!(says(&[PHOTO], "silhouettes: the paper's method dense"));
        assert!(says(&[PHOTO, SHAPE, SHAPE], "twice"));
        assert!(says(&[PHOTO, &SHAPE.replace("dense", "a")], "silhouettes: the paper's method dense"));
        assert!(says(&[&PHOTO.replace("dense", "a"), &SHAPE.replace("dense", "a")], "method dense"));
        assert!(says(&[PHOTO, SHAPE, &PHOTO.replace("photos", "celeba")], "other data sets"));
        assert!(check(&[]).is_err() && parse("a,b\n1,2\n").is_err());
    }

    #[test]
    fn a_failed_or_useless_fit_is_named() {
        let failed = format!("{PHOTO}\"no, memory\"");
        assert!(verdict(&[&failed, SHAPE]).is_err_and(|s| s.ends_with("no, memory")));
        assert!(verdict(&[&PHOTO.replace("9.5,12.5", "9.5,9.5"), SHAPE]).is_err());
        assert!(verdict(&[&PHOTO.replace("9.5,12.5", "9.5,NaN"), SHAPE]).is_err());
        assert!(verdict(&[&PHOTO.replace("9.5,12.5", "9.5,inf"), SHAPE]).is_err());
    }

    #[test]
    fn fields_in_quotes_keep_their_commas() {
        assert_eq!(fields("a,\"b, \"\"c\"\"\n\",d\r\ne"), [vec!["a", "b, \"c\"\n", "d"], vec!["e"]]);
    }
}
