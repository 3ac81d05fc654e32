//! Every rule on every file of the workspace, and the report.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use super::violation::Violation;
use super::{floors, manifest, rust, tracked};

/// A rule that belongs to another part of this program: it has the workspace's folder.
pub type Further = fn(&Path) -> Vec<Violation>;

/// Checks every file of the workspace, by the rules of this folder and by `further`; prints what is wrong.
pub fn run(root: &Path, further: &[Further]) -> ExitCode {
    match check(root, further) {
        Ok((files, violations)) => report(files, &violations),
        Err(advice) => crate::process::failure(&advice),
    }
}

fn report(files: usize, violations: &[Violation]) -> ExitCode {
    for Violation { file, line, rule, sentence, .. } in violations {
        println!("{file}:{line}: {rule}: {sentence}");
    }
    let warnings = violations.iter().filter(|violation| violation.is_warning).count();
    let errors = violations.len() - warnings;
    println!("tidy: {files} files, {errors} violations, {warnings} warnings");
    if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The number of files and every violation in them.
///
/// # Errors
/// If git cannot list the files or one of them cannot be read.
fn check(root: &Path, further: &[Further]) -> Result<(usize, Vec<Violation>), String> {
    let files = files(root)?;
    let mut violations = Vec::new();
    let mut sources = Vec::new();
    for file in &files {
        let bytes = fs::read(root.join(file)).map_err(|error| format!("{file}: {error}"))?;
        violations.extend(check_file(file, &bytes));
        if file.contains("/src/") && file.ends_with(".rs") {
            sources.push((file.as_str(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    let sources: Vec<(&str, &str)> = sources.iter().map(|(file, text)| (*file, text.as_str())).collect();
    violations.extend(floors::check(&sources));
    violations.extend(further.iter().flat_map(|rule| rule(root)));
    Ok((files.len(), violations))
}

/// Every rule that a file of this name has to keep.
fn check_file(file: &str, bytes: &[u8]) -> Vec<Violation> {
    let mut violations = tracked::check(file, bytes);
    let text = String::from_utf8_lossy(bytes);
    if file.ends_with(".rs") {
        violations.extend(rust::check(file, &text));
    }
    if let Some(name) = manifest::crate_of(file) {
        violations.extend(manifest::check(file, name, &text));
    }
    violations
}

/// What git tracks, and what it would: new files are checked before they are added.
fn files(root: &Path) -> Result<Vec<String>, String> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("tidy asks git which files there are: {error}"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).trim().to_string();
        return Err(format!("tidy asks git which files there are; is this a clone? {why}"));
    }
    let names = String::from_utf8_lossy(&output.stdout);
    let mut files: Vec<String> = names.split('\0').map(String::from).collect();
    files.retain(|file| root.join(file).is_file()); // not the deleted ones, not the empty last name
    files.sort();
    files.dedup();
    Ok(files)
}
