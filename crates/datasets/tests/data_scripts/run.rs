//! Runs a script as a person would, with a time limit, and with the programs that a case allows.

use std::collections::HashSet;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(120);

/// What a script may find on its PATH.
const PROGRAMS: &[&str] = &[
    "awk",
    "basename",
    "cat",
    "cmp",
    "cp",
    "curl",
    "dd",
    "df",
    "dirname",
    "find",
    "grep",
    "gzip",
    "head",
    "md5",
    "md5sum",
    "mkdir",
    "mv",
    "od",
    "openssl",
    "rm",
    "sed",
    "sh",
    "sha256sum",
    "shasum",
    "sleep",
    "sort",
    "tail",
    "tar",
    "tr",
    "unzip",
    "wc",
    "wget",
];

pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn assert_done(&self, words: &[&str]) {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self.assert_says(words);
    }

    /// Code 1, a last line that says what to do, and these words.
    pub fn assert_refused(&self, words: &[&str]) {
        assert_eq!(self.code, Some(1), "{}\n{}", self.out, self.err);
        let last = self.err.lines().last().unwrap_or_default();
        assert!(
            last.starts_with("  next: ") && last.len() > 15,
            "the last line is no next step: {}",
            self.err
        );
        self.assert_says(words);
    }

    fn assert_says(&self, words: &[&str]) {
        for word in words {
            let said = self.out.contains(word) || self.err.contains(word);
            assert!(said, "not said: {word:?}\n{}\n{}", self.out, self.err);
        }
    }
}

/// A script that runs in a process group of its own; what it says goes into files of `logs`.
pub struct Running {
    pub child: Child,
    logs: tempfile::TempDir,
}

impl Running {
    pub fn end(mut self) -> Ended {
        let began = Instant::now();
        let code = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code();
            }
            if began.elapsed() > LIMIT {
                kill_group(&self.child);
                panic!("the script did not end in {LIMIT:?}");
            }
            thread::sleep(Duration::from_millis(10));
        };
        let log =
            |name| String::from_utf8_lossy(&std::fs::read(self.logs.path().join(name)).unwrap()).into_owned();
        Ended { code, out: log("out"), err: log("err") }
    }
}

pub fn start(script: &str, path: &Path, args: &[&str]) -> Running {
    let logs = tempfile::tempdir().unwrap();
    let log = |name| File::create(logs.path().join(name)).unwrap();
    let child = Command::new("sh")
        .arg(scripts().join(script))
        .args(args)
        .env_clear()
        .env("PATH", path)
        .env("HOME", logs.path()) // no .curlrc
        .stdin(std::process::Stdio::null())
        .stdout(log("out"))
        .stderr(log("err"))
        .process_group(0)
        .spawn()
        .unwrap();
    Running { child, logs }
}

pub fn run(script: &str, path: &Path, args: &[&str]) -> Ended {
    start(script, path, args).end()
}

pub fn kill_group(child: &Child) {
    signal("-9", &format!("-{}", child.id()));
}

pub fn kill_alone(child: &Child) {
    signal("-9", &child.id().to_string());
}

pub fn terminate(child: &Child) {
    signal("-15", &child.id().to_string());
}

fn signal(number: &str, whom: &str) {
    assert!(Command::new("sh").args(["-c", &format!("kill {number} {whom}")]).status().unwrap().success());
}

/// Waits until something holds, for a bounded time.
pub fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < LIMIT, "never came: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data-scripts")
}

/// A folder to be the PATH: links to the programs that are here, without some. `None`, with a printed line, if
/// one of `needed` is not here.
pub fn programs(without: &[&str], needed: &[&str]) -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let mut linked = HashSet::new();
    for program in PROGRAMS.iter().filter(|program| !without.contains(program)) {
        if let Some(found) = on_path(program) {
            std::os::unix::fs::symlink(found, folder.path().join(program)).unwrap();
            linked.insert(*program);
        }
    }
    if !without.contains(&"python3") {
        // the program itself, as `python3` may be a script that looks for it
        let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
        if let Some(found) = asked.ok().filter(|asked| asked.status.success()) {
            let found = String::from_utf8_lossy(&found.stdout).trim().to_string();
            std::os::unix::fs::symlink(found, folder.path().join("python3")).unwrap();
            linked.insert("python3");
        }
    }
    match needed.iter().find(|program| !linked.contains(*program)) {
        Some(missing) => {
            println!("not tested: {missing} is not on this machine");
            None
        }
        None => Some(folder),
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
