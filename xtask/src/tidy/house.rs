//! Holds a crate to its rows, which say who may use whom (`floors` has the tables, `modules` finds the uses).
//!
//! Refused are a use of a folder that is not in the row, a folder without a row, a row or an allowance that is
//! not needed, a circle of files anywhere, and an exception that breaks no rule. Within a folder a file uses
//! what it likes. Tests are free, as development dependencies are; but they do not import the command line
//! either, which is for the program's first file alone.

use std::collections::{BTreeMap, BTreeSet};

use super::circles::{Circle, circles};
use super::modules::{Modules, Use};
use super::violation::Violation;

/// A folder or file of `src`, and those it may use.
pub type Row = (&'static str, &'static [&'static str]);

/// A crate.
pub struct House {
    /// From the workspace's folder.
    pub folder: &'static str,
    /// The ground first.
    pub rows: &'static [Row],
    /// The folder that only the program's first file imports, in tests too.
    pub command_line: Option<&'static str>,
}

/// Where a violation of a table itself stands.
const TABLE: &str = "xtask/src/tidy/floors.rs";
/// The row of the program's first file.
const FIRST: &str = "main";

/// Every violation in the sources (file, text) of the workspace.
pub fn check_all(
    houses: &[House],
    to_come: &[&str],
    exceptions: &[(&str, &str)],
    sources: &[(&str, &str)],
) -> Vec<Violation> {
    let mut violations = crates_against(houses, to_come, sources);
    let mut needed = BTreeSet::new();
    for house in houses {
        let modules = Modules::of(house.folder, sources);
        let uses = modules.uses();
        violations.extend(house.folders_against_rows(&modules, &uses));
        violations.extend(house.allowances_against(&uses));
        let (excepted, sound): (Vec<&Use>, Vec<&Use>) =
            uses.iter().partition(|one| exceptions.contains(&(&*one.from, &*one.to)));
        violations.extend(sound.iter().filter_map(|one| house.complaint(one)));
        violations.extend(circles(&sound).iter().map(of_circle));
        let all = circles(&uses.iter().collect::<Vec<_>>());
        let breaks =
            |one: &&Use| house.complaint(one).is_some() || all.iter().any(|circle| circle.holds(one));
        needed.extend(excepted.into_iter().filter(breaks).map(|one| (one.from.clone(), one.to.clone())));
    }
    violations.extend(not_needed(exceptions, &needed));
    violations
}

/// Every crate is in one of the lists, and every entry of them is a crate.
fn crates_against(houses: &[House], to_come: &[&str], sources: &[(&str, &str)]) -> Vec<Violation> {
    let known: Vec<&str> = houses.iter().map(|house| house.folder).chain(to_come.iter().copied()).collect();
    let folders: BTreeSet<&str> =
        sources.iter().filter_map(|(file, _)| Some(file.split_once("/src/")?.0)).collect();
    let unplaced = folders
        .iter()
        .filter(|folder| !known.contains(folder))
        .map(|folder| of_table(format!("no rows for `{folder}`; say which of its folders may use which")));
    let gone = known.iter().filter(|folder| !folders.contains(*folder));
    let twice = known.iter().enumerate().filter(|(at, folder)| known[..*at].contains(folder));
    let gone = gone.map(|folder| of_table(format!("`{folder}` is no crate; take it out")));
    let twice = twice.map(|(_, folder)| of_table(format!("`{folder}` is listed twice; take one out")));
    unplaced.chain(gone).chain(twice).collect()
}

/// Exceptions that break nothing any more.
fn not_needed(exceptions: &[(&str, &str)], needed: &BTreeSet<(String, String)>) -> Vec<Violation> {
    let is_needed = |(from, to): &(&str, &str)| needed.contains(&(from.to_string(), to.to_string()));
    let sentence = |(from, to)| format!("the exception {from} → {to} breaks no rule; take it out");
    exceptions.iter().filter(|one| !is_needed(one)).map(|one| of_table(sentence(*one))).collect()
}

fn of_table(sentence: String) -> Violation {
    Violation::new(TABLE, 1, "floors", sentence)
}

/// Names the files of a circle, and a shortest way round.
fn of_circle(circle: &Circle) -> Violation {
    let first = circle.round[0];
    let mut round = format!("{}:{}", first.from, first.line);
    for one in &circle.round {
        round += &format!(" → {}", one.to);
    }
    let all: Vec<&str> = circle.files.iter().copied().collect();
    let sentence = match all.len() == circle.round.len() {
        true => format!("{round}; move what they share to a file below them"),
        false => format!(
            "a circle of {} files: {round}; all of them: {}; move what they share to files below them",
            all.len(),
            all.join(", ")
        ),
    };
    Violation::new(&first.from, first.line, "circle", sentence)
}

impl House {
    /// The row that a file belongs to: its folder in `src`, or itself.
    fn row_of<'a>(&self, file: &'a str) -> &'a str {
        let below = &file[self.folder.len() + "/src/".len()..];
        below.split_once('/').map_or(below.trim_end_matches(".rs"), |(folder, _)| folder)
    }

    fn has_row(&self, folder: &str) -> bool {
        self.rows.iter().any(|(name, _)| *name == folder)
    }

    fn may_use(&self, row: &str) -> &[&str] {
        self.rows.iter().find(|(name, _)| *name == row).map_or(&[], |(_, may_use)| may_use)
    }

    /// Folders without a row, and rows without a folder.
    fn folders_against_rows(&self, modules: &Modules, uses: &[Use]) -> Vec<Violation> {
        let files: BTreeMap<&str, &str> = modules.files().map(|file| (self.row_of(file), file)).collect();
        let unplaced = files.iter().filter(|(folder, _)| !self.has_row(folder)).map(|(folder, file)| {
            let used = self.used(uses).into_iter().filter(|(from, _)| from == folder);
            let used = used.map(|(_, to)| format!("`{to}`")).collect::<Vec<_>>().join(", ");
            let sentence =
                format!("`{folder}` has no row in {TABLE}; say there what it may use (it uses {used})");
            Violation::new(file, 1, "floors", sentence.replace("uses )", "uses nothing)"))
        });
        let gone = self
            .rows
            .iter()
            .filter(|(name, _)| !files.contains_key(name))
            .map(|(name, _)| of_table(format!("{}/src has no `{name}`; take its row out", self.folder)));
        unplaced.chain(gone).collect()
    }

    /// The pairs of rows of which the program, tests apart, needs one for the other.
    fn used<'a>(&self, uses: &'a [Use]) -> BTreeSet<(&'a str, &'a str)> {
        let rows =
            uses.iter().filter(|one| !one.in_test).map(|one| (self.row_of(&one.from), self.row_of(&one.to)));
        rows.filter(|(row, other)| row != other).collect()
    }

    /// Rows that are there twice, allowances of what does not stand above, and those that nobody uses.
    fn allowances_against(&self, uses: &[Use]) -> Vec<Violation> {
        let used = self.used(uses);
        let mut violations = Vec::new();
        for (at, (row, may_use)) in self.rows.iter().enumerate() {
            let above = |other: &str| self.rows[..at].iter().any(|(name, _)| *name == other);
            let mut say = |sentence: String| {
                violations.push(of_table(format!("{}: row `{row}`: {sentence}", self.folder)))
            };
            if above(row) {
                say("it is there twice; take one out".into());
            }
            for other in *may_use {
                match () {
                    () if !above(other) => {
                        say(format!("`{other}` does not stand above it; a folder uses floors below its own"))
                    }
                    () if !used.contains(&(row, other)) => {
                        say(format!("nothing in it uses `{other}`; take that out"))
                    }
                    () => {}
                }
            }
        }
        violations
    }

    /// What is wrong with a use of one file by another.
    fn complaint(&self, one: &Use) -> Option<Violation> {
        let (row, other) = (self.row_of(&one.from), self.row_of(&one.to));
        let is_command_line = self.command_line == Some(other) && row != FIRST;
        let sentence = match () {
            () if row == other => return None,
            () if is_command_line => format!(
                "only {FIRST}.rs imports the command line, and this is {}; move what is needed below it",
                one.to
            ),
            () if one.in_test || !self.has_row(row) || self.may_use(row).contains(&other) => return None,
            () => format!(
                "`{row}` may not use `{other}` ({}); move what is needed below both, or hand it in",
                one.to
            ),
        };
        Some(Violation::new(&one.from, one.line, "floors", sentence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSE: House = House {
        folder: "crates/x",
        rows: &[("disk", &[]), ("store", &["disk"]), ("command", &["disk", "store"]), ("main", &["command"])],
        command_line: Some("command"),
    };

    /// A house in order: files and texts.
    const SOUND: &[(&str, &str)] = &[
        ("lib", "pub mod command;\npub mod disk;\npub mod store;"),
        ("main", "use x::command::run;"),
        ("disk", "pub fn write() {}"),
        ("store/mod", "mod run;\nmod manifest;\npub use run::Run;"),
        ("store/run", "use super::manifest::Manifest;\npub struct Run;"),
        ("store/manifest", "use crate::disk::write;"),
        ("command/mod", "mod all;\npub use all::run;"),
        ("command/all", "use crate::disk::write;\nuse crate::store::Run;"),
    ];

    /// What is said of the house with these files instead of, or beside, those of the same names.
    fn said_by(house: House, exceptions: &[(&str, &str)], planted: &[(&str, &str)]) -> Vec<String> {
        let mut sources = BTreeMap::from_iter(SOUND.iter().copied());
        sources.extend(planted.iter().copied());
        let sources: Vec<(String, &str)> =
            sources.into_iter().map(|(file, text)| (format!("crates/x/src/{file}.rs"), text)).collect();
        let sources: Vec<(&str, &str)> = sources.iter().map(|(file, text)| (&**file, *text)).collect();
        let say = |found: Violation| format!("{}:{}: {}", found.file, found.line, found.sentence);
        check_all(&[house], &[], exceptions, &sources).into_iter().map(say).collect()
    }

    fn said(planted: &[(&str, &str)]) -> Vec<String> {
        said_by(HOUSE, &[], planted)
    }

    /// One sentence is said, and it has these words.
    fn one(said: Vec<String>, words: &[&str]) {
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(words.iter().all(|word| said[0].contains(word)), "{said:?}");
    }

    #[test]
    fn a_house_in_order_is_silent() {
        assert_eq!(said(&[]), [""; 0]);
    }

    #[test]
    fn a_planted_wrong_import_is_refused_however_it_is_written() {
        let written = [
            "//! Disk.\nuse crate::store::Run;",
            "//! Disk.\nuse crate::{store::{Run as R}};",
            "//! Disk.\nfn f(run: &super::store::Run) {}",
            "use crate::store;\nfn f(run: &store::Run) {}",
        ];
        for text in written {
            let said = said_by(HOUSE, &[], &[("disk", text), ("store/manifest", "")]);
            assert!(
                said.iter().any(|said| said.starts_with(
                    "crates/x/src/disk.rs:2: `disk` may not use `store` (crates/x/src/store/run.rs)"
                )),
                "{text}: {said:?}"
            );
        }
        let test = "#[cfg(test)]\nmod tests { use crate::store::Run; }";
        assert_eq!(said(&[("disk", test)]), [""; 0], "tests are free");
    }

    #[test]
    fn a_planted_circle_is_refused_and_its_files_are_named() {
        let planted = ("store/manifest", "use crate::disk::write;\nuse super::Run;");
        one(
            said(&[planted]),
            &[
                "store/manifest.rs:2",
                "store/manifest.rs:2 → crates/x/src/store/run.rs → crates/x/src/store/manifest.rs;",
            ],
        );
        let parent = ("store/mod", "mod run;\nmod manifest;\npub use run::Run;\npub struct Id;");
        let child = ("store/manifest", "use crate::disk::write;\nuse super::{Id, Run};");
        one(said(&[parent, child]), &["a circle of 3 files", "store/mod.rs"]);
    }

    #[test]
    fn every_folder_has_a_row_and_every_row_a_folder() {
        one(
            said(&[("pictures/png", "use crate::disk::write;")]),
            &["pictures/png.rs:1: `pictures` has no row", "it uses `disk`"],
        );
        const ROWS: &[Row] = &[
            ("disk", &[]),
            ("plot", &[]),
            ("store", &["disk"]),
            ("command", &["disk", "store"]),
            ("main", &["command"]),
        ];
        one(said_by(House { rows: ROWS, ..HOUSE }, &[], &[]), &["has no `plot`"]);
        let sources = [("crates/x/src/main.rs", ""), ("crates/y/src/main.rs", "")];
        let said = check_all(&[], &["crates/y", "crates/z"], &[], &sources);
        let said: Vec<&str> = said.iter().map(|found| found.sentence.as_str()).collect();
        assert_eq!(
            said,
            [
                "no rows for `crates/x`; say which of its folders may use which",
                "`crates/z` is no crate; take it out"
            ]
        );
    }

    #[test]
    fn an_allowance_that_nobody_uses_or_that_climbs_is_refused() {
        one(said(&[("store/manifest", "")]), &["row `store`: nothing in it uses `disk`"]);
        let test = "#[cfg(test)]\nmod tests { use crate::disk::write; }";
        one(said(&[("store/manifest", test)]), &["row `store`: nothing in it uses `disk`"]);
        const ROWS: &[Row] =
            &[("store", &["disk"]), ("disk", &[]), ("command", &["disk", "store"]), ("main", &["command"])];
        one(
            said_by(House { rows: ROWS, ..HOUSE }, &[], &[]),
            &["row `store`: `disk` does not stand above it"],
        );
    }

    #[test]
    fn nobody_but_the_first_file_imports_the_command_line() {
        const ROWS: &[Row] = &[
            ("disk", &[]),
            ("store", &["disk"]),
            ("command", &["disk", "store"]),
            ("page", &["command"]),
            ("main", &["command"]),
        ];
        let page = [("page", "use crate::command::run;")];
        one(
            said_by(House { rows: ROWS, ..HOUSE }, &[], &page),
            &["page.rs:1", "only main.rs imports the command line"],
        );
        let test = "#[cfg(test)]\nmod tests { use crate::command::run; }";
        one(said(&[("disk", test)]), &["disk.rs:2", "only main.rs imports the command line"]);
    }

    #[test]
    fn an_exception_is_exact() {
        let exception = [("crates/x/src/disk.rs", "crates/x/src/store/run.rs")];
        let planted = [("disk", "use crate::store::Run;")];
        assert_eq!(said_by(HOUSE, &exception, &planted), [""; 0]);
        one(said_by(HOUSE, &exception, &[]), &["breaks no rule"]);
        let sound = [("crates/x/src/command/all.rs", "crates/x/src/disk.rs")];
        one(said_by(HOUSE, &sound, &[]), &["breaks no rule"]);
    }
}
