//! Listing folders and reading lists: sorted names, and errors that name the folder and how to get the data.

use crate::error::DataError;
use crate::left_out::first_names;
use crate::trouble::Trouble;
use std::path::Path;
use walkdir::WalkDir;

/// The byte order mark.
const MARK: char = '\u{feff}';

/// The names in a folder, sorted by their bytes as Python sorts them, hidden ones (`.DS_Store`) too.
pub(crate) fn names(
    folder: &Path,
    how_to_get: &str,
    trouble: &mut Trouble,
) -> Result<Vec<String>, DataError> {
    let mut names = Vec::new();
    for entry in WalkDir::new(folder).min_depth(1).max_depth(1).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(why) => {
                trouble.met(DataError::unreadable(folder, why.into(), how_to_get))?;
                continue;
            }
        };
        match entry.file_name().to_str() {
            Some(name) => names.push(name.to_string()),
            None => trouble.met(not_utf8(entry.path()))?,
        }
    }
    Ok(names)
}

/// The files below a folder that are not `listed` (paths relative to it, sorted, `/` between parts), sorted; the list
/// itself and a README beside it are its papers.
pub(crate) fn unlisted(
    folder: &Path,
    listed: &[&str],
    list: &Path,
    trouble: &mut Trouble,
) -> Result<Vec<String>, DataError> {
    let mut found = Vec::new();
    for entry in WalkDir::new(folder).min_depth(1).follow_links(true).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) if entry.file_type().is_dir() => continue,
            Ok(entry) => entry,
            // A dangling link, for instance; what is listed is missed where the list is held to the folder.
            Err(why) => {
                let path = why.path().unwrap_or(folder).to_path_buf();
                let remedy = "Take it out of the folder, or check its permissions";
                trouble.met(DataError::unreadable(&path, why.into(), remedy))?;
                continue;
            }
        };
        let parts = entry.path().strip_prefix(folder).unwrap_or(entry.path()).components();
        let parts: Option<Vec<&str>> = parts.map(|part| part.as_os_str().to_str()).collect();
        match parts.map(|parts| parts.join("/")) {
            None => trouble.met(not_utf8(entry.path()))?,
            Some(name) if listed.binary_search(&name.as_str()).is_ok() => {}
            Some(name) if name == "README.md" || entry.path() == list => {}
            Some(name) => found.push(name),
        }
    }
    Ok(found)
}

pub(crate) fn not_utf8(path: &Path) -> DataError {
    DataError::layout(path, "its name is not UTF-8", "Rename it, or take it out of the folder")
}

/// Whether a name is not hidden and ends like a picture's: .jpg, .jpeg or .png in any case.
pub(crate) fn is_picture_name(name: &str) -> bool {
    if name.starts_with('.') {
        return false;
    }
    let extension = Path::new(name).extension().map(|extension| extension.to_string_lossy().to_lowercase());
    matches!(extension.as_deref(), Some("jpg" | "jpeg" | "png"))
}

/// The text of a list, without the byte order marks that Windows programs begin a file with (and `cat` puts at the
/// beginning of later lines).
pub(crate) fn text(file: &Path, how_to_get: &str) -> Result<String, DataError> {
    let bytes = std::fs::read(file).map_err(|why| DataError::unreadable(file, why, how_to_get))?;
    let is_utf16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.trim_start_matches(MARK).replace(&format!("\n{MARK}"), "\n")),
        Err(why) => {
            let found = if is_utf16 { "is UTF-16".to_string() } else { format!("is not UTF-8 ({why})") };
            Err(DataError::layout(file, format!("its text {found}"), "Save it as UTF-8"))
        }
    }
}

/// The columns of these names in a tab-separated table with a header line, a row each; rows sorted by the
/// first of them.
pub(crate) fn columns<const N: usize>(
    file: &Path,
    wanted: [&str; N],
    how_to_get: &str,
) -> Result<Vec<[String; N]>, DataError> {
    let text = text(file, how_to_get)?;
    let mut lines = text.lines().enumerate();
    let header: Vec<&str> = lines.next().map_or(Vec::new(), |(_, line)| cells(line));
    let mut positions = [0; N];
    for (position, name) in positions.iter_mut().zip(wanted) {
        *position = header.iter().position(|column| *column == name).ok_or_else(|| {
            DataError::layout(file, format!("its first line has no column `{name}`"), how_to_get)
        })?;
        if header.iter().filter(|column| **column == name).count() > 1 {
            let problem = format!("its first line has the column `{name}` twice");
            return Err(DataError::layout(file, problem, "Take one of them out"));
        }
    }
    let mut rows = Vec::new();
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let cells = cells(line);
        if cells.len() != header.len() {
            let problem =
                format!("line {} has {} columns, the header {}", number + 1, cells.len(), header.len());
            return Err(DataError::layout(file, problem, how_to_get));
        }
        rows.push(positions.map(|position| cells[position].to_string()));
    }
    rows.sort_unstable();
    Ok(rows)
}

/// Tab-separated cells, without blanks around them.
fn cells(line: &str) -> Vec<&str> {
    line.split('\t').map(str::trim).collect()
}

/// Refuses a list that names a file twice, one that is not there, or one by a path with detours (`./a.jpg`, which would
/// be `a.jpg` again). `names` are sorted; those that may be used come back: all of them, unless trouble is kept.
pub(crate) fn check_listed<'a>(
    list: &Path,
    names: &[&'a str],
    present: impl Fn(&str) -> bool,
    how_to_get: &str,
    trouble: &mut Trouble,
) -> Result<Vec<&'a str>, DataError> {
    let mut twice: Vec<&str> =
        names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    twice.dedup();
    for name in twice {
        let problem = format!("{name} is listed twice");
        trouble.met(DataError::layout(list, problem, "Take one of the lines out"))?;
    }
    let (mut once, detours): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| is_plain(name));
    once.dedup();
    if !detours.is_empty() {
        let problem =
            format!("names files by paths that are not plain: {}", first_names(&detours, trouble.named()));
        let remedy = "Write each as folder/file, without `.`, `..`, doubled or leading slashes";
        trouble.met(DataError::layout(list, problem, remedy))?;
    }
    let (there, missing): (Vec<&str>, Vec<&str>) = once.into_iter().partition(|name| present(name));
    if !missing.is_empty() {
        let problem = format!(
            "{} of {} listed files are missing: {}",
            missing.len(),
            names.len(),
            first_names(&missing, trouble.named())
        );
        trouble.met(DataError::layout(list, problem, how_to_get))?;
    }
    Ok(there)
}

/// Parts that are names, with one `/` between.
fn is_plain(name: &str) -> bool {
    name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}
