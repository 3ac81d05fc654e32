//! Records: what of a finished experiment is committed, and the parts of README.md and RESULTS.md that are made from it.
//!
//! `record` copies rows, tables, verdicts, provenance and plots from OUT/NAME into results/record/RECORD; run
//! directories, the page and its reconstructions stay behind, and so does a figure that embeds pictures of a data set
//! that is not ours to pass on. `readme` sets each record's table and verdicts between `<!-- record: RECORD -->` and
//! `<!-- /record -->`; `cargo xtask tidy` checks that what stands there is what the record says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::tidy::Violation;
use crate::{place, verdicts};

/// Where records are, from the workspace's folder.
const RECORDS: &str = "results/record";
/// The documents they are spliced into.
const DOCUMENTS: &[&str] = &["README.md", "RESULTS.md"];
const BEGIN: &str = "<!-- record: ";
const END: &str = "<!-- /record -->";
/// Largest file of a record, bytes.
const LARGEST: u64 = 1 << 20;
/// Files of an experiment's folder that are copied where they are there.
const FILES: &[&str] = &[
    "measurements.csv",
    "signals.csv",
    "along.csv",
    "curves.csv",
    "training.csv",
    "layers.csv",
    "spectra.csv",
    "probes.csv",
    "experiment.toml",
    "table.md",
    "table.tex",
    "table.csv",
    "claims.json",
    "provenance.csv",
];
/// Files without which there is no record.
const NEEDED: &[&str] = &["measurements.csv", "table.md", "claims.json"];
/// Data sets whose pictures ship with the repository or are computed.
const OPEN: &[&str] = &["photos", "silhouettes", "analytic3d"];

/// `record NAME [--from DIR] --to DIR`; the number of files copied.
///
/// # Errors
/// If the words mean nothing, a file is missing, too large or names a path of this machine.
pub fn record(root: &Path, words: &[String]) -> Result<usize, String> {
    const USE: &str = "cargo xtask record NAME [--from OUT/NAME] --to results/record/RECORD";
    let (mut name, mut from, mut to) = (None, None, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = match word.as_str() {
            "--from" => &mut from,
            "--to" => &mut to,
            flag if flag.starts_with('-') => return Err(format!("unknown option {flag}; {USE}")),
            other => match name.replace(plain(other)?) {
                None => continue,
                Some(first) => return Err(format!("two names, {first} and {other}; {USE}")),
            },
        };
        *value = Some(PathBuf::from(words.next().ok_or_else(|| format!("{word} needs a folder; {USE}"))?));
    }
    let name = name.ok_or(USE)?;
    let from = from.unwrap_or_else(|| root.join("results").join(name));
    copy(&from, &to.ok_or(USE)?)
}

/// A name that is one folder and no way out of the one it is looked for in.
fn plain(name: &str) -> Result<&str, String> {
    let mut parts = Path::new(name).components();
    let first = parts.next().filter(|part| part.as_os_str() == name);
    match (first, parts.next()) {
        (Some(Component::Normal(_)), None) => Ok(name),
        _ => Err(format!(
            "`{name}` is no name of an experiment or record; write it without folders, as in table1"
        )),
    }
}

/// Copies what may be committed; all is checked before anything is written, and what an earlier record left goes.
fn copy(from: &Path, to: &Path) -> Result<usize, String> {
    if let Some(missing) = NEEDED.iter().find(|name| !from.join(name).is_file()) {
        return Err(format!(
            "{}: no such file; run the experiment to its end first",
            from.join(missing).display()
        ));
    }
    let mut files: Vec<String> = FILES.iter().map(|name| name.to_string()).collect();
    files.retain(|name| from.join(name).is_file());
    files.retain(|name| {
        let kib = fs::metadata(from.join(name)).map_or(0, |file| file.len() >> 10);
        let fits = NEEDED.contains(&name.as_str()) || kib <= LARGEST >> 10;
        if !fits {
            println!("record: {name} has {kib} KiB, more than a record's file may have: not copied");
        }
        fits
    });
    files.extend(plots(from)?);
    for name in &files {
        check(&from.join(name))?;
    }
    fs::create_dir_all(to).map_err(|error| format!("{}: {error}", to.display()))?;
    for old in names(to)? {
        if is_of_a_record(&old) && !files.contains(&old) {
            fs::remove_file(to.join(&old))
                .map_err(|error| format!("{}: {error}", to.join(&old).display()))?;
        }
    }
    for name in &files {
        fs::copy(from.join(name), to.join(name))
            .map_err(|error| format!("{}: {error}", to.join(name).display()))?;
    }
    Ok(files.len())
}

fn is_of_a_record(name: &str) -> bool {
    FILES.contains(&name) || name.ends_with(".svg") || name.ends_with(".png")
}

/// SVG files and the PNG of the same figure; a picture without an SVG beside it is not a plot and stays behind.
fn plots(from: &Path) -> Result<Vec<String>, String> {
    let all = names(from)?;
    let open =
        datasets(&read(&from.join("measurements.csv"))?).iter().all(|name| OPEN.contains(&name.as_str()));
    let mut plots = Vec::new();
    for svg in all.iter().filter(|name| name.ends_with(".svg")) {
        if !open && read(&from.join(svg))?.contains("<image") {
            println!("record: {svg} shows pictures of a licensed data set: not copied");
            continue;
        }
        let png = svg.replace(".svg", ".png");
        plots.extend([svg.clone()].into_iter().chain(all.contains(&png).then_some(png)));
    }
    Ok(plots)
}

/// The data sets of rows: columns `dataset` and `trained_on`, which never hold a comma.
fn datasets(csv: &str) -> BTreeSet<String> {
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap_or_default();
    let at: Vec<usize> =
        (0..header.len()).filter(|&i| ["dataset", "trained_on"].contains(&header[i])).collect();
    let mut found = BTreeSet::new();
    for line in lines {
        found.extend(
            at.iter().filter_map(|&i| line.get(i)).filter(|name| !name.is_empty()).map(|s| s.to_string()),
        );
    }
    found
}

/// Refuses what `tidy` would refuse once it is committed.
fn check(path: &Path) -> Result<(), String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!(
            "{}: {} KiB; a record has no file over 1 MiB",
            path.display(),
            bytes.len() >> 10
        ));
    }
    match crate::tidy::tracked::check(&path.display().to_string(), &bytes).first() {
        Some(found) => Err(format!("{}:{}: {}", found.file, found.line, found.sentence)),
        None => Ok(()),
    }
}

/// Splices every record into the documents; those that changed.
///
/// # Errors
/// If a marker has no end or names no record.
pub fn readme(root: &Path) -> Result<Vec<&'static str>, String> {
    let mut changed = Vec::new();
    for document in DOCUMENTS {
        let path = root.join(document);
        let old = read(&path)?;
        let new = splice(&old, |name| markdown(&root.join(RECORDS).join(plain(name)?)))
            .map_err(|error| format!("{document}: {error}"))?;
        if new != old {
            fs::write(&path, &new).map_err(|error| format!("{document}: {error}"))?;
            changed.push(*document);
        }
    }
    Ok(changed)
}

/// For `tidy`: the first line of each document that is not what its record says.
pub fn stale(root: &Path) -> Vec<Violation> {
    DOCUMENTS.iter().filter_map(|document| stale_in(root, document)).collect()
}

fn stale_in(root: &Path, document: &str) -> Option<Violation> {
    let violation = |line: usize, sentence: String| Some(Violation::new(document, line, "record", sentence));
    let old = read(&root.join(document)).ok()?;
    match splice(&old, |name| markdown(&root.join(RECORDS).join(plain(name)?))) {
        Err(sentence) => violation(1, sentence),
        Ok(new) if new == old => None,
        Ok(new) => {
            let same = old.lines().zip(new.lines()).take_while(|(old, new)| old == new).count();
            violation(same + 1, "not what the record says; cargo xtask readme".into())
        }
    }
}

/// The text with what stands between each pair of markers replaced.
fn splice(text: &str, content: impl Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(BEGIN) {
        let name_at = at + BEGIN.len();
        let name_end = rest[name_at..].find(" -->").ok_or("a record's marker has no `-->`")? + name_at;
        let name = &rest[name_at..name_end];
        let body = name_end + " -->".len();
        let end =
            rest[body..].find(END).ok_or_else(|| format!("record {name}: no `{END}` behind it"))? + body;
        if rest[body..end].contains(BEGIN) {
            return Err(format!("record {name}: no `{END}` before the next record"));
        }
        out += &format!("{}\n{}\n", &rest[..body], content(name)?.trim_end());
        out += END;
        rest = &rest[end + END.len()..];
    }
    Ok(out + rest)
}

/// A record in Markdown: its table and what became of the claims.
fn markdown(record: &Path) -> Result<String, String> {
    let table = read(&record.join("table.md"))?;
    let claims = verdicts::list(&read(&record.join("claims.json"))?)
        .map_err(|error| format!("{}: {error}", record.join("claims.json").display()))?;
    Ok(format!("\n{}\n\n{claims}", table.trim_end()))
}

fn names(folder: &Path) -> Result<Vec<String>, String> {
    let names = place::names(folder)?;
    Ok(names.into_iter().filter(|name| folder.join(name).is_file()).collect())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = "experiment,dataset,trained_on,psnr_db\ntable1,photos,,20\n";

    /// An experiment's folder and where its record goes, both new and empty.
    fn folders(name: &str) -> (PathBuf, PathBuf) {
        let base = std::env::temp_dir().join(format!("xtask-record-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&base);
        let from = base.join("from");
        fs::create_dir_all(&from).unwrap();
        for (file, text) in [("measurements.csv", ROWS), ("table.md", "| a |\n"), ("claims.json", "[]")] {
            fs::write(from.join(file), text).unwrap();
        }
        (from, base.join("to"))
    }

    #[test]
    fn rows_tables_and_plots_are_copied_and_nothing_else() {
        let (from, to) = folders("copied");
        for file in ["steps.svg", "steps.png", "fit0.png", "index.html"] {
            fs::write(from.join(file), "<svg/>").unwrap();
        }
        fs::create_dir_all(&to).unwrap();
        for file in ["old.svg", "notes.txt"] {
            fs::write(to.join(file), "").unwrap();
        }
        assert_eq!(copy(&from, &to), Ok(5));
        let expected = ["claims.json", "measurements.csv", "notes.txt", "steps.png", "steps.svg", "table.md"];
        assert_eq!(names(&to).unwrap(), expected);
    }

    #[test]
    fn rows_a_signal_that_are_too_large_stay_behind() {
        let (from, to) = folders("large");
        fs::write(from.join("signals.csv"), vec![b'a'; (LARGEST + 1024) as usize]).unwrap();
        assert_eq!(copy(&from, &to), Ok(3));
        assert!(!to.join("signals.csv").exists());
    }

    #[test]
    fn figures_with_licensed_pictures_stay_behind() {
        let (from, to) = folders("licensed");
        fs::write(from.join("masks.svg"), "<svg><image/></svg>").unwrap();
        fs::write(from.join("masks.png"), "").unwrap();
        assert_eq!(copy(&from, &to), Ok(5));
        fs::write(from.join("measurements.csv"), ROWS.replace(",,", ",celeba,")).unwrap();
        assert_eq!(copy(&from, &to), Ok(3));
        assert!(!to.join("masks.png").exists() && !to.join("masks.svg").exists());
    }

    #[test]
    fn what_is_large_unfinished_or_names_a_machine_is_refused_before_anything_is_written() {
        let (from, to) = folders("refused");
        let home = concat!("/ho", "me/me");
        let says = |word: &str| copy(&from, &to).is_err_and(|error| error.contains(word)) && !to.exists();
        fs::write(from.join("table.md"), vec![b'a'; (LARGEST + 1) as usize]).unwrap();
        assert!(says("1 MiB"));
        fs::write(from.join("table.md"), "| a |\n").unwrap();
        fs::write(from.join("signals.csv"), format!("a\n{home}\n")).unwrap();
        assert!(says("signals.csv:2"));
        fs::remove_file(from.join("claims.json")).unwrap();
        assert!(says("claims.json"));
    }

    #[test]
    fn only_what_stands_between_the_markers_is_replaced_and_doing_it_twice_changes_nothing() {
        let text = "a\n<!-- record: x -->\nold\n<!-- /record -->\nb\n<!-- record: y --><!-- /record -->";
        let once = splice(text, |name| Ok(format!("table {name}\n"))).unwrap();
        let expected = "a\n<!-- record: x -->\ntable x\n<!-- /record -->\nb\n<!-- record: y -->\ntable y\n<!-- /record -->";
        assert_eq!(once, expected);
        assert_eq!(splice(&once, |name| Ok(format!("table {name}\n"))).unwrap(), once);
        assert!(splice("<!-- record: x -->\n", |_| Ok(String::new())).is_err());
        let unended = "<!-- record: x -->\n<!-- record: y --><!-- /record -->";
        assert!(splice(unended, |_| Ok(String::new())).is_err());
    }

    #[test]
    fn a_name_is_one_folder_and_there_is_one() {
        let says = |line: &str, word: &str| {
            let words: Vec<String> = line.split(',').map(String::from).collect();
            record(Path::new("nowhere"), &words).is_err_and(|error| error.contains(word))
        };
        for name in ["", "..", ".", "../x", "/x", "x/", "a/b", "./x"] {
            assert!(says(&format!("{name},--to,y"), &format!("`{name}` is no name")), "{name}");
        }
        assert!(says("table1,table2,--to,y", "two names, table1 and table2"));
        assert!(says("table1,--to,y", "nowhere/results/table1/measurements.csv: no such file"));
        let marker = "<!-- record: ../x --><!-- /record -->";
        assert!(splice(marker, |name| plain(name).map(String::from)).is_err());
    }

    #[test]
    fn a_document_that_says_something_else_than_its_record_is_a_violation() {
        let (record, to) = folders("stale");
        let root = to.with_file_name("root");
        fs::create_dir_all(root.join(RECORDS)).unwrap();
        fs::rename(&record, root.join(RECORDS).join("x")).unwrap();
        fs::write(root.join("README.md"), "nothing of a record\n").unwrap();
        fs::write(root.join("RESULTS.md"), "a\n<!-- record: x -->\n<!-- /record -->\n").unwrap();
        let found: Vec<_> =
            stale(&root).into_iter().map(|found| (found.file, found.line, found.rule)).collect();
        assert_eq!(found, [("RESULTS.md".to_string(), 3, "record")]);
        assert_eq!((readme(&root), readme(&root)), (Ok(vec!["RESULTS.md"]), Ok(vec![])));
        assert_eq!(stale(&root), []);
    }
}
