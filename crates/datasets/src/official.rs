//! Files whose MD5 their publishers state, where they lie beside a data set: is this the official one?

use crate::error::DataError;
use crate::set::DataSet;
use md5::{Digest, Md5};
use std::fs::File;
use std::io::Read;

/// An official file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Official {
    /// Its path within the data set.
    pub file: &'static str,
    /// Whether it has the MD5 that is published.
    pub same: bool,
}

/// Compares the files of a data set that are published with an MD5; those that are not there are left out.
///
/// # Errors
/// A file that cannot be read.
pub fn official_files(set: &DataSet) -> Result<Vec<Official>, DataError> {
    let mut found = Vec::new();
    for &(file, published) in set.kind().official_md5 {
        let path = set.root().join(file);
        if path.is_file() {
            let md5 = md5_of(&path)
                .map_err(|why| DataError::unreadable(&path, why, "Check the file and its permissions"))?;
            found.push(Official { file, same: md5 == published });
        }
    }
    Ok(found)
}

fn md5_of(path: &std::path::Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Md5::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            read => hash.update(&buffer[..read]),
        }
    }
}
