//! A change to a file of a finished table, or to two: it must be found, and what it was of computed anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::count::Count;
use super::dice::Dice;
use super::trial::{Trials, copy, files, read};

pub fn campaign(trials: &Trials, dice: &mut Dice, until: Instant) -> Result<Count, String> {
    let mut count = Count::default();
    while Instant::now() < until {
        let (trial, out) = (trials.one(dice), trials.fresh()?);
        copy(&trial.reference, &out)?;
        let all: Vec<PathBuf> = ["runs", "cache"]
            .iter()
            .filter(|folder| out.join(folder).is_dir())
            .map(|folder| files(&out.join(folder)))
            .collect::<Result<Vec<_>, _>>()?
            .concat();
        let change = change(dice, &all)?;
        count.tried += 1;
        count.tables += 1;
        let place = change.file.strip_prefix(&out).unwrap_or(&change.file).display().to_string();
        let ended = trials.ends_the_same(trial, &out);
        count.lost.extend(ended.err().map(|lost| format!("{lost} ({place} {})", change.what)));
    }
    Ok(count)
}

struct Change {
    file: PathBuf,
    what: &'static str,
}

/// Makes one change.
fn change(dice: &mut Dice, all: &[PathBuf]) -> Result<Change, String> {
    let file = dice.of(all).ok_or("no files to change")?.clone();
    let mut bytes = read(&file)?;
    let at = dice.below(bytes.len());
    let what = match dice.below(8) {
        0 if !bytes.is_empty() => {
            bytes[at] ^= 1 << dice.below(8);
            "with a bit flipped"
        }
        1 => {
            bytes.truncate(at);
            "cut off"
        }
        2 => {
            bytes.clear();
            "emptied"
        }
        3 => {
            let half = bytes.len() / 2;
            bytes[half..].fill(0);
            "half zero"
        }
        4 => {
            let line = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
            bytes.extend_from_within(..line.min(at));
            "with a part doubled"
        }
        5 => {
            remove(&file)?;
            return Ok(Change { file, what: "removed" });
        }
        6 => return swap(dice, all, file, |path| path.to_path_buf(), "in the place of another of its name"),
        _ => {
            let folder = |path: &Path| path.parent().unwrap_or(path).to_path_buf();
            return swap(dice, all, file, folder, "in a folder that is in the place of another");
        }
    };
    fs::write(&file, bytes).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(Change { file, what })
}

/// Exchanges `part` of a file's path with that of another file of the same name.
fn swap(
    dice: &mut Dice,
    all: &[PathBuf],
    file: PathBuf,
    part: impl Fn(&Path) -> PathBuf,
    what: &'static str,
) -> Result<Change, String> {
    let alike = |other: &&PathBuf| other.file_name() == file.file_name() && part(other) != part(&file);
    let alike: Vec<&PathBuf> = all.iter().filter(alike).collect();
    let Some(other) = dice.of(&alike) else {
        remove(&file)?;
        return Ok(Change { file, what: "removed" });
    };
    let (one, two) = (part(&file), part(other));
    let aside = one.with_extension("aside");
    let moved = fs::rename(&one, &aside)
        .and_then(|()| fs::rename(&two, &one))
        .and_then(|()| fs::rename(&aside, &two));
    moved.map_err(|error| format!("{}: {error}", one.display()))?;
    Ok(Change { file, what })
}

fn remove(file: &Path) -> Result<(), String> {
    fs::remove_file(file).map_err(|error| format!("{}: {error}", file.display()))
}
