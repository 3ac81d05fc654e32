//! A zip archive that is not unpacked, indexed once: name, position, size and CRC of each member, some 100 bytes each,
//! so that any thread reads any member by seeking.
//!
//! Only a member's last name counts (`img_align_celeba/000001.jpg` is `000001.jpg`), and only members in a folder of
//! the name asked for, where the archive has such a folder; without one, all of them. A name that is there twice, or
//! twice but for the case of its letters, makes the archive ambiguous: it is refused. Members are stored or deflated;
//! a member is read to its end and held to its CRC.

use crate::error::DataError;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use zip::{CompressionMethod, ZipArchive};

/// No picture of a data set is that large; a member that promises more is not unpacked.
const LARGEST_MEMBER_BYTES: u64 = 1 << 26;

/// An indexed zip archive.
pub(crate) struct Archive {
    path: PathBuf,
    members: HashMap<String, Member>,
    /// Members that do not count, as the archive names them, sorted.
    pub(crate) outside: Vec<String>,
}

#[derive(Clone, Copy)]
struct Member {
    start: u64,
    stored_len: u64,
    len: u64,
    crc: u32,
    method: CompressionMethod,
}

impl Archive {
    /// Indexes an archive for the pictures of `folder`; hidden members do not count.
    ///
    /// # Errors
    /// A file that cannot be read, is no whole zip archive, names a picture twice, or holds pictures that are encrypted
    /// or compressed otherwise.
    pub(crate) fn open(path: &Path, folder: &str, remedy: &str) -> Result<Self, DataError> {
        let all = members(path, remedy)?;
        let is_in_folder = |name: &str| is_seen(name) && parent(name) == Some(folder);
        let has_folder = all.iter().any(|(name, _)| is_in_folder(name));
        let counts = |name: &str| if has_folder { is_in_folder(name) } else { is_seen(name) };
        let (counted, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| counts(name));
        let mut outside: Vec<String> = rest.into_iter().map(|(name, _)| name).collect();
        outside.sort_unstable();
        check_methods(path, &counted, remedy)?;
        let members = by_last_name(path, counted)?;
        Ok(Archive { path: path.to_path_buf(), members, outside })
    }

    /// The last names of all members that count, in no order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// A member's content, whole.
    ///
    /// # Errors
    /// A member that is not there, is too large for a picture, or does not have its CRC.
    pub(crate) fn read(&self, relative: &str) -> Result<Vec<u8>, DataError> {
        let wrong = |problem: String| {
            DataError::content(
                &self.path_of(relative),
                problem,
                "Get the archive again, or unpack it beside itself",
            )
        };
        let member = self.members.get(last_name(relative));
        let member = *member.ok_or_else(|| wrong("is not in the archive".to_string()))?;
        let promised = member.len.max(member.stored_len);
        if promised > LARGEST_MEMBER_BYTES {
            let problem = format!(
                "promises {promised} bytes, more than the {LARGEST_MEMBER_BYTES} of any picture of a data set"
            );
            return Err(wrong(problem));
        }
        let mut stored = vec![0; member.stored_len as usize];
        File::open(&self.path)
            .and_then(|mut file| {
                file.seek(SeekFrom::Start(member.start))?;
                file.read_exact(&mut stored)
            })
            .map_err(|why| DataError::unreadable(&self.path, why, "Get the archive again"))?;
        let bytes = match member.method {
            CompressionMethod::Stored => stored,
            _ => inflated(&stored, member.len).map_err(|why| wrong(format!("cannot be unpacked ({why})")))?,
        };
        let mut crc = flate2::Crc::new();
        crc.update(&bytes);
        match bytes.len() as u64 == member.len && crc.sum() == member.crc {
            true => Ok(bytes),
            false => Err(wrong("does not have the checksum the archive states: it is damaged".to_string())),
        }
    }

    /// A member's path for messages: one in thought only.
    pub(crate) fn path_of(&self, relative: &str) -> PathBuf {
        self.path.join(last_name(relative))
    }
}

/// Every member that is no folder, with its whole name, `/` between parts.
fn members(path: &Path, remedy: &str) -> Result<Vec<(String, Member)>, DataError> {
    let broken = |why: &dyn std::fmt::Display| {
        DataError::content(path, format!("is not a whole zip archive ({why})"), remedy)
    };
    let file = File::open(path).map_err(|why| DataError::unreadable(path, why, remedy))?;
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|why| broken(&why))?;
    let mut all = Vec::with_capacity(zip.len());
    for index in 0..zip.len() {
        let member = zip.by_index_raw(index).map_err(|why| broken(&why))?;
        let name = member.name().replace('\\', "/"); // as some Windows programs write them
        if member.is_dir() || name.ends_with('/') {
            continue;
        }
        let about = Member {
            start: member.data_start(),
            stored_len: member.compressed_size(),
            len: member.size(),
            crc: member.crc32(),
            method: member.compression(),
        };
        all.push((name, about));
    }
    Ok(all)
}

fn check_methods(path: &Path, counted: &[(String, Member)], remedy: &str) -> Result<(), DataError> {
    let readable = [CompressionMethod::Stored, CompressionMethod::Deflated];
    match counted.iter().find(|(_, member)| !readable.contains(&member.method)) {
        None => Ok(()),
        Some((name, Member { method, .. })) => Err(DataError::content(
            path,
            format!(
                "is not a zip archive that can be read ({name} is compressed by {method}, not stored or deflated)"
            ),
            remedy,
        )),
    }
}

fn by_last_name(path: &Path, counted: Vec<(String, Member)>) -> Result<HashMap<String, Member>, DataError> {
    let mut members = HashMap::with_capacity(counted.len());
    let mut whole_names: HashMap<String, String> = HashMap::with_capacity(counted.len());
    for (name, member) in counted {
        let last = last_name(&name).to_string();
        if let Some(other) = whole_names.insert(last.to_lowercase(), name.clone()) {
            let problem = format!("holds a picture of this name twice: {other} and {name}");
            let remedy = "Take one of them out, or unpack the right ones into img_align_celeba beside it";
            return Err(DataError::content(path, problem, remedy));
        }
        members.insert(last, member);
    }
    Ok(members)
}

fn inflated(stored: &[u8], len: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(len as usize);
    flate2::read::DeflateDecoder::new(stored).take(len + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Not hidden, nor one of the shadows that macOS packs beside a file.
fn is_seen(name: &str) -> bool {
    !name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX")
}

fn parent(name: &str) -> Option<&str> {
    name.rsplit('/').nth(1)
}

fn last_name(relative: &str) -> &str {
    relative.rsplit('/').next().unwrap_or(relative)
}
