//! The smallest reproduction of the table, as a person would ask for it, and what must be true of its rows.
//!
//! A row is a cell (data set × method × round × seed); a table is complete if both shipped data sets have every
//! method of the paper's table, each cell once. Budgets may differ between data sets, as they do in the paper.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The data sets that ship with the repository.
const DATASETS: &[&str] = &["photos", "silhouettes"];
/// Where the run goes, from the workspace's folder.
const OUT: &str = "target/ci-smoke";
/// The columns of `measurements.csv`, as crates/repro/src/row.rs writes them.
const COLUMNS: &str = "experiment,profile,dataset,method,round,width,resolution,seed,weights,kept_fraction,signals,\
                       fit_steps,psnr_start_db,psnr_db,psnr_peak_db,train_s,fit_s,run,err";
/// What tells the cells of one data set apart.
const CELL: &[&str] = &["method", "round", "width", "resolution", "seed"];
/// What a second run says, and how long it may take.
const NOTHING_LEFT: &str = "nothing left";
const AGAIN_WITHIN: Duration = Duration::from_secs(10);

/// A row by the names of its columns.
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

/// Runs the table and checks its rows.
///
/// # Errors
/// If it fails, or the first thing that is wrong with the rows.
pub fn first(xtask: &mut Command, root: &Path) -> Result<(), String> {
    if !crate::process::succeeds(asked(xtask, root)) {
        return Err("the run failed; see above".into());
    }
    let rows = parse(&read(root, &format!("{OUT}/table1/measurements.csv"))?)?;
    check(&rows, &methods_of_the_paper(root)?)?;
    println!("smoke: {} rows, complete, every fit gained", rows.len());
    Ok(())
}

/// Runs it again: it must say that nothing is left, and soon.
///
/// # Errors
/// If it does not.
pub fn again(xtask: &mut Command, root: &Path) -> Result<(), String> {
    let began = Instant::now();
    let command = asked(xtask, root).stdout(Stdio::inherit()).stderr(Stdio::piped());
    let output = command.output().map_err(|error| format!("cannot start it: {error}"))?;
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

fn asked<'a>(xtask: &'a mut Command, root: &Path) -> &'a mut Command {
    xtask.args(["repro", "table1", "--profile", "smoke", "--out", OUT]).current_dir(root)
}

fn read(root: &Path, file: &str) -> Result<String, String> {
    fs::read_to_string(root.join(file)).map_err(|error| format!("{file}: {error}"))
}

/// The methods of paper/table1.csv, which has the same columns.
fn methods_of_the_paper(root: &Path) -> Result<BTreeSet<String>, String> {
    Ok(parse(&read(root, "paper/table1.csv")?)?.into_iter().map(|row| row["method"].clone()).collect())
}

/// Every rule on the rows of the small table.
fn check(rows: &[Row], methods: &BTreeSet<String>) -> Result<(), String> {
    rows.iter().try_for_each(check_row)?;
    let [photos, silhouettes] = [cells(rows, DATASETS[0])?, cells(rows, DATASETS[1])?];
    if photos.len() + silhouettes.len() != rows.len() {
        return Err(format!("there are rows of other data sets than {}", DATASETS.join(" and ")));
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

/// No error, finite numbers, and the fit gained.
fn check_row(row: &Row) -> Result<(), String> {
    let name = format!("{} {} round {}", row["dataset"], row["method"], row["round"]);
    let number = |column: &str| row[column].parse::<f64>().ok().filter(|number| number.is_finite());
    if !row["err"].is_empty() {
        return Err(format!("{name}: {}", row["err"]));
    }
    match (number("psnr_start_db"), number("psnr_db")) {
        (Some(start), Some(end)) if end > start => Ok(()),
        _ => Err(format!("{name}: {} dB after the fit, {} dB before", row["psnr_db"], row["psnr_start_db"])),
    }
}

/// The cells of a data set.
fn cells(rows: &[Row], dataset: &str) -> Result<BTreeSet<Vec<String>>, String> {
    let mut cells = BTreeSet::new();
    for row in rows.iter().filter(|row| row["dataset"] == dataset) {
        let cell: Vec<String> = CELL.iter().map(|column| row[*column].clone()).collect();
        let name = cell.join(" ");
        if !cells.insert(cell) {
            return Err(format!("{dataset}: the cell {name} is there twice"));
        }
    }
    match cells.is_empty() {
        true => Err(format!("no rows of the data set {dataset}")),
        false => Ok(cells),
    }
}

/// The rows of a table with the columns above.
fn parse(csv: &str) -> Result<Vec<Row>, String> {
    let columns: Vec<&str> = COLUMNS.split(',').collect();
    let mut lines = fields(csv).into_iter();
    if lines.next().is_none_or(|header| header != columns) {
        return Err(format!("the columns are not those of smoke.rs: {COLUMNS}"));
    }
    let named = |line: Vec<String>| match line.len() == columns.len() {
        true => Ok(columns.iter().map(|column| column.to_string()).zip(line).collect()),
        false => Err(format!("{} fields instead of {}: {}", line.len(), columns.len(), line.join(","))),
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

    fn table(lines: &[&str]) -> Vec<Row> {
        parse(&format!("{COLUMNS}\n{}\n", lines.join("\n"))).expect("a table")
    }

    const PHOTO: &str = "table1,smoke,photos,dense,0,8,16,1,99,1.0,4,10,9.5,12.5,12.5,1,1,abc,";
    const SHAPE: &str = "table1,smoke,silhouettes,dense,0,8,16,1,99,1.0,4,10,9.5,12.5,12.5,1,1,abc,";

    fn verdict(lines: &[&str]) -> Result<(), String> {
        check(&table(lines), &BTreeSet::from(["dense".to_string()]))
    }

    #[test]
    fn a_complete_table_passes() {
        assert_eq!(verdict(&[PHOTO, SHAPE]), Ok(()));
    }

    #[test]
    fn what_is_missing_or_twice_is_named() {
        let says = |lines: &[&str], word: &str| verdict(lines).is_err_and(|sentence| sentence.contains(word));
        assert!(says(&[PHOTO], "no rows of the data set silhouettes"));
        assert!(says(&[PHOTO, SHAPE, SHAPE], "twice"));
        assert!(says(&[PHOTO, &SHAPE.replace("dense", "a")], "silhouettes: the paper's method dense"));
        assert!(says(&[&PHOTO.replace("dense", "a"), &SHAPE.replace("dense", "a")], "method dense"));
        assert!(says(&[PHOTO, SHAPE, &PHOTO.replace("photos", "celeba")], "other data sets"));
    }

    #[test]
    fn a_failed_or_useless_fit_is_named() {
        assert!(
            verdict(&[&format!("{PHOTO}\"no, memory\""), SHAPE]).is_err_and(|s| s.ends_with("no, memory"))
        );
        assert!(verdict(&[&PHOTO.replace("9.5,12.5", "9.5,9.5"), SHAPE]).is_err());
        assert!(verdict(&[&PHOTO.replace("9.5,12.5", "9.5,NaN"), SHAPE]).is_err());
        assert!(verdict(&[&PHOTO.replace("9.5,12.5", "9.5,inf"), SHAPE]).is_err());
    }

    #[test]
    fn fields_in_quotes_keep_their_commas() {
        assert_eq!(fields("a,\"b, \"\"c\"\"\n\",d\r\ne"), [vec!["a", "b, \"c\"\n", "d"], vec!["e"]]);
    }
}
