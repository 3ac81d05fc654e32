//! A disk that is full: the error names the file and the remedy, the exit code is 1, what has its final name is whole, and
//! the same command goes on once there is room.
//!
//! The disk is a tmpfs of a few pages. Only root may mount one, and on Linux only: elsewhere the tests say so and pass.

#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BIN: &str = env!("CARGO_BIN_EXE_repro");

/// A file system of some kB, unmounted when it goes.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn mount(kb: usize) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={kb}k");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path());
        match mount.output() {
            Ok(output) if output.status.success() => Some(Self { folder }),
            _ => {
                eprintln!("skipped: no tmpfs can be mounted here (root only)");
                None
            }
        }
    }

    fn grow(&self, kb: usize) {
        let size = format!("remount,size={kb}k");
        let status = Command::new("mount").args(["-o", &size]).arg(self.path()).status().unwrap();
        assert!(status.success());
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        Command::new("umount").args(["--lazy"]).arg(self.path()).status().ok();
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found
}

/// Everything under its final name can be read to its end; returns the number of files.
fn assert_whole(folder: &Path) -> usize {
    let all = files(folder);
    for file in &all {
        let bytes = std::fs::read(file).unwrap();
        let text = || String::from_utf8(bytes.clone()).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().to_string();
        let whole = match file.extension().and_then(|e| e.to_str()) {
            Some("json") => serde_json::from_slice::<serde_json::Value>(&bytes).is_ok(),
            Some("safetensors") => inr_core::file::TensorFile::read(file).is_ok(),
            Some("png") => image::load_from_memory(&bytes).is_ok(),
            Some("csv") => bytes.is_empty() || text().ends_with('\n'),
            Some("html") => text().trim_end().ends_with("</html>"),
            Some("toml") => text().parse::<toml::Table>().is_ok(),
            Some("signal") => bytes.len() > 8 * 8 * 3,
            Some("svg") => text().trim_end().ends_with("</svg>"),
            _ => name == "lock" || ["txt", "md", "tex"].iter().any(|kind| name == format!("table.{kind}")),
        };
        assert!(whole, "{} of {} bytes", file.display(), bytes.len());
    }
    all.len()
}

fn assert_says_what_to_do(output: &Output, folder: &Path) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let error = stderr.lines().find(|line| line.starts_with("error:")).unwrap_or_default();
    assert!(error.contains(&*folder.to_string_lossy()) && error.contains("No space left"), "{stderr}");
    assert!(stderr.contains("make room") && stderr.contains("same command"), "{stderr}");
}

fn table(out: &Path, jobs: &str) -> Output {
    let mut command = Command::new(BIN);
    command.args(["run", "table1", "--profile", "smoke", "--datasets", "silhouettes", "--out"]).arg(out);
    command.args([
        "--jobs",
        jobs,
        "--set",
        "signal.resolution=8",
        "--set",
        "network.width=8",
        "--set",
        "test.signals=2",
    ]);
    command.output().unwrap()
}

fn psnr(out: &Path) -> Vec<Option<f64>> {
    let rows: Vec<repro::rows::Row> = repro::rows::read_rows(&out.join("table1/measurements.csv")).unwrap();
    rows.into_iter().map(|row| row.values[repro::words::quantities::Quantity::Psnr]).collect()
}

#[test]
fn a_table_stops_at_a_full_disk_and_goes_on_when_there_is_room() {
    let mut kb = 16;
    let Some(disk) = Disk::mount(kb) else { return };
    let (mut stops, mut kept) = (0, 0);
    let last = loop {
        let output = table(disk.path(), "2");
        let whole = assert_whole(disk.path());
        assert!(whole >= kept, "{whole} files, {kept} before");
        if output.status.success() {
            break output;
        }
        assert_says_what_to_do(&output, disk.path());
        (stops, kept, kb) = (stops + 1, whole, kb + kb / 2);
        assert!(kb < 64 << 10, "a table of some kB does not fit into {kb}");
        disk.grow(kb);
    };
    assert!(stops > 3, "full {stops} times only");
    assert!(String::from_utf8_lossy(&last.stderr).contains("table1"), "{last:?}");
    let roomy = tempfile::tempdir().unwrap();
    assert!(table(roomy.path(), "1").status.success());
    assert_eq!(psnr(disk.path()), psnr(roomy.path()), "to the bit");
}

#[test]
fn a_fit_leaves_nothing_half_written() {
    let Some(disk) = Disk::mount(8) else { return };
    let inputs = tempfile::tempdir().unwrap();
    let (params, picture) = (inputs.path().join("net.safetensors"), inputs.path().join("picture.png"));
    let network = inr_core::Siren::new(2, 16, 4, 3, 30.0).init::<f32>(&inr_core::Key::root(1));
    inr_core::file::save(&params, &network, None, &[]).unwrap();
    image::RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8, y as u8, 90])).save(&picture).unwrap();
    let out = disk.path().join("fit");
    let fit = || {
        let mut command = Command::new(BIN);
        command.args(["fit", "--steps", "2", "--resolution", "24", "--params"]).arg(&params);
        command.arg("--image").arg(&picture).arg("--out").arg(&out).output().unwrap()
    };
    assert_says_what_to_do(&fit(), disk.path());
    assert_whole(disk.path());
    disk.grow(1024);
    let output = fit();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(assert_whole(disk.path()), 4);
}

#[test]
fn a_result_that_stdout_cannot_take_is_an_error() {
    // /dev/full refuses every write as a full disk does.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(BIN).arg("list").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("stdout"), "{output:?}");
}
