//! `sdf2d`: the authors' signed distance fields, `data_2d_sdf.npz`, from the page of Learnit (Tancik et al.,
//! CVPR 2021).
//!
//! Two arrays, [n, 178, 178, 3], uint8 or float in 0 … 255, read as value / 255. The paper's loader asks for
//! the keys `train_data.npy` and `test_data.npy`; NumPy finds the members of these names as well as
//! `train_data.npy.npy`, and so does this reader. Values are checked once, on opening, and kept in memory as
//! bytes or f32.

use crate::crop::NATIVE_SIDE;
use crate::set::{Contents, Entry};
use crate::{DataError, Split, area_average};
use npyz::npz::NpzArchive;
use npyz::{DType, NpyFile, Order};
use std::io::Read;
use std::path::Path;

const SIGNAL_LEN: usize = NATIVE_SIDE * NATIVE_SIDE * 3;
const MOST_SIGNALS: u64 = 1_000_000;
const REMEDY: &str = "Get data_2d_sdf.npz again from Learnit's page, or save it with \
                      numpy.savez(file, train_data=…, test_data=…), each [n, 178, 178, 3], uint8 or float32 in 0 to 255";

/// [n, 178, 178, 3], row-major.
enum Values {
    Bytes(Vec<u8>),
    Floats(Vec<f32>),
}

pub(crate) fn open(file: &Path) -> Result<Contents, DataError> {
    let (file_name, train) =
        (file.file_name().unwrap_or_default().to_string_lossy(), read_member(file, "train_data.npy")?);
    let test = read_member(file, "test_data.npy")?;
    let entries = |name: &str, values: &Values| {
        let entry = |index| Entry { name: format!("{name}[{index}]"), stratum: 0 };
        (0..values.len()).map(entry).collect()
    };
    Ok(Contents {
        train: entries("train_data", &train),
        test: entries("test_data", &test),
        files: vec![(Split::Train, file_name.into_owned())], // one file for both parts
        read: Box::new(move |split, index, side| {
            let native = if split == Split::Train { train.signal(index) } else { test.signal(index) };
            Ok(area_average(&native, NATIVE_SIDE, 3, side))
        }),
    })
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Values::Bytes(values) => values.len() / SIGNAL_LEN,
            Values::Floats(values) => values.len() / SIGNAL_LEN,
        }
    }

    fn signal(&self, index: usize) -> Vec<f32> {
        let range = index * SIGNAL_LEN..(index + 1) * SIGNAL_LEN;
        match self {
            Values::Bytes(values) => values[range].iter().map(|&byte| f32::from(byte) / 255.0).collect(),
            Values::Floats(values) => values[range].iter().map(|&value| value / 255.0).collect(),
        }
    }
}

fn read_member(file: &Path, member: &str) -> Result<Values, DataError> {
    let broken = |why: std::io::Error| {
        DataError::content(file, format!("member {member} cannot be read ({why})"), REMEDY)
    };
    let opened = std::fs::File::open(file).map_err(|why| DataError::unreadable(file, why, REMEDY))?;
    let mut archive = NpzArchive::new(std::io::BufReader::new(opened)).map_err(broken)?;
    let mut found: Vec<String> = archive.array_names().map(|name| format!("{name}.npy")).collect();
    found.sort_unstable(); // the archive lists them in no order
    let key = [member.trim_end_matches(".npy"), member]
        .into_iter()
        .find(|key| found.contains(&format!("{key}.npy")));
    let Some(key) = key else {
        let problem = format!("there is no member {member} (found: {})", found.join(", "));
        return Err(DataError::content(file, problem, REMEDY));
    };
    match archive.by_name(key).map_err(broken)? {
        Some(array) => read_array(file, member, array),
        None => Err(DataError::content(file, format!("there is no member {member}"), REMEDY)),
    }
}

fn read_array(file: &Path, member: &str, array: NpyFile<impl Read>) -> Result<Values, DataError> {
    let wrong = |problem: String| DataError::content(file, format!("member {member} {problem}"), REMEDY);
    let shape = array.shape().to_vec();
    let side = NATIVE_SIDE as u64;
    if shape.len() != 4 || shape[1..] != [side, side, 3] || shape[0] > MOST_SIGNALS {
        return Err(wrong(format!("has the shape {shape:?}, not [n, {side}, {side}, 3]")));
    }
    if array.order() != Order::C {
        return Err(wrong("is in Fortran order; save it in C order (numpy.ascontiguousarray)".to_string()));
    }
    let dtype = match array.dtype() {
        DType::Plain(dtype) => dtype.to_string(),
        other => format!("{other:?}"),
    };
    let wide = match dtype.as_str() {
        "|u1" | "<u1" | "=u1" => 1,
        "<f4" => 4,
        "<f8" => 8,
        other => return Err(wrong(format!("has the type {other}, not |u1 (uint8), <f4 or <f8"))),
    };
    let expected = shape[0] * SIGNAL_LEN as u64 * wide;
    let mut bytes = Vec::new(); // grows with what is there, not with what the header promises
    let read = array
        .into_inner()
        .take(expected)
        .read_to_end(&mut bytes)
        .map_err(|why| wrong(format!("cannot be read ({why})")))?;
    if read as u64 != expected {
        return Err(wrong(format!("ends after {read} of {expected} bytes: it is truncated")));
    }
    match wide {
        1 => Ok(Values::Bytes(bytes)),
        4 => checked(
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
            wrong,
        ),
        _ => checked(
            bytes
                .chunks_exact(8)
                .map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32)
                .collect(),
            wrong,
        ),
    }
}

fn checked(values: Vec<f32>, wrong: impl Fn(String) -> DataError) -> Result<Values, DataError> {
    if let Some(at) = values.iter().position(|value| !(0.0..=255.0).contains(value)) {
        let (signal, pixel) = (at / SIGNAL_LEN, at % SIGNAL_LEN / 3);
        let index = [signal, pixel / NATIVE_SIDE, pixel % NATIVE_SIDE, at % 3];
        return Err(wrong(format!("has the value {} at {index:?}, not one in 0 to 255", values[at])));
    }
    if values.iter().all(|&value| value <= 1.0) && !values.is_empty() {
        return Err(wrong(
            "has no value above 1: it seems to be divided by 255 already; multiply it by 255".to_string(),
        ));
    }
    Ok(Values::Floats(values))
}
