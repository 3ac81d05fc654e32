//! Spectra of errors on a tiny table: they are made where they are asked for, and their powers are the errors'.

use std::path::Path;
use std::process::Command;

use repro::rows::{RingRow, SignalRow, read_rows};
use repro::words::quantities::Quantity;

/// stdout and stderr of a table of one cell.
fn run(out: &Path, more: &[&str]) -> String {
    let out = out.display().to_string();
    let mut args =
        vec!["run", "table1", "--profile", "smoke", "--datasets", "silhouettes", "--only", "dense-narrow"];
    args.extend(["--out", &out, "--set", "signal.resolution=9", "--set", "network.width=8"]);
    args.extend(["--set", "test.signals=3"]);
    args.extend(more);
    let output = Command::new(env!("CARGO_BIN_EXE_repro")).args(args).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{}", said[1]);
    said.concat()
}

#[test]
fn a_whole_fit_without_spectra_gets_them_where_they_are_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let signals = || read_rows::<SignalRow>(&dir.path().join("table1/signals.csv")).unwrap();
    let with = ["--set", "figures=[\"dots\", \"spectra\"]"];
    run(dir.path(), &[]);
    let before = signals();
    let plan = run(dir.path(), &[&with[..], &["--dry-run"]].concat());
    assert!(plan.contains(" stages, 1 of them to do"), "spectra alone: {plan}");
    run(dir.path(), &with);
    assert_eq!(signals(), before, "no number depends on it");
    for more in [&[][..], &with[..]] {
        assert!(run(dir.path(), more).contains("nothing left to compute"));
    }

    let folder = dir.path().join("table1");
    assert!(folder.join("spectra.svg").exists() && folder.join("spectra.png").exists());
    let rings: Vec<RingRow> = read_rows(&folder.join("spectra.csv")).unwrap();
    let error: f64 = rings.iter().map(|ring| ring.frequencies as f64 * ring.error_power).sum();
    let mse = |row: &SignalRow| 10f64.powf(-row.values[Quantity::Psnr].unwrap() / 10.0);
    let expected = before.iter().map(mse).sum::<f64>() / before.len() as f64;
    // The error's values and its mean square are rounded to f32.
    assert!((error / expected - 1.0).abs() < 1e-5, "{error} and {expected}");
    assert_eq!(rings.iter().map(|ring| ring.frequencies).sum::<usize>(), 81);
    assert!(rings.iter().all(|ring| ring.signals == 3));
}
