//! Listing folders and reading lists: sorted names, and errors that name the folder and how to get the data.

use crate::DataError;
use crate::trouble::Trouble;
use std::path::Path;
use walkdir::WalkDir;

/// The names in a folder, sorted by their bytes as Python sorts them; hidden files (`.DS_Store`,
/// `._n0144.JPEG`) are left out.
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
            Some(name) if name.starts_with('.') => {}
            Some(name) => names.push(name.to_string()),
            None => trouble.met(DataError::layout(
                entry.path(),
                "its name is not UTF-8",
                "Rename it, or take it out of the folder",
            ))?,
        }
    }
    Ok(names)
}

/// Whether a name ends like a picture's: .jpg, .jpeg or .png in any case.
pub(crate) fn is_picture_name(name: &str) -> bool {
    let extension = Path::new(name).extension().map(|extension| extension.to_string_lossy().to_lowercase());
    matches!(extension.as_deref(), Some("jpg" | "jpeg" | "png"))
}

/// The text of a list.
pub(crate) fn text(file: &Path, how_to_get: &str) -> Result<String, DataError> {
    std::fs::read_to_string(file).map_err(|why| DataError::unreadable(file, why, how_to_get))
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
    let header: Vec<&str> = lines.next().map_or(Vec::new(), |(_, line)| line.split('\t').collect());
    let mut positions = [0; N];
    for (position, name) in positions.iter_mut().zip(wanted) {
        *position = header.iter().position(|column| *column == name).ok_or_else(|| {
            DataError::layout(file, format!("its first line has no column `{name}`"), how_to_get)
        })?;
    }
    let mut rows = Vec::new();
    for (number, line) in lines.filter(|(_, line)| !line.is_empty()) {
        let cells: Vec<&str> = line.split('\t').collect();
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

/// Refuses a list that names a file twice, or one that is not there. `names` are sorted; those that may be used
/// come back: all of them, unless trouble is kept.
pub(crate) fn check_listed<'a>(
    list: &Path,
    names: &[&'a str],
    present: impl Fn(&str) -> bool,
    how_to_get: &str,
    trouble: &mut Trouble,
) -> Result<Vec<&'a str>, DataError> {
    let mut once = names.to_vec();
    once.dedup();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        trouble.met(DataError::layout(
            list,
            format!("{} is listed twice", twice[0]),
            "Take one of the lines out",
        ))?;
    }
    let (there, missing): (Vec<&str>, Vec<&str>) = once.into_iter().partition(|name| present(name));
    if !missing.is_empty() {
        let first: Vec<&str> = missing.iter().copied().take(3).collect();
        let dots = if missing.len() > first.len() { ", …" } else { "" };
        let problem = format!(
            "{} of {} listed files are missing: {}{dots}",
            missing.len(),
            names.len(),
            first.join(", ")
        );
        trouble.met(DataError::layout(list, problem, how_to_get))?;
    }
    Ok(there)
}
