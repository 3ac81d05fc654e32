//! Members of npz archives: found by name, with a header that promises no more than is held, and read to their end, so
//! that a damaged one is noticed by its checksum.

use npyz::{DType, NpyHeader};
use std::fs::File;
use std::io::{BufReader, Read};
use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

/// NumPy's headers have a few hundred bytes; a header that asks for more is no such one.
const LONGEST_HEADER: u32 = 1 << 16;

/// A member, its header read.
pub(crate) struct Member<'a> {
    pub header: NpyHeader,
    /// What follows the header.
    pub stream: ZipFile<'a>,
}

/// An archive and the names of its members, sorted.
pub(crate) struct Archive {
    zip: ZipArchive<BufReader<File>>,
    pub names: Vec<String>,
}

impl Archive {
    /// # Errors
    /// Why it is no archive, or cannot be used.
    pub fn new(file: File) -> Result<Self, String> {
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|why| why.to_string())?;
        let mut names = Vec::with_capacity(zip.len());
        for index in 0..zip.len() {
            names.push(zip.by_index_raw(index).map_err(|why| why.to_string())?.name().to_string());
        }
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(twice) => Err(format!("it holds the member {} twice", twice[0])),
            None => Ok(Archive { zip, names }),
        }
    }

    /// The member of this name.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn member(&mut self, name: &str) -> Result<Member<'_>, String> {
        let mut stream = self.zip.by_name(name).map_err(|why| why.to_string())?;
        let header = header(&mut stream).map_err(|why| why.to_string())?;
        Ok(Member { header, stream })
    }
}

impl Member<'_> {
    /// Whether the values can be sought in the file itself.
    pub fn is_stored(&self) -> bool {
        self.stream.compression() == CompressionMethod::Stored
    }

    /// Nothing may follow the values; the checksum is compared where the member ends.
    ///
    /// # Errors
    /// What is wrong, as the rest of a sentence about the member.
    pub fn end(&mut self) -> Result<(), String> {
        match self.stream.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err("has more bytes than its header says".to_string()),
            Err(why) => Err(format!("is damaged ({why})")),
        }
    }
}

/// Reads a header whose length, in bytes 8 to 11 from version 2 on, is no more than one can have.
fn header(stream: &mut impl Read) -> std::io::Result<NpyHeader> {
    let mut begin = [0; 12];
    stream.read_exact(&mut begin)?;
    let len = u32::from_le_bytes([begin[8], begin[9], begin[10], begin[11]]);
    if begin[6] > 1 && len > LONGEST_HEADER {
        let problem = format!("its header claims {len} bytes; the most is {LONGEST_HEADER}");
        return Err(std::io::Error::other(problem));
    }
    NpyHeader::from_reader(begin.chain(stream))
}

/// The type of the entries as NumPy writes it: `<f4`.
pub(crate) fn type_name(header: &NpyHeader) -> String {
    match header.dtype() {
        DType::Plain(dtype) => dtype.to_string(),
        other => format!("{other:?}"),
    }
}
