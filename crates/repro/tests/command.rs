//! The binary as a person uses it: a small table, run twice, stopped and gone on with, given bad input.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use repro::rows::{Row, SignalRow, read_rows};
use repro::words::quantities::Quantity;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn repro(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_repro")).args(args).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into()
}

/// A table of two cells, small enough for a second.
fn tiny(out: &Path, more: &[&str]) -> Vec<String> {
    let out = out.display().to_string();
    let mut args: Vec<&str> =
        vec!["run", "table1", "--profile", "smoke", "--datasets", "silhouettes", "--out", &out];
    args.extend(["--set", "signal.resolution=8", "--set", "network.width=8", "--set", "test.signals=2"]);
    args.extend(more);
    args.iter().map(|s| s.to_string()).collect()
}

fn run_tiny(out: &Path, more: &[&str]) -> Output {
    let args = tiny(out, more);
    repro(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

fn psnr(out: &Path) -> Vec<(String, Option<f64>)> {
    let rows: Vec<Row> = read_rows(&out.join("table1/measurements.csv")).unwrap();
    rows.into_iter().map(|row| (format!("{} k{}", row.line, row.round), row.values[Quantity::Psnr])).collect()
}

fn unfinished_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().map(|e| e.unwrap()) {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(unfinished_files(&entry.path())),
            false if entry.file_name().to_string_lossy().ends_with(".tmp") => found.push(entry.path()),
            false => {}
        }
    }
    found
}

#[test]
fn a_table_is_computed_once_and_a_second_run_does_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let first = run_tiny(dir.path(), &[]);
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    let numbers = psnr(dir.path());
    assert_eq!(numbers.len(), 3);
    assert!(numbers.iter().all(|(_, psnr)| psnr.is_some_and(f64::is_finite)), "{numbers:?}");
    let second = run_tiny(dir.path(), &[]);
    assert_eq!(code(&second), 0);
    assert!(stderr(&second).contains("nothing left to compute"), "{}", stderr(&second));
    assert_eq!(psnr(dir.path()), numbers);
    let signals: Vec<SignalRow> = read_rows(&dir.path().join("table1/signals.csv")).unwrap();
    assert_eq!(signals.len(), 3 * 2, "a row a cell and signal");
    for (row, of_cell) in
        read_rows::<Row>(&dir.path().join("table1/measurements.csv")).unwrap().iter().zip(signals.chunks(2))
    {
        let mean = of_cell.iter().map(|signal| signal.values[Quantity::Psnr].unwrap()).sum::<f64>() / 2.0;
        assert!((row.values[Quantity::Psnr].unwrap() - mean).abs() < 1e-9 && row.method == of_cell[0].method);
        assert!(
            row.values[Quantity::Ssim].is_some_and(|ssim| ssim.abs() <= 1.0)
                && row.values[Quantity::StepSeconds].is_some_and(|s| s > 0.0)
        );
    }
    for file in
        ["measurements.csv", "table.csv", "table.md", "table.tex", "index.html", "table1.svg", "table1.png"]
    {
        let size = std::fs::metadata(dir.path().join("table1").join(file)).map(|m| m.len());
        assert!(size.is_ok_and(|s| s > 100), "{file}");
    }
    // 14 and 11 rounds share the dense stage; a narrow network; of three lines fits, seconds, quality and pictures:
    // 1 + 14 + 11 + 1 + 3 · 4.
    assert_eq!(std::fs::read_dir(dir.path().join("runs")).unwrap().count(), 39);
    let (cells, signals) =
        (dir.path().join("table1/measurements.csv"), dir.path().join("table1/signals.csv"));
    let cmp = |a: &Path, b: &Path| {
        code(&repro(&["cmp", &a.display().to_string(), &b.display().to_string(), "--tol", "0.01"]))
    };
    assert_eq!([cmp(&cells, &cells), cmp(&signals, &signals), cmp(&cells, &signals)], [0, 0, 1]);
    let json = run_tiny(dir.path(), &["--json"]);
    let table: serde_json::Value =
        serde_json::from_slice(&json.stdout).expect("stdout is JSON and nothing else");
    assert!(table.is_object());
}

#[test]
fn a_stage_behind_the_fits_is_computed_from_their_networks_alone() {
    let dir = tempfile::tempdir().unwrap();
    let only = ["--only", "dense-narrow"];
    assert_eq!(code(&run_tiny(dir.path(), &only)), 0);
    let numbers = psnr(dir.path());
    let runs = std::fs::read_dir(dir.path().join("runs")).unwrap().map(|e| e.unwrap().path());
    let judged = runs.filter(|run| run.join("eval.csv").exists()).min().unwrap();
    std::fs::remove_dir_all(&judged).unwrap();
    let plan = run_tiny(dir.path(), &[&only[..], &["--dry-run"]].concat());
    let plan = String::from_utf8_lossy(&plan.stdout).to_string();
    assert!(plan.contains(" stages, 1 of them to do"), "{plan}");
    assert_eq!(code(&run_tiny(dir.path(), &only)), 0);
    assert_eq!(psnr(dir.path()), numbers);
}

#[test]
fn a_record_is_drawn_again_from_its_rows_alone() {
    let (dir, drawn) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_eq!(code(&run_tiny(dir.path(), &[])), 0);
    std::fs::remove_dir_all(dir.path().join("runs")).unwrap();
    let (from, to) = (dir.path().join("table1"), drawn.path().join("again"));
    let output = repro(&["draw", &from.display().to_string(), "--out", &to.display().to_string()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let files =
        ["table.md", "table.csv", "table.tex", "claims.json", "table1.svg", "steps.svg", "training.svg"];
    for file in files {
        let read = |folder: &Path| std::fs::read(folder.join(file)).unwrap();
        assert!(read(&from) == read(&to), "{file} differs");
    }
    std::fs::remove_file(from.join("experiment.toml")).unwrap();
    let output = repro(&["draw", &from.display().to_string()]);
    assert!(code(&output) == 1 && stderr(&output).contains("experiment.toml"), "{}", stderr(&output));
}

#[test]
fn a_killed_run_goes_on_and_ends_with_the_same_numbers() {
    let (whole, cut) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let longer = ["--set", "meta.dense_steps=200", "--set", "meta.round_steps=40"];
    assert_eq!(code(&run_tiny(whole.path(), &longer)), 0);
    let args = tiny(cut.path(), &longer);
    let mut interrupted = false;
    for (signal, wait_ms) in [("-INT", 700), ("-KILL", 1500), ("-INT", 2000)] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_repro")).args(&args).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait_ms));
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        let status = child.wait().unwrap();
        interrupted |= !status.success();
        if signal == "-INT" && !status.success() {
            assert_eq!(status.code(), Some(130));
        }
    }
    assert!(interrupted, "the run was over before it could be stopped");
    let last = run_tiny(cut.path(), &longer);
    assert_eq!(code(&last), 0, "{}", stderr(&last));
    assert_eq!(psnr(cut.path()), psnr(whole.path()), "to the bit");
    assert_eq!(unfinished_files(cut.path()), Vec::<PathBuf>::new());
}

#[test]
fn a_failed_stage_fails_its_rows_only() {
    let dir = tempfile::tempdir().unwrap();
    let output = run_tiny(dir.path(), &["--set", "fit.lr=1e30", "--only", "dense-narrow|random"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    let rows: Vec<Row> = read_rows(&dir.path().join("table1/measurements.csv")).unwrap();
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter()
            .all(|r| r.err.as_ref().is_some_and(|e| e.contains("diverged"))
                && r.values[Quantity::Psnr].is_none()),
        "{rows:?}"
    );
}

#[test]
fn strict_turns_a_broken_claim_into_exit_code_4() {
    let dir = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(format!("{ROOT}/experiments/table1.toml")).unwrap();
    // A claim that cannot hold: eight steps of training beat four hundred.
    let claim = "\n[[claim]]\nname = \"impossible\"\nbetter = { method = \"random-pruning\", round = 20 }\n\
                 worse = { method = \"dense\", round = 0 }\ntext = \"nothing beats everything\"\n";
    let rows = "\n[[row]]\nmethod = \"dense\"\nrounds = [0]\n\n[[row]]\nmethod = \"random-pruning\"\nrounds = [20]\n";
    let path = dir.path().join("broken.toml");
    std::fs::write(&path, text + rows + claim).unwrap();
    let (path, out) = (path.display().to_string(), dir.path().join("out").display().to_string());
    let args = [
        "run",
        &path,
        "--profile",
        "smoke",
        "--datasets",
        "silhouettes",
        "--out",
        &out,
        "--only",
        "dense/|k20",
    ];
    let more = ["--set", "signal.resolution=8", "--set", "test.signals=6", "--set", "meta.dense_steps=300"];
    let all: Vec<&str> = args.iter().chain(&more).copied().collect();
    let lenient = repro(&all);
    assert_eq!(code(&lenient), 0, "{}", stderr(&lenient));
    let strict: Vec<&str> = all.iter().copied().chain(["--strict"]).collect();
    assert_eq!(code(&repro(&strict)), 4);
}

#[test]
fn usage_errors_are_2_and_bad_input_is_1_with_a_remedy() {
    assert_eq!(code(&repro(&["run", "table1", "--profil", "x"])), 2);
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out").display().to_string();
    let missing = repro(&["run", "table1", "--out", &out, "--data-root", "/no/such/folder"]);
    assert_eq!(code(&missing), 1);
    assert!(stderr(&missing).contains("/no/such/folder"), "{}", stderr(&missing));
    let empty = dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let root = empty.display().to_string();
    let absent = repro(&["run", "table1", "--out", &out, "--data-root", &root, "--datasets", "celeba"]);
    assert_eq!(code(&absent), 1);
    assert!(stderr(&absent).contains("celeba") && stderr(&absent).contains(&root), "{}", stderr(&absent));
    let file = dir.path().join("a-file");
    std::fs::write(&file, "x").unwrap();
    let blocked = run_tiny(&file, &[]);
    assert_eq!(code(&blocked), 1);
    assert!(stderr(&blocked).contains("a-file"), "{}", stderr(&blocked));
    let engine = run_tiny(&dir.path().join("o"), &["--engine", "abacus"]);
    assert_eq!(code(&engine), 1);
    assert!(
        stderr(&engine).contains("abacus") && stderr(&engine).contains("burn-flex"),
        "{}",
        stderr(&engine)
    );
}

#[test]
fn a_damaged_data_set_is_named_before_anything_is_computed() {
    let dir = tempfile::tempdir().unwrap();
    let celeba = dir.path().join("celeba/img_align_celeba");
    std::fs::create_dir_all(&celeba).unwrap();
    std::fs::write(dir.path().join("celeba/list_eval_partition.txt"), "000001.jpg 0\n000002.jpg 2\n")
        .unwrap();
    let root = dir.path().display().to_string();
    let out = dir.path().join("out").display().to_string();
    let output = repro(&["run", "table1", "--out", &out, "--data-root", &root, "--datasets", "celeba"]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("000001.jpg"), "{}", stderr(&output));
}

#[test]
fn a_dry_run_computes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let output = run_tiny(dir.path(), &["--dry-run"]);
    assert_eq!(code(&output), 0);
    let text = String::from_utf8_lossy(&output.stdout).to_string();
    assert!(
        text.contains("39 stages, 39 of them to do")
            && text.contains("silhouettes/meta-sparse-inr/k14/seed42"),
        "{text}"
    );
    assert_eq!(std::fs::read_dir(dir.path().join("runs")).unwrap().count(), 0);
}

/// An initial network of the paper's kind, small.
fn network(dir: &Path) -> String {
    let params = inr_core::Siren::new(2, 16, 4, 3, 30.0).init::<f32>(&inr_core::Key::root(1));
    let path = dir.join("network.safetensors");
    inr_core::file::save(&path, &params, None, &[]).unwrap();
    path.display().to_string()
}

#[test]
fn fit_takes_photographs_grey_and_transparent_pictures() {
    let dir = tempfile::tempdir().unwrap();
    let params = network(dir.path());
    let grey = dir.path().join("grey.png");
    image::GrayImage::from_fn(40, 30, |x, y| image::Luma([(x * 3 + y) as u8])).save(&grey).unwrap();
    let rgba = dir.path().join("rgba.png");
    image::RgbaImage::from_fn(30, 40, |x, y| image::Rgba([x as u8, y as u8, 90, 128])).save(&rgba).unwrap();
    for (image, optimiser, points) in [(&grey, "adam", 5), (&rgba, "sgd", 3)] {
        let out = dir.path().join(optimiser);
        let (image, folder) = (image.display().to_string(), out.display().to_string());
        let mut args = vec!["fit", "--params", &params, "--image", &image, "--optimiser", optimiser];
        args.extend(["--resolution", "16", "--out", &folder, "--json"]);
        if optimiser == "adam" {
            args.extend(["--steps", "4"]);
        }
        let output = repro(&args);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(summary["psnr_db"].as_f64().unwrap() > 0.0);
        assert_eq!(std::fs::read_to_string(out.join("curve.csv")).unwrap().lines().count(), points + 1);
        assert!(out.join("reconstruction.png").exists());
    }
}

#[test]
fn fit_names_what_is_wrong_with_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let params = network(dir.path());
    let out = dir.path().join("out").display().to_string();
    let jpeg = dir.path().join("cut.jpg");
    let photo = std::fs::read_dir(format!("{ROOT}/data/photos")).unwrap().map(|e| e.unwrap().path());
    let photo = photo.filter(|p| p.extension().is_some_and(|e| e == "jpg")).min().unwrap();
    let bytes = std::fs::read(photo).unwrap();
    std::fs::write(&jpeg, &bytes[..bytes.len() / 2]).unwrap();
    let jpeg = jpeg.display().to_string();
    let cut = repro(&["fit", "--params", &params, "--image", &jpeg, "--out", &out]);
    assert_eq!(code(&cut), 1);
    assert!(stderr(&cut).contains("cut.jpg"), "{}", stderr(&cut));
    let solid = dir.path().join("solid.safetensors");
    let other = inr_core::Siren::new(3, 4, 1, 1, 30.0).init::<f32>(&inr_core::Key::root(1));
    inr_core::file::save(&solid, &other, None, &[]).unwrap();
    let solid = solid.display().to_string();
    let shape = repro(&["fit", "--params", &solid, "--image", &jpeg, "--out", &out]);
    assert_eq!(code(&shape), 1);
    assert!(
        stderr(&shape).contains("solid.safetensors") && stderr(&shape).contains("3→1"),
        "{}",
        stderr(&shape)
    );
    assert!(!Path::new(&out).exists(), "nothing is written for bad input");
}

#[test]
fn what_the_data_sets_cannot_give_is_refused_by_the_plan() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().display().to_string();
    let cases: [(&str, &str, &[&str]); 7] = [
        ("table1", "test.signals=101", &["test.signals = 101", "silhouettes", "has 100"]),
        ("table1", "meta.tasks=1327", &["meta.tasks = 1327", "photos", "has 1326"]),
        ("table1", "signal.resolution=179", &["signal.resolution = 179", "photos", "1 to 178"]),
        ("cross-domain", "test.signals=101", &["test.signals = 101", "silhouettes"]),
        ("superresolution", "superresolution.factors=[12]", &["192", "photos", "1 to 178"]),
        ("accelerated", "accelerate.dense_resolution=200", &["accelerate.dense_resolution = 200", "178"]),
        ("shapenet3d", "signal.resolution=65", &["signal.resolution = 65", "analytic3d", "4 to 64"]),
    ];
    for (name, assignment, words) in cases {
        let args = ["run", name, "--profile", "smoke", "--set", assignment, "--out", &out, "--dry-run"];
        let output = repro(&args);
        assert_eq!(code(&output), 1, "{name} {assignment}");
        assert!(words.iter().all(|word| stderr(&output).contains(word)), "{assignment}: {}", stderr(&output));
    }
    let engine = repro(&["run", "table1", "--dry-run", "--engine", "abacus", "--out", &out]);
    assert!(code(&engine) == 1 && stderr(&engine).contains("abacus"), "{}", stderr(&engine));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is made for what is refused");
    let plan = run_tiny(dir.path(), &["--dry-run", "--json"]);
    let plan: serde_json::Value =
        serde_json::from_slice(&plan.stdout).expect("stdout is JSON and nothing else");
    assert_eq!(plan["cells"].as_array().map(Vec::len), Some(3));
}

#[cfg(unix)]
#[test]
fn paths_that_are_not_utf8_are_worked_in() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let odd = dir.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    std::fs::create_dir(&odd).unwrap();
    let mut run = Command::new(env!("CARGO_BIN_EXE_repro"));
    run.args(tiny(Path::new("out"), &["--only", "dense-narrow", "--data-root"])).arg(&odd).current_dir(&odd);
    let output = run.env("TMPDIR", &odd).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let provenance = std::fs::read_to_string(odd.join("out/table1/provenance.csv")).unwrap();
    assert!(provenance.contains("cargo xtask repro table1"), "{provenance}");
    let mut fit = Command::new(env!("CARGO_BIN_EXE_repro"));
    fit.args([
        "fit",
        "--json",
        "--steps",
        "1",
        "--resolution",
        "8",
        "--params",
        &network(dir.path()),
        "--image",
    ]);
    let photo = std::fs::read_dir(format!("{ROOT}/data/photos")).unwrap().map(|e| e.unwrap().path());
    let photo = photo.filter(|p| p.extension().is_some_and(|e| e == "jpg")).min().unwrap();
    let output = fit.arg(photo).arg("--out").arg(odd.join("fit")).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json["out"].as_str().is_some_and(|out| out.contains("caf\u{fffd}")), "{json}");
}
