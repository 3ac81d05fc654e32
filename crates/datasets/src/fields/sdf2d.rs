//! `sdf2d`: the authors' signed distance fields, `data_2d_sdf.npz`, from the page of Learnit (Tancik et al.,
//! CVPR 2021).
//!
//! Two arrays, [n, 178, 178, 3], uint8 or float in 0 … 255, read as value / 255. The paper's loader asks for
//! the keys `train_data.npy` and `test_data.npy`; NumPy finds the members of these names as well as
//! `train_data.npy.npy`, and so does this reader.
//!
//! The arrays are never held in memory: opening streams through each once, signal by signal, checking values
//! and the archive's checksum; a signal is then read by seeking. A member that `numpy.savez_compressed`
//! deflated cannot be sought in: it is unpacked, in the same pass, to an unnamed temporary file (in `TMPDIR`),
//! which the system removes with the process.

use crate::error::DataError;
use crate::files::npz::{Archive, type_name};
use crate::files::place::Place;
use crate::kind::{Contents, Entry, Kind};
use crate::picture::area::area_average;
use crate::picture::crop::NATIVE_SIDE;
use crate::signal::Split;
use crate::trouble::Trouble;
use npyz::{NpyHeader, Order};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

const SIGNAL_LEN: usize = NATIVE_SIDE * NATIVE_SIDE * 3;
const MOST_SIGNALS: u64 = 1_000_000;
/// Distances are packed to a fifth or so; what shrinks to a two-hundredth, and fills a disk, holds nothing.
const LARGEST_RATIO: u64 = 200;
const LARGEST_UNJUDGED: u64 = 1 << 30;
const REMEDY: &str = "Get data_2d_sdf.npz again from Learnit's page, or save it with \
                      numpy.savez(file, train_data=…, test_data=…), each [n, 178, 178, 3], uint8 or float32 in 0 to 255";

/// How a value is stored.
#[derive(Clone, Copy, PartialEq)]
enum Type {
    Byte,
    Single,
    Double,
}

/// An array on disk, [n, 178, 178, 3], row-major.
struct Values {
    count: usize,
    stored: Type,
    /// The file it lies in uncompressed, and the position of its first value.
    file: Mutex<File>,
    first: u64,
}

pub(crate) fn open(_: &Kind, file: &Path, _: &mut Trouble) -> Result<Contents, DataError> {
    let train = open_member(file, "train_data.npy")?;
    let test = open_member(file, "test_data.npy")?;
    let entries = |name: &str, values: &Values| {
        let entry = |index| Entry { name: format!("{name}[{index}]"), stratum: 0 };
        (0..values.count).map(entry).collect()
    };
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let path = file.to_path_buf();
    Ok(Contents {
        train: entries("train_data", &train),
        test: entries("test_data", &test),
        place: Arc::new(Place::file(file)),
        files: vec![(Split::Train, name)], // one file for both parts
        remarks: Vec::new(),
        read: Box::new(move |split, index, side| {
            let values = if split == Split::Train { &train } else { &test };
            let native = values.signal(index).map_err(|why| DataError::unreadable(&path, why, REMEDY))?;
            Ok(area_average(&native, NATIVE_SIDE, 3, side))
        }),
        original: None,
    })
}

impl Type {
    fn bytes(self) -> usize {
        match self {
            Type::Byte => 1,
            Type::Single => 4,
            Type::Double => 8,
        }
    }

    /// Values 0 … 255 of little-endian bytes.
    fn values(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Type::Byte => bytes.iter().map(|&byte| f32::from(byte)).collect(),
            Type::Single => {
                bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
            }
            Type::Double => bytes
                .chunks_exact(8)
                .map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32)
                .collect(),
        }
    }
}

impl Values {
    fn signal(&self, index: usize) -> std::io::Result<Vec<f32>> {
        let mut bytes = vec![0; SIGNAL_LEN * self.stored.bytes()];
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(self.first + (index * bytes.len()) as u64))?;
            file.read_exact(&mut bytes)?;
        }
        Ok(self.stored.values(&bytes).iter().map(|value| value / 255.0).collect())
    }
}

fn open_member(file: &Path, member: &str) -> Result<Values, DataError> {
    let wrong = |problem: String| DataError::content(file, format!("member {member} {problem}"), REMEDY);
    let broken = |why: &dyn std::fmt::Display| wrong(format!("cannot be read ({why})"));
    let opened = || File::open(file).map_err(|why| DataError::unreadable(file, why, REMEDY));
    let mut archive = Archive::new(opened()?).map_err(|why| broken(&why))?;
    let key =
        [member.to_string(), format!("{member}.npy")].into_iter().find(|key| archive.names.contains(key));
    let Some(key) = key else {
        return Err(wrong(format!("is not in it (found: {})", archive.names.join(", "))));
    };
    let mut values = archive.member(&key).map_err(|why| broken(&why))?;
    let (start, len) = (values.stream.data_start(), values.stream.size());
    let (count, stored) = shape_and_type(&values.header).map_err(wrong)?;
    let values_len = (count * SIGNAL_LEN * stored.bytes()) as u64;
    check_len(values_len, len, values.stream.compressed_size()).map_err(wrong)?;
    let mut unpacked = match values.is_stored() {
        false => Some(tempfile::tempfile().map_err(|why| no_room(file, member, why))?),
        true => None,
    };
    let mut checks = Checks { above_one: false, stored };
    let mut bytes = vec![0; SIGNAL_LEN * stored.bytes()];
    for index in 0..count {
        values.stream.read_exact(&mut bytes).map_err(|why| {
            wrong(format!("ends or is damaged in signal {index} of {count} ({why}): it is truncated"))
        })?;
        checks.see(index, &bytes).map_err(wrong)?;
        if let Some(unpacked) = &mut unpacked {
            unpacked.write_all(&bytes).map_err(|why| no_room(file, member, why))?;
        }
    }
    values.end().map_err(wrong)?;
    if count > 0 && stored != Type::Byte && !checks.above_one {
        let problem = "has no value above 1: it seems to be divided by 255 already; multiply it by 255";
        return Err(wrong(problem.to_string()));
    }
    let (file, first) = match unpacked {
        Some(unpacked) => (unpacked, 0),
        None => (opened()?, start + len.saturating_sub(values_len)),
    };
    Ok(Values { count, stored, file: Mutex::new(file), first })
}

/// Refuses what cannot be true of a member's sizes before anything is unpacked.
fn check_len(values: u64, size: u64, packed: u64) -> Result<(), String> {
    if values > size {
        return Err(format!("has {size} bytes where its header says {values}: it is truncated"));
    }
    if values > LARGEST_UNJUDGED && values / LARGEST_RATIO > packed {
        return Err(format!(
            "unpacks {packed} bytes to {values}; beyond {LARGEST_UNJUDGED} bytes the most is {LARGEST_RATIO} times"
        ));
    }
    Ok(())
}

fn no_room(file: &Path, member: &str, why: std::io::Error) -> DataError {
    let place = std::env::temp_dir();
    let problem =
        format!("member {member} is compressed and cannot be unpacked to {} ({why})", place.display());
    DataError::content(file, problem, "Make room there, or set TMPDIR to a folder with more of it")
}

/// What is seen of the values as they stream by.
struct Checks {
    above_one: bool,
    stored: Type,
}

impl Checks {
    fn see(&mut self, signal: usize, bytes: &[u8]) -> Result<(), String> {
        if self.stored == Type::Byte {
            return Ok(());
        }
        let values = self.stored.values(bytes);
        self.above_one |= values.iter().any(|&value| value > 1.0);
        match values.iter().position(|value| !(0.0..=255.0).contains(value)) {
            None => Ok(()),
            Some(at) => {
                let index = [signal, at / 3 / NATIVE_SIDE, at / 3 % NATIVE_SIDE, at % 3];
                Err(format!("has the value {} at {index:?}, not one in 0 to 255", values[at]))
            }
        }
    }
}

fn shape_and_type(header: &NpyHeader) -> Result<(usize, Type), String> {
    let shape = header.shape();
    let side = NATIVE_SIDE as u64;
    if shape.len() != 4 || shape[1..] != [side, side, 3] {
        return Err(format!("has the shape {shape:?}, not [n, {side}, {side}, 3]"));
    }
    if shape[0] > MOST_SIGNALS {
        return Err(format!("has {} signals; the most is {MOST_SIGNALS}", shape[0]));
    }
    if header.order() != Order::C {
        return Err("is in Fortran order; save it in C order (numpy.ascontiguousarray)".to_string());
    }
    let stored = match type_name(header).as_str() {
        "|u1" | "<u1" | "=u1" => Type::Byte,
        "<f4" => Type::Single,
        "<f8" => Type::Double,
        other => return Err(format!("has the type {other}, not |u1 (uint8), <f4 or <f8")),
    };
    Ok((shape[0] as usize, stored))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_cannot_be_true_are_refused_before_anything_is_unpacked() {
        let large = LARGEST_UNJUDGED + LARGEST_RATIO;
        assert_eq!(check_len(100, 100, 1), Ok(()), "small ones are not judged");
        assert_eq!(check_len(LARGEST_UNJUDGED, LARGEST_UNJUDGED, 1), Ok(()));
        assert_eq!(check_len(large, large, large / LARGEST_RATIO), Ok(()));
        let says = |values, size, packed, word: &str| {
            check_len(values, size, packed).is_err_and(|problem| problem.contains(word))
        };
        assert!(says(100, 99, 99, "has 99 bytes where its header says 100: it is truncated"));
        assert!(says(large, large, large / LARGEST_RATIO - 1, "the most is 200 times"));
    }

    #[test]
    fn a_header_of_too_many_signals_is_refused() {
        let header = |signals: u64| {
            let text =
                format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({signals}, 178, 178, 3), }}");
            let text = format!("{text:117}\n");
            let len = (text.len() as u16).to_le_bytes();
            let bytes = [b"\x93NUMPY\x01\x00".as_slice(), &len, text.as_bytes()].concat();
            shape_and_type(&NpyHeader::from_reader(&bytes[..]).expect("a header")).map(|(count, _)| count)
        };
        assert_eq!(header(MOST_SIGNALS), Ok(1_000_000));
        assert!(header(MOST_SIGNALS + 1).is_err_and(|why| why == "has 1000001 signals; the most is 1000000"));
    }
}
