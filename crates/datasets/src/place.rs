//! Where the files of a data set lie: in a folder, inside a zip archive that is not unpacked, or it is one
//! file.
//!
//! An archive is indexed once: name, position, size and CRC of each member, some 100 bytes each, so that any
//! thread reads any member by seeking. Only a member's last name counts (`img_align_celeba/000001.jpg` is
//! `000001.jpg`). Members are stored or deflated; a member's content is held to its CRC.

use crate::{DataError, picture};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use zip::{CompressionMethod, ZipArchive};

/// No picture of a data set is that large; a member that promises more is not unpacked.
const LARGEST_MEMBER_BYTES: u64 = 1 << 26;

/// Where the files of a data set lie.
pub(crate) enum Place {
    /// Below this folder.
    Folder(PathBuf),
    /// In this one file: a relative path is then its name.
    File(PathBuf),
    /// Members of this archive.
    Zip(Archive),
}

impl Place {
    /// A file's path for messages; inside an archive it is one in thought only.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        match self {
            Place::Folder(folder) => folder.join(relative),
            Place::File(file) => file.clone(),
            Place::Zip(archive) => archive.path.join(last_name(relative)),
        }
    }

    /// A picture's file, whole.
    ///
    /// # Errors
    /// What keeps it from being read.
    pub(crate) fn read(&self, relative: &str) -> Result<Vec<u8>, DataError> {
        match self {
            Place::Folder(_) | Place::File(_) => picture::read_file(&self.path(relative)),
            Place::Zip(archive) => archive.read(relative),
        }
    }
}

/// An indexed zip archive.
pub(crate) struct Archive {
    path: PathBuf,
    members: HashMap<String, Member>,
}

#[derive(Clone, Copy)]
struct Member {
    start: u64,
    stored_len: u64,
    len: u64,
    crc: u32,
    deflated: bool,
}

impl Archive {
    /// Indexes an archive; folders and hidden files in it are left out.
    ///
    /// # Errors
    /// A file that cannot be read, is no whole zip archive, or holds members that are encrypted or compressed
    /// otherwise.
    pub(crate) fn open(path: &Path, remedy: &str) -> Result<Self, DataError> {
        let broken = |why: &dyn std::fmt::Display| {
            DataError::content(path, format!("is not a whole zip archive ({why})"), remedy)
        };
        let file = File::open(path).map_err(|why| DataError::unreadable(path, why, remedy))?;
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|why| broken(&why))?;
        let mut members = HashMap::with_capacity(zip.len());
        for index in 0..zip.len() {
            let member = zip.by_index_raw(index).map_err(|why| broken(&why))?;
            let name = last_name(member.name());
            if member.is_dir() || name.starts_with('.') {
                continue;
            }
            let deflated = match member.compression() {
                CompressionMethod::Stored => false,
                CompressionMethod::Deflated => true,
                other => {
                    return Err(broken(&format!("{name} is compressed by {other}, not stored or deflated")));
                }
            };
            let about = Member {
                start: member.data_start(),
                stored_len: member.compressed_size(),
                len: member.size(),
                crc: member.crc32(),
                deflated,
            };
            members.insert(name.to_string(), about);
        }
        Ok(Archive { path: path.to_path_buf(), members })
    }

    /// Whether it has a member of this last name.
    pub(crate) fn has(&self, relative: &str) -> bool {
        self.members.contains_key(last_name(relative))
    }

    fn read(&self, relative: &str) -> Result<Vec<u8>, DataError> {
        let wrong = |problem: String| {
            DataError::content(
                &self.path(relative),
                problem,
                "Get the archive again, or unpack it beside itself",
            )
        };
        let member = self.members.get(last_name(relative));
        let member = *member.ok_or_else(|| wrong("is not in the archive".to_string()))?;
        if member.len.max(member.stored_len) > LARGEST_MEMBER_BYTES {
            return Err(wrong(format!("promises {} bytes, more than any picture of a data set", member.len)));
        }
        let mut stored = vec![0; member.stored_len as usize];
        File::open(&self.path)
            .and_then(|mut file| {
                file.seek(SeekFrom::Start(member.start))?;
                file.read_exact(&mut stored)
            })
            .map_err(|why| DataError::unreadable(&self.path, why, "Get the archive again"))?;
        let bytes = match member.deflated {
            true => {
                inflated(&stored, member.len).map_err(|why| wrong(format!("cannot be unpacked ({why})")))?
            }
            false => stored,
        };
        let mut crc = flate2::Crc::new();
        crc.update(&bytes);
        match bytes.len() as u64 == member.len && crc.sum() == member.crc {
            true => Ok(bytes),
            false => Err(wrong("does not have the checksum the archive states: it is damaged".to_string())),
        }
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.path.join(last_name(relative))
    }
}

fn inflated(stored: &[u8], len: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(len as usize);
    flate2::read::DeflateDecoder::new(stored).take(len + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn last_name(relative: &str) -> &str {
    relative.rsplit('/').next().unwrap_or(relative)
}
