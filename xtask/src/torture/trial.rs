//! The tables that are tortured: small ones that have every kind of stage between them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::dice::Dice;

/// Experiments and what makes them small. Between them they have every kind of stage.
const TABLES: &[(&str, &[&str])] = &[
    ("table1", &["--datasets", "silhouettes", "--set", "signal.resolution=8"]),
    ("accelerated", &["--datasets", "silhouettes", "--set", "signal.resolution=8"]),
    ("schedules", &["--datasets", "photos", "--set", "signal.resolution=8"]),
    ("qualitative", &["--datasets", "photos", "--set", "signal.resolution=8"]),
    ("superresolution", &["--datasets", "photos"]),
    ("shapenet3d", &["--datasets", "analytic3d"]),
];
const SMALL: &[&str] =
    &["--profile", "smoke", "--seeds", "1", "--set", "network.width=8", "--set", "test.signals=3"];

/// Files of a run that say when it ran, or how long it took.
const OF_THE_CLOCK: &[&str] = &["manifest.json", "lock", "seconds.csv", "probes.csv", "state.safetensors"];

/// The tables, computed once without trouble.
pub struct Trials {
    root: PathBuf,
    program: PathBuf,
    folder: PathBuf,
    all: Vec<Trial>,
}

/// A table.
pub struct Trial {
    /// Name of the experiment.
    pub name: &'static str,
    args: &'static [&'static str],
    /// The folder it was computed in without trouble.
    pub reference: PathBuf,
    /// How long that took.
    pub time: Duration,
    files: BTreeMap<String, Vec<u8>>,
}

impl Trials {
    /// Computes every table once.
    pub fn new(root: &Path, program: &Path, folder: &Path) -> Result<Self, String> {
        let (root, program, folder) = (root.to_path_buf(), program.to_path_buf(), folder.to_path_buf());
        let mut trials = Self { root, program, folder, all: Vec::new() };
        for (name, args) in TABLES {
            let (began, reference) = (Instant::now(), trials.folder.join(name));
            let mut trial = Trial { name, args, reference, time: Duration::ZERO, files: BTreeMap::new() };
            trials.ends_well(&trial, &trial.reference)?;
            trial.time = began.elapsed();
            trial.files = results(&trial.reference, name)?;
            trials.all.push(trial);
        }
        Ok(trials)
    }

    /// Their names.
    pub fn names(&self) -> String {
        self.all.iter().map(|trial| trial.name).collect::<Vec<_>>().join(", ")
    }

    /// One of them.
    pub fn one(&self, dice: &mut Dice) -> &Trial {
        dice.of(&self.all).expect("there are tables")
    }

    /// Where what belongs to all trials lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// An empty folder.
    pub fn fresh(&self) -> Result<PathBuf, String> {
        let out = self.folder.join("trial");
        if out.exists() {
            fs::remove_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
        }
        fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
        Ok(out)
    }

    /// The command that computes a table in a folder.
    pub fn command(&self, trial: &Trial, out: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["run", trial.name]).args(SMALL).args(trial.args).arg("--out").arg(out);
        command.current_dir(&self.root).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Starts it; what it says goes nowhere, since nobody reads it before it ends.
    pub fn start(&self, trial: &Trial, out: &Path) -> Result<Child, String> {
        let mut command = self.command(trial, out);
        command.stderr(Stdio::null()).spawn().map_err(|error| format!("{}: {error}", self.program.display()))
    }

    /// Computes the table to its end.
    fn ends_well(&self, trial: &Trial, out: &Path) -> Result<(), String> {
        let output = self.command(trial, out).output();
        let output = output.map_err(|error| format!("{}: {error}", self.program.display()))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(format!("{}: {}: {}", trial.name, output.status, last_line(&output.stderr))),
        }
    }

    /// The same command once more: it must end well, with the files of the run that nothing happened to.
    pub fn ends_the_same(&self, trial: &Trial, out: &Path) -> Result<(), String> {
        self.ends_well(trial, out)?;
        let found = results(out, trial.name)?;
        for (name, expected) in &trial.files {
            match found.get(name) {
                None => return Err(format!("{}: {name} is not there", trial.name)),
                Some(contents) if contents != expected => {
                    return Err(format!(
                        "{}: {name} differs{}",
                        trial.name,
                        first_difference(expected, contents)
                    ));
                }
                Some(_) => {}
            }
        }
        match found.keys().find(|name| !trial.files.contains_key(*name) || name.ends_with(".tmp")) {
            Some(name) => Err(format!("{}: {name} was left", trial.name)),
            None => Ok(()),
        }
    }
}

/// The first line of a text that is another one.
fn first_difference(expected: &[u8], found: &[u8]) -> String {
    let (Ok(expected), Ok(found)) = (std::str::from_utf8(expected), std::str::from_utf8(found)) else {
        return String::new();
    };
    let mut lines = expected.lines().zip(found.lines());
    let other = lines.find(|(expected, found)| expected != found);
    other.map_or(String::new(), |(expected, found)| format!(": `{found}` instead of `{expected}`"))
}

/// The last line that a program said.
pub fn last_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing said").to_string()
}

/// All that must be the same: the files of the runs, and the rows without their seconds. A training's state counts
/// without its header, which has seconds: network, mask and moments.
fn results(out: &Path, name: &str) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut found = BTreeMap::new();
    for path in files(&out.join("runs"))? {
        let contents = read(&path)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let place = path.strip_prefix(out).unwrap_or(&path).display().to_string();
        if file == "state.safetensors" {
            found.insert(place, tensors(&contents).to_vec());
        } else if !OF_THE_CLOCK.contains(&file.as_str()) {
            found.insert(place, contents);
        }
    }
    for rows in ["measurements.csv", "signals.csv"] {
        let path = out.join(name).join(rows);
        found.insert(rows.into(), without_seconds(&String::from_utf8_lossy(&read(&path)?)).into_bytes());
    }
    Ok(found)
}

/// A safetensors file behind its header.
fn tensors(contents: &[u8]) -> &[u8] {
    let length = contents.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes) as usize);
    contents.get(length.saturating_add(8)..).unwrap_or_default()
}

/// Rows without the columns that are seconds (`…_s`); no field of these tables has a comma.
fn without_seconds(csv: &str) -> String {
    let header: Vec<&str> = csv.lines().next().unwrap_or_default().split(',').collect();
    let kept = |line: &str| {
        let fields = line.split(',').zip(&header).filter(|(_, column)| !column.ends_with("_s"));
        fields.map(|(field, _)| field).collect::<Vec<_>>().join(",") + "\n"
    };
    csv.lines().map(kept).collect()
}

/// All files below a folder, sorted.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let said = |error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(said)? {
        let path = entry.map_err(said)?.path();
        match path.is_dir() {
            true => found.extend(files(&path)?),
            false => found.push(path),
        }
    }
    found.sort();
    Ok(found)
}

pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Copies a folder with everything below it.
pub fn copy(from: &Path, to: &Path) -> Result<(), String> {
    for path in files(from)? {
        let target = to.join(path.strip_prefix(from).unwrap_or(&path));
        let made = target.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::copy(&path, &target))
            .map_err(|error| format!("{}: {error}", target.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_no_part_of_the_rows() {
        assert_eq!(without_seconds("a,train_s,b\n1,2.5,3\n"), "a,b\n1,3\n");
    }

    #[test]
    fn a_state_is_compared_behind_its_header() {
        assert_eq!(tensors(b"\x02\0\0\0\0\0\0\0{}data"), b"data");
        assert_eq!(tensors(b"\xff\xff\xff\xff\xff\xff\xff\xff"), b"");
    }
}
