//! `repro cmp`: every quantity is compared, what one file lacks is a difference, and where nothing was compared there
//! is no agreement. Expected outcomes are by hand.

use std::path::Path;
use std::process::{Command, Output};

use repro::command::cmp::{Comparison, Tolerance, compare};

const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/record");
const HEADER: &str = "dataset,method,round,seed,weights,psnr_db,ssim,iou,fit_s,run,err\n";
const ROW: &str = "photos,dense,0,1,99,20.0,0.5,0.25,3.0,aa,\n";

fn cmp(a: &Path, b: &Path, options: &[&str]) -> (Option<i32>, String) {
    let paths = [a.display().to_string(), b.display().to_string()];
    let mut command = Command::new(env!("CARGO_BIN_EXE_repro"));
    let Output { status, stdout, stderr } = command.arg("cmp").args(paths).args(options).output().unwrap();
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

fn compared(a: &str, b: &str) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(dir.path().join(name), text).unwrap();
        dir.path().join(name)
    };
    cmp(&file("a.csv", a), &file("b.csv", b), &["--tol", "0.1"])
}

fn expect(a: &str, b: &str, code: i32, words: &[&str]) {
    let (found, text) = compared(a, b);
    assert_eq!(found, Some(code), "{a}\n{b}\n{text}");
    for word in words {
        assert!(text.contains(word), "{word} is not in {text}");
    }
}

fn rows(a: &str, b: &str, code: i32, words: &[&str]) {
    expect(&format!("{HEADER}{a}"), &format!("{HEADER}{b}"), code, words);
}

#[test]
fn every_quantity_is_compared_and_timings_and_runs_are_not() {
    let with = |from: &str, to: &str| ROW.replacen(from, to, 1);
    let said =
        ["1 rows in both", "iou            1 numbers", "not compared: fit_s, run", "1 rows, 4 numbers"];
    rows(ROW, &with("3.0,aa", "4.0,bb"), 0, &said);
    rows(ROW, &with("20.0", "20.05"), 0, &[]);
    let changed =
        [("20.0", "20.2"), ("0.5,", "0.500001,"), ("0.25", "0"), ("99", "98"), ("aa,", "aa,diverged")];
    for ((from, to), column) in changed.into_iter().zip(["psnr_db", "ssim", "iou", "weights", "err"]) {
        rows(ROW, &with(from, to), 4, &[&format!("photos/dense/0/1: {column}"), "1 differences"]);
    }
    for column in ["chamfer", "sdf_near", "kept_fraction", "signals", "psnr", "lpips"] {
        let one = |value: &str| format!("method,{column}\ndense,{value}\n");
        expect(&one("4"), &one("4"), 0, &["1 rows, 1 numbers"]);
        expect(&one("4"), &one("5"), 4, &[&format!("dense: {column} 4 → 5")]);
    }
}

#[test]
fn infinite_nan_and_empty_equal_themselves_alone() {
    let cells = ["inf", "-inf", "NaN", "", "20.0"];
    for (a, b) in cells.iter().flat_map(|a| cells.iter().map(move |b| (a, b))) {
        let row = |psnr: &str| ROW.replacen("20.0", psnr, 1);
        rows(&row(a), &row(b), if a == b { 0 } else { 4 }, &[]);
    }
    let lone = |psnr: &str| format!("method,psnr_db\ndense,{psnr}\n");
    expect(&lone("inf"), &lone("Infinity"), 0, &["1 numbers"]);
}

#[test]
fn what_one_file_lacks_is_a_difference_and_named() {
    let other = ROW.replacen("photos", "faces", 1);
    rows(&format!("{ROW}{other}"), ROW, 4, &["faces/dense/0/1: only in A"]);
    rows(ROW, &other, 4, &["photos/dense/0/1: only in A", "faces/dense/0/1: only in B", "0 rows in both"]);
    let a = "method,weights,psnr_db\ndense,9,20\n";
    let b = "method,weights,psnr\ndense,9,25\n";
    expect(a, b, 4, &["column psnr_db: only in A", "column psnr: only in B"]);
    expect(
        "method,weights,chamfer\ndense,9,\n",
        "method,weights\ndense,9\n",
        4,
        &["column chamfer: only in A"],
    );
    expect(
        "method,weights\ndense,9\n",
        "method,weights,err\ndense,9,diverged\n",
        4,
        &["err (empty) → diverged"],
    );
}

#[test]
fn where_nothing_can_be_compared_there_is_no_agreement() {
    expect("", "", 1, &["a.csv: empty", "give"]);
    expect("\n\n", "\n\n", 1, &["a.csv: empty"]);
    rows("", "", 1, &["a header and no row"]);
    rows(ROW, "", 1, &["b.csv: a header and no row"]);
    expect("method,psnr_db\ndense,20\n", "method,psnr\ndense,20\n", 1, &["no quantity in common", "psnr_db"]);
    expect("method,run,fit_s\ndense,a,1\n", "method,run,fit_s\ndense,a,1\n", 1, &["no quantity in common"]);
    expect("name,value\na,1\n", "name,value\na,1\n", 1, &["no column in common that names a row"]);
    let failed = "method,psnr_db,err\ndense,,diverged\n";
    expect(failed, failed, 1, &["not one number"]);
    let nan = "method,psnr_db\ndense,NaN\n";
    expect(nan, nan, 1, &["not one number"]);
}

#[test]
fn a_file_that_cannot_be_read_as_numbers_by_name_is_refused_with_its_line() {
    let second = ROW.replacen(",1,", ",2,", 1);
    rows(
        &format!("{ROW}{second}"),
        &format!("{ROW}\n{}", second.replacen("0.25", "n/a", 1)),
        1,
        &["b.csv: line 4: iou is `n/a`"],
    );
    rows(&format!("{ROW}{second}{ROW}"), ROW, 1, &["a.csv: lines 2 and 4 are two rows of photos/dense/0/1"]);
    rows(ROW, &ROW.replacen("20.0", "1e400", 1), 1, &["line 2: psnr_db is `1e400`"]);
    rows(ROW, &ROW.replacen("20.0", "\"20,0\"", 1), 1, &["psnr_db is `20,0`"]);
    rows(ROW, "photos,dense\n", 1, &["b.csv: not a table"]);
    let twice = "method,psnr_db,psnr_db\ndense,20,30\n";
    expect(twice, twice, 1, &["two columns are named `psnr_db`"]);
    let only_in_b = "method,weights,psnr\ndense,9,high\n";
    expect("method,weights\ndense,9\n", only_in_b, 1, &["line 2: psnr is `high`"]);
}

#[test]
fn keys_are_compared_part_by_part() {
    let a = "dataset,trained_on,psnr_db\nfaces,,20\n,faces,30\n";
    expect(a, a, 0, &["2 rows, 2 numbers"]);
    expect("dataset,trained_on,psnr_db\nfaces,,20\n", "dataset,trained_on,psnr_db\n,faces,20\n", 4, &[]);
}

#[test]
fn byte_order_mark_line_ends_and_spaces_do_not_matter() {
    let (a, b) = (format!("{HEADER}{ROW}"), format!("\u{feff}{HEADER}{ROW}").replace('\n', "\r\n"));
    expect(&a, &b, 0, &["joined by dataset, method, round, seed", "1 rows, 4 numbers"]);
    expect(&a, &b.replace(',', ", "), 0, &["1 rows, 4 numbers"]);
    let twice = format!("\u{feff}{HEADER}{ROW}{ROW}").replace('\n', "\r\n");
    expect(&a, &twice, 1, &["lines 2 and 3"]);
    expect("\u{feff}", &a, 1, &["a.csv: empty"]);
}

#[test]
fn folders_are_their_measurements_and_committed_records_agree_with_themselves() {
    let record = Path::new(RECORD);
    let (code, text) = cmp(record, record, &[]);
    assert!(code == Some(1) && text.contains("a folder without measurements.csv; name the file"), "{text}");
    let mut seen = 0;
    for folder in std::fs::read_dir(record).unwrap().map(|entry| entry.unwrap().path()) {
        if folder.join("measurements.csv").is_file() {
            assert_eq!(
                cmp(&folder, &folder.join("measurements.csv"), &[]).0,
                Some(0),
                "{}",
                folder.display()
            );
            for name in ["signals.csv", "table.csv", "along.csv"].map(|name| folder.join(name)) {
                let expected = if name.is_file() { 0 } else { 1 };
                assert_eq!(cmp(&name, &name, &[]).0, Some(expected), "{}", name.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} records");
}

#[test]
fn a_tolerance_is_a_finite_number_from_0() {
    let file = Path::new(RECORD).join("table1-desk-open/measurements.csv");
    for tolerance in ["NaN", "inf", "-1"] {
        for option in ["--tol", "--rel"] {
            assert_ne!(
                cmp(&file, &file, &[&format!("{option}={tolerance}")]).0,
                Some(0),
                "{option} {tolerance}"
            );
        }
    }
}

fn judged(a: &str, b: &str, decibels: f64) -> Comparison {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, lines: &str| {
        let text = format!("dataset,method,round,seed,weights,psnr_db,err\n{lines}");
        std::fs::write(dir.path().join(name), text).unwrap();
        dir.path().join(name)
    };
    compare(&file("a.csv", a), &file("b.csv", b), Tolerance { decibels, relative: 0.0 }).unwrap()
}

#[test]
fn rows_are_joined_whatever_their_order_and_judged_by_the_tolerance() {
    let a = "photos,dense,0,1,99,20.0,\nphotos,dense,0,2,99,21.0,\nphotos,dense,0,3,99,,\n";
    let b = "photos,dense,0,3,99,,\nphotos,dense,0,2,99,21.1,\nphotos,dense,0,1,99,20.0,\n";
    let (loose, tight) = (judged(a, b, 0.2), judged(a, b, 0.05));
    assert!(loose.agrees() && !tight.agrees());
    let psnr = &tight.quantities["psnr_db"];
    assert!((psnr.largest.unwrap() - 0.1).abs() < 1e-9 && (psnr.mean.unwrap() - 0.05).abs() < 1e-9);
    assert_eq!((psnr.numbers, tight.rows, tight.beyond[0].row.as_str()), (2, 3, "photos/dense/0/2"));
}

#[test]
fn what_is_missing_failed_or_of_another_size_differs_whatever_the_tolerance() {
    let a = "photos,dense,0,1,99,20.0,\nphotos,dense,0,2,99,21.0,\nphotos,dense,0,3,99,21.0,\n";
    let b = "photos,dense,0,1,98,20.0,\nphotos,dense,0,2,,,diverged\nphotos,dense,0,4,99,21.0,\n";
    let found = judged(a, b, 100.0);
    let columns: Vec<Option<&str>> = found.beyond.iter().map(|d| d.column.as_deref()).collect();
    let expected = [Some("weights"), Some("psnr_db"), Some("weights"), Some("err"), None, None];
    assert_eq!(columns, expected);
    let text = found.text(Tolerance { decibels: 100.0, relative: 0.0 });
    assert!(text.contains("photos/dense/0/4: only in B"), "{text}");
}
