//! `bench engine` without a peer: what it writes can be read again, and what it cannot do it says.

use std::process::{Command, Output};

fn bench(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_repro")).args(["bench", "engine"]).args(args).output().unwrap()
}

#[test]
fn json_and_csv_hold_the_same_cases() {
    let dir = tempfile::tempdir().unwrap();
    let csv = dir.path().join("engine.csv");
    let out = csv.display().to_string();
    let output = bench(&["--quick", "--rounds", "1", "--only", "w32|32x32", "--json", "--out", &out]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let measured = json["measured"].as_array().unwrap();
    let cases: Vec<&str> = measured.iter().map(|m| m["case"].as_str().unwrap()).collect();
    assert_eq!(cases, ["maml-w32-64x64-100%", "maml-w64-32x32-4.4%"]);
    for m in measured {
        let [min, median, one] = [&m["ours"]["min_ms"], &m["ours"]["median_ms"], &m["one_thread"]["min_ms"]]
            .map(|v| v.as_f64().unwrap());
        assert!(0.0 < min && min <= median && 0.0 < one, "{m}");
        assert_eq!(m["peers"].as_array().map(Vec::len), Some(0), "{m}");
    }
    let text = std::fs::read_to_string(&csv).unwrap();
    let rows: Vec<&str> = text.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(rows, cases);
}

#[test]
fn what_cannot_be_timed_is_refused() {
    for (args, says) in [
        (vec!["--only", "nothing"], "no such case"),
        (vec!["--rounds", "0"], "--rounds 0"),
        (vec!["--quick", "--network", "/nowhere.safetensors"], "/nowhere.safetensors"),
    ] {
        let output = bench(&args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(says), "{args:?}");
    }
}
