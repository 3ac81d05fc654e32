//! On this machine: archives at hand, missing programs, folders that cannot be written to, full disks.

use crate::archives::{imagenette, noise, sha256, tar, tree, write};
use crate::run::{Ended, programs, run};
use crate::server::{Answer, Server};
use std::path::{Path, PathBuf};
use std::process::Command;

fn place(from: &Path, sum: &str, path: &Path, data: &Path) -> Ended {
    let (from, data) = (from.to_str().unwrap(), data.to_str().unwrap());
    run("imagenette.sh", path, &["--from", from, "--sha256", sum, data])
}

/// The archive in a file, all programs, an empty data folder.
fn at_hand(archive: &[u8]) -> Option<(tempfile::TempDir, PathBuf, PathBuf, tempfile::TempDir)> {
    let path = programs(&[], &["tar", "gzip"])?;
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "given/some archive.tgz", archive);
    let data = folder.path().join("data");
    Some((folder, file, data, path))
}

#[test]
fn an_archive_at_hand_is_unpacked_and_left_as_it_is() {
    let archive = imagenette();
    let Some((_folder, file, data, path)) = at_hand(&archive) else { return };
    place(&file, &sha256(&archive), path.path(), &data).assert_done(&["4 train, 4 val"]);
    assert_eq!(std::fs::read(&file).unwrap(), archive);
    assert_eq!(tree(&data).len(), 8);
    place(&file, &sha256(&archive), path.path(), &data).assert_done(&["nothing to do"]);
    std::fs::remove_file(data.join("imagenette2/val/n01440764/a.JPEG")).unwrap();
    place(&file, &sha256(&archive), path.path(), &data)
        .assert_refused(&["not complete: 4 and 3 pictures of 4 4", "move it away (mv "]);
}

#[test]
fn a_kept_archive_is_used_by_the_next_run() {
    let archive = imagenette();
    let Some((_folder, _, data, path)) = at_hand(&archive) else { return };
    if programs(&["wget"], &["curl"]).is_none() {
        return;
    }
    let server = Server::start(Answer::file(&archive));
    let (url, sum, root) = (server.url("imagenette2.tgz"), sha256(&archive), data.to_str().unwrap());
    let args = ["--url", &url, "--sha256", &sum, "--keep", root];
    run("imagenette.sh", path.path(), &args).assert_done(&["is in place"]);
    assert_eq!(std::fs::read(data.join("imagenette2.tgz")).unwrap(), archive);
    std::fs::remove_dir_all(data.join("imagenette2")).unwrap();
    run("imagenette.sh", path.path(), &args).assert_done(&["not downloaded again", "is in place"]);
    assert_eq!(server.asked(), [None]);
}

#[test]
fn files_that_are_not_the_archive_are_refused() {
    let archive = imagenette();
    let Some((folder, file, data, path)) = at_hand(&archive) else { return };
    let sum = sha256(&archive);
    let wrong = |name: &str, content: &[u8], words: &[&str]| {
        let file = write(folder.path(), name, content);
        place(&file, &sum, path.path(), &data).assert_refused(words);
        assert!(file.is_file() && tree(&data).is_empty());
    };
    wrong("page.tgz", b"<html>quota</html>", &["is a web page, not an archive"]);
    wrong("empty.tgz", b"", &["is empty"]);
    wrong("picture.tgz", b"\xff\xd8\xff\xe0", &["is no gzip archive (first bytes ffd8ffe0)"]);
    wrong("short.tgz", &archive[..archive.len() - 9], &["another sha256", &sum]);
    place(&folder.path().join("nowhere.tgz"), &sum, path.path(), &data).assert_refused(&["there is no file"]);
    let (file, root) = (file.to_str().unwrap(), data.to_str().unwrap());
    run("imagenette.sh", path.path(), &["--from", file, root])
        .assert_refused(&["neither imagenette2.tgz nor imagenette2-320.tgz as published"]);
}

#[test]
fn a_damaged_archive_of_the_right_checksum_places_nothing() {
    let mut archive = imagenette();
    let middle = archive.len() / 2;
    archive[middle..middle + 40].fill(0x55);
    let Some((_folder, file, data, path)) = at_hand(&archive) else { return };
    place(&file, &sha256(&archive), path.path(), &data)
        .assert_refused(&["cannot be unpacked", "get the archive again"]);
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0);
}

#[test]
fn an_archive_of_something_else_places_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "imagenette2/train/n01440764/a.JPEG", b"no val");
    let archive = tar(folder.path(), "imagenette2");
    let Some((_folder, file, data, path)) = at_hand(&archive) else { return };
    place(&file, &sha256(&archive), path.path(), &data)
        .assert_refused(&["has no imagenette2/train and imagenette2/val with pictures"]);
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0);
}

#[test]
fn missing_programs_are_named() {
    let archive = imagenette();
    let cases: [(&[&str], &str); 4] = [
        (&["curl", "wget"], "neither curl nor wget is there"),
        (&["tar"], "the program tar is missing"),
        (&["gzip"], "the program gzip is missing"),
        (&["sha256sum", "shasum", "openssl"], "none of sha256sum, shasum, openssl is there"),
    ];
    for (without, words) in cases {
        let Some(path) = programs(without, &[]) else { return };
        let data = tempfile::tempdir().unwrap();
        let args =
            ["--url", "http://127.0.0.1:9/x", "--sha256", &sha256(&archive), data.path().to_str().unwrap()];
        run("imagenette.sh", path.path(), &args).assert_refused(&[words, "install"]);
    }
    let Some(path) = programs(&["unzip", "python3"], &[]) else { return };
    let data = tempfile::tempdir().unwrap();
    for script in ["celeba.sh", "learnit-sdf.sh"] {
        let args = ["--url", "http://127.0.0.1:9/x", data.path().to_str().unwrap()];
        run(script, path.path(), &args).assert_refused(&["unzip is missing", "install the package unzip"]);
    }
}

#[test]
fn folders_that_cannot_be_written_to_are_named() {
    let archive = imagenette();
    let Some((folder, file, _, path)) = at_hand(&archive) else { return };
    let sum = sha256(&archive);
    place(&file, &sum, path.path(), &file.join("data"))
        .assert_refused(&["cannot be made", "name another DIR"]);
    place(&file, &sum, path.path(), &file).assert_refused(&["cannot be made", "name another DIR"]);
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    if let Some(_mounted) = Mounted::tmpfs(&closed, "ro,size=64k") {
        place(&file, &sum, path.path(), &closed).assert_refused(&["cannot be written to"]);
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(closed.join("probe"), "").is_ok() {
        println!("not tested: root may write everywhere, and nothing can be mounted");
        return;
    }
    place(&file, &sum, path.path(), &closed).assert_refused(&["cannot be written to"]);
}

#[test]
fn a_full_disk_is_said_and_the_next_run_goes_on() {
    let Some(path) = programs(&["wget"], &["curl", "tar", "gzip"]) else { return };
    // 3 MiB that do not compress, in 12 pictures
    let folder = tempfile::tempdir().unwrap();
    for (part, seeds) in [("train", 0..6), ("val", 6..12)] {
        for seed in seeds {
            let name = format!("imagenette2/{part}/n01440764/{seed}.JPEG");
            write(folder.path(), &name, &noise(1 << 18, seed));
        }
    }
    let archive = tar(folder.path(), "imagenette2");
    let server = Server::start(Answer::file(&archive));
    let (url, sum) = (server.url("imagenette2.tgz"), sha256(&archive));
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let root = data.to_str().unwrap();
    let args = ["--url", &url, "--sha256", &sum, "--pause", "0", root];
    for (size, words) in [("size=2m", "cannot be written"), ("size=5m", "no room left in")] {
        let Some(mounted) = Mounted::tmpfs(&data, size) else {
            println!("not tested: no small disk can be mounted here (that needs root, on Linux)");
            return;
        };
        run("imagenette.sh", path.path(), &args).assert_refused(&[words, "the disk is full: make room"]);
        assert!(!data.join("imagenette2").exists());
        assert!(Command::new("mount").args(["-o", "remount,size=16m", root]).status().unwrap().success());
        run("imagenette.sh", path.path(), &args).assert_done(&["6 train, 6 val"]);
        assert_eq!(tree(&data).len(), 12);
        drop(mounted);
    }
    // the published archive: said before anything is fetched
    let Some(_mounted) = Mounted::tmpfs(&data, "size=2m") else { return };
    let before = server.asked().len();
    run("imagenette.sh", path.path(), &["--url", &url, root]).assert_refused(&[
        "MiB are free",
        "MiB are needed",
        "make room",
    ]);
    assert_eq!(server.asked().len(), before);
}

/// A small disk in memory, gone when dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn tmpfs(at: &Path, options: &str) -> Option<Self> {
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).output();
        mount.ok()?.status.success().then(|| Mounted(at.to_path_buf()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
