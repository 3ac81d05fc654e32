//! `repro data`: what data sets are here, whether every file of one is sound, and what its signals look like.
//!
//! `verify` is made for folders in any state: whatever cannot be used is listed with its reason and what to do,
//! and the rest is checked all the same. A set that is smaller than the published one is a subset, which is said
//! and is no failure.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::Result;
use clap::{Args, Subcommand};
use datasets::{DataError, DataSet, Kind, Official, Split};
use rayon::prelude::*;
use serde::Serialize;

use super::preview::{self, PreviewArgs};
use crate::exit::DONE;
use crate::place::data_roots;
use crate::screen::{self, Progress};

/// `data …`.
#[derive(Subcommand)]
pub enum DataCommand {
    /// Each data set: found or not, counts, fingerprint, licence, the script that gets it.
    List(DataListArgs),
    /// Decodes every file of a data set and lists what is damaged; exit code 1 if anything is.
    Verify(VerifyArgs),
    /// Writes a contact sheet of preprocessed signals.
    Preview(PreviewArgs),
}

/// `data list`.
#[derive(Args)]
pub struct DataListArgs {
    /// Folder that holds the data sets' folders; the shipped sets are found without it.
    #[arg(long, value_name = "DIR")]
    pub data_root: Option<PathBuf>,
    /// Prints JSON.
    #[arg(long)]
    pub json: bool,
}

/// `data verify`.
#[derive(Args)]
pub struct VerifyArgs {
    /// Data set.
    pub name: String,
    /// Folder that holds the data sets' folders; the shipped sets are found without it.
    #[arg(long, value_name = "DIR")]
    pub data_root: Option<PathBuf>,
    /// Prints JSON.
    #[arg(long)]
    pub json: bool,
}

/// Files are damaged or missing.
const DAMAGED: u8 = 1;
/// Digits of a fingerprint that are shown; JSON has all.
const SHOWN_DIGITS: usize = 12;
/// Damaged files that are printed; JSON has all.
const SHOWN_FILES: usize = 50;

/// `repro data …`.
///
/// # Errors
/// If the folder or the name is unknown, or a picture cannot be written.
pub fn run(command: &DataCommand) -> Result<u8> {
    match command {
        DataCommand::List(args) => list(args),
        DataCommand::Verify(args) => verify(args),
        DataCommand::Preview(args) => preview::run(args),
    }
}

/// A line of `data list`.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    title: &'static str,
    /// Where it is; `None`: nowhere.
    place: Option<String>,
    /// Why it cannot be used, if it is there and cannot.
    problem: Option<String>,
    /// Signals for training and for test.
    signals: Option<[usize; 2]>,
    expected: Option<[usize; 2]>,
    fingerprint: Option<String>,
    /// What a person should know: what is left out, and why.
    remarks: Vec<String>,
    licence: &'static str,
    how_to_get: &'static str,
    script: Option<&'static str>,
}

fn list(args: &DataListArgs) -> Result<u8> {
    let roots = data_roots(args.data_root.as_deref())?;
    let rows: Vec<Listed> = datasets::KINDS.iter().map(|kind| listed(kind, &roots)).collect();
    match args.json {
        true => screen::result(&serde_json::to_string_pretty(&rows)?)?,
        false => rows.iter().try_for_each(|row| screen::result(&row.text()))?,
    }
    Ok(DONE)
}

fn listed(kind: &'static Kind, roots: &[std::path::PathBuf]) -> Listed {
    let mut row = Listed {
        name: kind.name,
        title: kind.title,
        place: None,
        problem: None,
        signals: None,
        expected: kind.expected,
        fingerprint: None,
        remarks: Vec::new(),
        licence: kind.licence,
        how_to_get: kind.how_to_get,
        script: kind.script,
    };
    match datasets::open(kind.name, roots) {
        Ok(set) => {
            row.place = Some(set.root().display().to_string());
            row.signals = Some(signals(&set));
            match set.fingerprint() {
                Ok(fingerprint) => row.fingerprint = Some(fingerprint),
                Err(why) => row.problem = Some(why.to_string()),
            }
            row.remarks = set.remarks(); // after the fingerprint, which looks at the pictures' sizes
        }
        Err(DataError::NotFound { .. }) => {}
        Err(why) => row.problem = Some(why.to_string()),
    }
    row
}

fn signals(set: &DataSet) -> [usize; 2] {
    [set.len(Split::Train), set.len(Split::Test)]
}

/// `2,000 train, 200 test: a subset of 162,770 and 19,962`.
fn counts(found: [usize; 2], expected: Option<[usize; 2]>) -> String {
    let [train, test] = found.map(thousands);
    let verdict = match expected {
        None => String::new(),
        Some(expected) if expected == found => ": complete".into(),
        Some([train, test]) if found[0] <= train && found[1] <= test => {
            format!(": a subset; complete are {} and {}", thousands(train), thousands(test))
        }
        Some([train, test]) => {
            format!(": more than the {} and {} expected", thousands(train), thousands(test))
        }
    };
    format!("{train} train, {test} test{verdict}")
}

/// 162770 → 162,770.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|g| str::from_utf8(g).ok()).collect();
    groups.join(",")
}

impl Listed {
    fn text(&self) -> String {
        let state = match (&self.place, &self.problem) {
            (Some(place), None) => format!("found at {place}"),
            (_, Some(problem)) => format!("FOUND, BUT NOT USABLE: {problem}"),
            (None, None) => "not found".into(),
        };
        let mut text = format!("{:<12} {}\n{:13}{state}\n", self.name, self.title, "");
        if let (Some(found), Some(fingerprint)) = (self.signals, &self.fingerprint) {
            let short = &fingerprint[..SHOWN_DIGITS.min(fingerprint.len())];
            let _ = writeln!(text, "{:13}{}; fingerprint {short}", "", counts(found, self.expected));
        }
        for remark in &self.remarks {
            let _ = writeln!(text, "{:13}remark: {remark}", "");
        }
        let _ = writeln!(text, "{:13}licence: {}", "", self.licence);
        if self.place.is_none() && self.problem.is_none() {
            let _ = match self.script {
                Some(script) => writeln!(text, "{:13}get it: {script}", ""),
                None => writeln!(text, "{:13}get it: {}", "", self.how_to_get),
            };
        }
        text
    }
}

/// What `data verify` found.
#[derive(Serialize)]
struct Verified {
    name: &'static str,
    place: String,
    /// Files that were read and decoded.
    files: usize,
    /// What is wrong, each with the file and the remedy.
    damaged: Vec<String>,
    /// What a run with this set says before it begins: what is left out, and why.
    set_remarks: Vec<String>,
    /// What a person should know of files, the number of files it is true of, and the first of them.
    remarks: BTreeMap<String, (usize, String)>,
    signals: Option<[usize; 2]>,
    expected: Option<[usize; 2]>,
    /// Official files that were found, and whether they have the MD5 that is published.
    official: BTreeMap<&'static str, bool>,
    /// Only where nothing is damaged.
    fingerprint: Option<String>,
    wall_s: f64,
}

fn verify(args: &VerifyArgs) -> Result<u8> {
    let began = Instant::now();
    let kind = datasets::kind(&args.name)?;
    let survey = datasets::survey(&args.name, &data_roots(args.data_root.as_deref())?)?;
    let mut verified = Verified {
        name: kind.name,
        place: survey.set.as_ref().map_or_else(String::new, |set| set.root().display().to_string()),
        files: 0,
        damaged: survey.trouble.iter().map(ToString::to_string).collect(),
        set_remarks: survey.set.as_ref().map_or_else(Vec::new, datasets::DataSet::remarks),
        remarks: BTreeMap::new(),
        signals: None,
        expected: kind.expected,
        official: BTreeMap::new(),
        fingerprint: None,
        wall_s: 0.0,
    };
    if let Some(set) = &survey.set {
        check_set(set, &mut verified)?;
    }
    verified.wall_s = began.elapsed().as_secs_f64();
    match args.json {
        true => screen::result(&serde_json::to_string_pretty(&verified)?)?,
        false => screen::result(&verified.text())?,
    }
    Ok(if verified.damaged.is_empty() { DONE } else { DAMAGED })
}

/// Reads and decodes every file, in parallel, one picture a thread in memory.
fn check_set(set: &DataSet, verified: &mut Verified) -> Result<()> {
    let progress = Progress::new(1.0);
    let bar = progress.begin(&format!("verify {}", set.kind().name), 1.0);
    let (done, all) = (AtomicU64::new(0), set.files() as u64);
    let checked: Vec<Result<Option<String>, DataError>> = (0..set.files())
        .into_par_iter()
        .map(|index| {
            let result = set.check_file(index);
            bar.step(done.fetch_add(1, Ordering::Relaxed) + 1, all, None);
            result
        })
        .collect();
    drop(bar);
    progress.clear();
    verified.files = checked.len();
    verified.signals = Some(signals(set));
    let met: HashSet<String> = verified.damaged.iter().cloned().collect(); // on opening
    for (index, result) in checked.into_iter().enumerate() {
        match result {
            Err(why) if met.contains(&why.to_string()) => {}
            Err(why) => verified.damaged.push(why.to_string()),
            Ok(None) => {}
            Ok(Some(remark)) => {
                let first = || (0, set.file(index).to_string());
                verified.remarks.entry(remark).or_insert_with(first).0 += 1;
            }
        }
    }
    let complete = verified.signals == verified.expected;
    for Official { file, same } in datasets::official_files(set)? {
        verified.official.insert(file, same);
        if complete && !same {
            let path = set.root().join(file).display().to_string();
            verified
                .damaged
                .push(format!("{path}: its MD5 is not the one that is published. {}", set.kind().how_to_get));
        }
    }
    if verified.damaged.is_empty() {
        verified.fingerprint = Some(set.fingerprint()?);
    }
    Ok(())
}

impl Verified {
    fn text(&self) -> String {
        let mut text = String::new();
        for problem in self.damaged.iter().take(SHOWN_FILES) {
            let _ = writeln!(text, "damaged: {problem}");
        }
        if self.damaged.len() > SHOWN_FILES {
            let more = self.damaged.len() - SHOWN_FILES;
            let _ = writeln!(text, "… and {} more: --json lists all", thousands(more));
        }
        for remark in &self.set_remarks {
            let _ = writeln!(text, "remark: {remark}");
        }
        for (remark, (count, first)) in &self.remarks {
            let _ =
                writeln!(text, "remark: {} of the files {remark} (the first: {first})", thousands(*count));
        }
        for (file, same) in &self.official {
            let verdict =
                if *same { "the official one (MD5)" } else { "not the official one, as in a subset" };
            let _ = writeln!(text, "{file}: {verdict}");
        }
        let found = self.signals.map_or("nothing can be used".into(), |found| counts(found, self.expected));
        let _ = writeln!(text, "{} at {}: {found}", self.name, self.place);
        let verdict = match self.damaged.len() {
            0 => "no damage".to_string(),
            count => format!("{} DAMAGED or missing", thousands(count)),
        };
        let _ = writeln!(text, "{} files checked in {:.1} s: {verdict}", thousands(self.files), self.wall_s);
        if let Some(fingerprint) = &self.fingerprint {
            let _ = writeln!(text, "fingerprint {fingerprint}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_say_what_they_are_a_part_of() {
        assert_eq!(
            [0, 999, 1000, 162_770, 1_234_567].map(thousands).join(" "),
            "0 999 1,000 162,770 1,234,567"
        );
        assert_eq!(counts([2, 1], None), "2 train, 1 test");
        assert_eq!(counts([2, 1], Some([2, 1])), "2 train, 1 test: complete");
        assert!(counts([2000, 1], Some([162_770, 19_962])).contains("2,000 train, 1 test: a subset"));
        assert!(counts([3, 1], Some([2, 1])).contains("more than"));
    }
}
