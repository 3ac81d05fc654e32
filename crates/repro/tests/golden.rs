//! The authors' trajectories, where they are at hand: exact in f64, within rounding in f32; and a
//! trajectory that was tampered with is not accepted.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of shared trajectories, if this machine has it.
fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("SPARSE_INR_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    named.or(Some(beside)).map(|dir| dir.join("golden")).filter(|dir| dir.is_dir())
}

fn golden(dir: &Path, more: &[&str]) -> (Option<i32>, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_repro")).arg("golden").arg(dir).args(more).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).to_string() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text)
}

#[test]
fn small_trajectories_are_met_in_both_precisions() {
    let Some(shared) = shared() else {
        println!("skipped: no golden trajectories here (SPARSE_INR_SHARED names their folder's parent)");
        return;
    };
    for precision in ["f64", "f32"] {
        let (code, text) = golden(&shared.join("small_f64"), &["--precision", precision]);
        assert_eq!(code, Some(0), "{text}");
        // Start, any step and end, from both networks.
        assert_eq!(text.lines().filter(|line| line.starts_with("PSNR")).count(), 6, "{text}");
    }
}

#[test]
fn a_trajectory_with_another_rate_is_not_met() {
    let Some(shared) = shared() else {
        println!("skipped: no golden trajectories here (SPARSE_INR_SHARED names their folder's parent)");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(shared.join("small_f64")).unwrap().map(|e| e.unwrap()) {
        std::fs::copy(entry.path(), dir.path().join(entry.file_name())).unwrap();
    }
    let log = std::fs::read_to_string(dir.path().join("log.json")).unwrap();
    let changed = log.replacen("\"alpha\": 0.01", "\"alpha\": 0.010001", 1);
    assert_ne!(log, changed);
    std::fs::remove_file(dir.path().join("log.json")).unwrap();
    std::fs::write(dir.path().join("log.json"), changed).unwrap();
    let (code, text) = golden(dir.path(), &[]);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("EXCEEDED"), "{text}");
}

#[test]
fn a_folder_without_a_log_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (code, text) = golden(dir.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(text.contains("log.json"), "{text}");
}
