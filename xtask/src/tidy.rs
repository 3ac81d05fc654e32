//! Checks the invariants that ARCHITECTURE.md writes down, so that they stay true.
//!
//! Rules are functions from text to violations: on a crate's manifest (`manifest`), on a Rust source split
//! into code and comments (`rust`, `lexer`), on every tracked file (`tracked`), and README.md and RESULTS.md
//! against the records it shows (`crate::record`). No rule can be switched off in a
//! source; a rule that is wrong is changed here.

mod lexer;
mod manifest;
mod rust;
pub mod tracked;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

/// One place where a rule does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// Path from the workspace's folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Name of the rule.
    pub rule: &'static str,
    /// What is wrong, in one sentence.
    pub sentence: String,
}

impl Violation {
    fn new(file: &str, line: usize, rule: &'static str, sentence: impl Into<String>) -> Self {
        Violation { file: file.into(), line, rule, sentence: sentence.into() }
    }

    /// Said, but no reason to fail.
    fn is_warning(&self) -> bool {
        self.rule == rust::LONG_FILE
    }
}

/// Checks every file of the workspace and prints what is wrong.
pub fn run(root: &Path) -> ExitCode {
    match check(root) {
        Ok((files, violations)) => report(files, &violations),
        Err(advice) => crate::process::failure(&advice),
    }
}

fn report(files: usize, violations: &[Violation]) -> ExitCode {
    for Violation { file, line, rule, sentence } in violations {
        println!("{file}:{line}: {rule}: {sentence}");
    }
    let warnings = violations.iter().filter(|violation| violation.is_warning()).count();
    let errors = violations.len() - warnings;
    println!("tidy: {files} files, {errors} violations, {warnings} warnings");
    if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The number of files and every violation in them.
///
/// # Errors
/// If git cannot list the files or one of them cannot be read.
fn check(root: &Path) -> Result<(usize, Vec<Violation>), String> {
    let files = files(root)?;
    let mut violations = Vec::new();
    for file in &files {
        let bytes = fs::read(root.join(file)).map_err(|error| format!("{file}: {error}"))?;
        violations.extend(check_file(file, &bytes));
    }
    violations.extend(crate::record::stale(root));
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
