//! Jobs side by side: the same rows for any number of them, in one process or in several on one output folder.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use repro::store::{Manifest, Status};

/// An experiment with the networks and signals of Table 1, small enough for seconds.
fn tiny(experiment: &str, out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_repro"));
    command.args(["run", experiment, "--profile", "smoke", "--datasets", "silhouettes", "--out"]).arg(out);
    command.args(["--set", "signal.resolution=8", "--set", "network.width=8", "--set", "test.signals=2"]);
    command.args(more).stderr(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// One chain: a training and what is behind it.
const CHAIN: &[&str] = &["--only", "dense-narrow"];

fn assert_ends_with(code: i32, output: &Output) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
}

fn run(command: &mut Command) {
    assert_ends_with(0, &command.output().unwrap());
}

/// All columns of an experiment's rows but times, as text.
fn rows(out: &Path, experiment: &str) -> Vec<Vec<String>> {
    let of_file = |name: &str| {
        let mut reader = csv::Reader::from_path(out.join(experiment).join(name)).unwrap();
        let is_time: Vec<bool> = reader.headers().unwrap().iter().map(|name| name.ends_with("_s")).collect();
        let without_times = |record: csv::StringRecord| {
            let fields = record.iter().zip(&is_time).filter(|(_, is_time)| !**is_time);
            fields.map(|(field, _)| field.to_string()).collect::<Vec<_>>()
        };
        reader.records().map(|record| without_times(record.unwrap())).collect::<Vec<_>>()
    };
    [of_file("measurements.csv"), of_file("signals.csv")].concat()
}

/// How many sessions worked on each stage.
fn sessions(out: &Path) -> Vec<u64> {
    let manifest = |entry: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(entry.unwrap().path().join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(manifest["status"], "done");
        manifest["sessions"].as_u64().unwrap()
    };
    std::fs::read_dir(out.join("runs")).unwrap().map(manifest).collect()
}

/// The run directory of the first stage of a plan, and its lock, held.
fn hold_first(out: &Path, more: &[&str]) -> (std::path::PathBuf, File) {
    let plan = tiny("table1", out, &[more, &["--dry-run", "--json"]].concat()).output().unwrap();
    let plan: serde_json::Value = serde_json::from_slice(&plan.stdout).unwrap();
    let dir = out.join("runs").join(plan["stages"][0]["id"].as_str().unwrap());
    std::fs::create_dir_all(&dir).unwrap();
    let lock = File::create(dir.join("lock")).unwrap();
    lock.try_lock().unwrap();
    (dir, lock)
}

/// Starts a process and waits until it has begun with its jobs.
fn begun(command: &mut Command) -> (Child, String) {
    let mut child = command.spawn().unwrap();
    let (mut stderr, mut first) = (BufReader::new(child.stderr.take().unwrap()), String::new());
    stderr.read_line(&mut first).unwrap();
    assert!(first.contains("stages, "), "{first}");
    std::thread::spawn(move || stderr.read_to_string(&mut String::new())); // so that the pipe never fills
    (child, first)
}

fn unix_time() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn rows_are_the_same_bits_for_any_number_of_jobs_and_threads() {
    let mut all = Vec::new();
    for (jobs, threads) in [("1", "1"), ("1", "2"), ("2", "2"), ("3", "4")] {
        let dir = tempfile::tempdir().unwrap();
        let output =
            tiny("table1", dir.path(), &["--jobs", jobs]).env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert_ends_with(0, &output);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let words = match jobs {
            "1" => "1 job at a time".to_string(),
            _ => format!("{jobs} jobs at once"),
        };
        assert!(stderr.contains(&words) && stderr.contains("--jobs"), "{stderr}");
        assert_eq!(sessions(dir.path()), [1; 39]);
        all.push(rows(dir.path(), "table1"));
    }
    assert_eq!(all[0].len(), 3 + 3 * 2);
    assert!(all.iter().all(|rows| *rows == all[0]), "{all:?}");
}

#[test]
fn no_jobs_at_all_is_a_wrong_command_line() {
    let dir = tempfile::tempdir().unwrap();
    assert_ends_with(2, &tiny("table1", dir.path(), &["--jobs", "0"]).output().unwrap());
}

#[test]
fn two_processes_on_one_folder_share_the_work() {
    let alone = tempfile::tempdir().unwrap();
    run(&mut tiny("table1", alone.path(), &[]));
    run(&mut tiny("steps", alone.path(), &[]));
    for other in ["table1", "steps", "table1"] {
        let dir = tempfile::tempdir().unwrap();
        let both = ["table1", other].map(|name| tiny(name, dir.path(), &["--jobs", "2"]).spawn().unwrap());
        for child in both {
            assert_ends_with(0, &child.wait_with_output().unwrap());
        }
        let sessions = sessions(dir.path());
        assert!(sessions.iter().all(|&count| count == 1), "no stage was computed twice: {sessions:?}");
        for name in ["table1", other] {
            assert_eq!(rows(dir.path(), name), rows(alone.path(), name), "{name}, beside {other}");
        }
    }
}

#[test]
fn a_stage_whose_process_is_killed_is_taken_over() {
    let (alone, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let longer = [CHAIN, &["--set", "meta.dense_steps=4000"]].concat();
    run(&mut tiny("table1", alone.path(), &longer));
    let mut killed = tiny("table1", dir.path(), &longer).spawn().unwrap();
    let began = Instant::now();
    let has_begun = || {
        let runs = std::fs::read_dir(dir.path().join("runs")).into_iter().flatten();
        runs.flatten().any(|run| run.path().join("manifest.json").exists())
    };
    while !has_begun() && began.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let (heir, _) = begun(&mut tiny("table1", dir.path(), &longer));
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_ends_with(0, &heir.wait_with_output().unwrap());
    assert_eq!(rows(dir.path(), "table1"), rows(alone.path(), "table1"));
}

#[test]
fn a_stage_that_another_process_lets_go_of_is_carried_out() {
    let (alone, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(&mut tiny("table1", alone.path(), CHAIN));
    let (_, lock) = hold_first(dir.path(), CHAIN);
    let (mut waiting, _) = begun(&mut tiny("table1", dir.path(), CHAIN));
    std::thread::sleep(Duration::from_secs(1));
    assert!(waiting.try_wait().unwrap().is_none(), "it waits");
    drop(lock);
    assert_ends_with(0, &waiting.wait_with_output().unwrap());
    assert_eq!(rows(dir.path(), "table1"), rows(alone.path(), "table1"));
    assert!(sessions(dir.path()).iter().all(|&count| count == 1));
}

#[test]
fn the_failure_of_another_process_is_read_with_its_reason_and_tried_again_by_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let (held, lock) = hold_first(dir.path(), CHAIN);
    let (waiting, _) = begun(&mut tiny("table1", dir.path(), CHAIN));
    let id = held.file_name().unwrap().to_string_lossy();
    let mut manifest = Manifest::new(&id, serde_json::json!({}), "", 3);
    (manifest.status, manifest.finished) = (Status::Failed, Some(unix_time() + 1));
    manifest.error = Some("the other one's reason".into());
    std::fs::write(held.join("manifest.json"), manifest.text().unwrap()).unwrap();
    drop(lock);
    assert_ends_with(3, &waiting.wait_with_output().unwrap());
    let failed = rows(dir.path(), "table1");
    assert!(failed.len() == 2 && failed[0].iter().any(|err| err == "the other one's reason"), "{failed:?}");
    while unix_time() <= manifest.finished.unwrap() {
        std::thread::sleep(Duration::from_millis(50)); // until that failure is of the past
    }
    run(&mut tiny("table1", dir.path(), CHAIN));
    assert_eq!(rows(dir.path(), "table1").len(), 1 + 2);
}

#[cfg(unix)]
#[test]
fn a_stop_while_waiting_ends_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (_, lock) = hold_first(dir.path(), CHAIN);
    let (mut waiting, _) = begun(&mut tiny("table1", dir.path(), CHAIN));
    std::thread::sleep(Duration::from_millis(500));
    Command::new("kill").args(["-INT", &waiting.id().to_string()]).status().unwrap();
    let began = Instant::now();
    assert_eq!(waiting.wait().unwrap().code(), Some(130));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    drop(lock);
}
