//! DeepSDF's samples of a shape: `pos` and `neg` of an npz, N × 4, each row x, y, z, signed distance.
//!
//! Rows with a number that is not finite are dropped and counted, as DeepSDF and MetaSDF do (`remove_nans`). A
//! signal takes half of its samples from either array (MetaSDF, levelset_data.py), of the rows of even place in a
//! random order under the file's name; the rows of odd place are what a fit is measured against, and the surface
//! is those of all rows whose |d| is smallest: neither a mesh nor a formula is known.

use super::sampling::{Held, HeldSizes, Scattered};
use crate::DataError;
use crate::random::Stream;
use npyz::npz::NpzArchive;
use npyz::{DType, NpyFile, Order};
use std::io::Read;
use std::path::Path;

const REMEDY: &str = "Make it again with DeepSDF's preprocess_data.py (arrays `pos` and `neg`, float32, N × 4), or take \
                      it out of the folder";
/// DeepSDF clamps distances here; below it a sample counts as near the surface.
const NEAR: f32 = 0.1;

/// The samples of a shape: outside and inside, [x, y, z, d] a row.
#[derive(Debug, PartialEq)]
pub(crate) struct Samples {
    pub positive: Vec<[f32; 4]>,
    pub negative: Vec<[f32; 4]>,
    /// Rows left out because a number of theirs is not finite.
    pub dropped: usize,
}

/// # Errors
/// A file that cannot be read or is no npz, lacks an array, or has one of another shape or type, or without rows.
pub(crate) fn read(file: &Path) -> Result<Samples, DataError> {
    let (positive, dropped_positive) = rows(file, "pos")?;
    let (negative, dropped_negative) = rows(file, "neg")?;
    for (key, rows) in [("pos", &positive), ("neg", &negative)] {
        if rows.len() < 4 {
            let problem = format!("`{key}` has {} rows of finite numbers, too few to sample", rows.len());
            return Err(DataError::content(file, problem, REMEDY));
        }
    }
    Ok(Samples { positive, negative, dropped: dropped_positive + dropped_negative })
}

/// The finite rows of an array, and how many are not.
fn rows(file: &Path, key: &str) -> Result<(Vec<[f32; 4]>, usize), DataError> {
    let wrong = |problem: String| DataError::content(file, problem, REMEDY);
    let broken = |why: std::io::Error| wrong(format!("`{key}` cannot be read ({why})"));
    let opened = std::fs::File::open(file).map_err(|why| DataError::unreadable(file, why, REMEDY))?;
    let mut archive = NpzArchive::new(std::io::BufReader::new(opened))
        .map_err(|why| wrong(format!("it is no npz archive ({why})")))?;
    let mut found: Vec<String> = archive.array_names().map(String::from).collect();
    found.sort_unstable();
    let Some(array) = archive.by_name(key).map_err(broken)? else {
        return Err(wrong(format!("there is no array `{key}` (found: {})", found.join(", "))));
    };
    let shape = array.shape().to_vec();
    if shape.len() != 2 || shape[1] != 4 || array.order() != Order::C {
        return Err(wrong(format!(
            "`{key}` has the shape {shape:?} in {:?} order, not [n, 4] in C order",
            array.order()
        )));
    }
    let numbers = numbers(array, &|problem| wrong(format!("`{key}` {problem}")))?;
    let all: Vec<[f32; 4]> = numbers.chunks_exact(4).map(|row| [row[0], row[1], row[2], row[3]]).collect();
    let finite: Vec<[f32; 4]> =
        all.iter().copied().filter(|row| row.iter().all(|number| number.is_finite())).collect();
    let dropped = all.len() - finite.len();
    Ok((finite, dropped))
}

/// The entries of an array of f32 or f64; what is read grows with the file, not with what its header promises.
fn numbers(array: NpyFile<impl Read>, wrong: &dyn Fn(String) -> DataError) -> Result<Vec<f32>, DataError> {
    let dtype = match array.dtype() {
        DType::Plain(dtype) => dtype.to_string(),
        other => format!("{other:?}"),
    };
    let wide = match dtype.as_str() {
        "<f4" => 4,
        "<f8" => 8,
        other => return Err(wrong(format!("has the type {other}, not <f4 or <f8"))),
    };
    let expected = array.shape()[0].saturating_mul(4 * wide);
    let mut bytes = Vec::new();
    let read = array.into_inner().take(expected).read_to_end(&mut bytes);
    let read = read.map_err(|why| wrong(format!("cannot be read ({why})")))?;
    if read as u64 != expected {
        return Err(wrong(format!("ends after {read} of {expected} bytes: it is truncated")));
    }
    let narrow = |b: &[u8]| match *b {
        [a, b, c, d] => f32::from_le_bytes([a, b, c, d]),
        [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]) as f32,
        _ => f32::NAN,
    };
    Ok(bytes.chunks_exact(wide as usize).map(narrow).collect())
}

/// The signal of samples, [side³, 4], inside and outside in turns; samples are repeated if there are too few.
pub(crate) fn signal(samples: &Samples, name: &str, side: usize) -> Vec<f32> {
    let count = side * side * side;
    let [outside, inside] = halves(samples, name, 0);
    let row = |i: usize| {
        let half = if i.is_multiple_of(2) { &outside } else { &inside };
        half[i / 2 % half.len()]
    };
    (0..count).flat_map(row).collect()
}

/// Rows of even (0) or odd (1) place in a random order, outside and inside.
fn halves(samples: &Samples, name: &str, parity: usize) -> [Vec<[f32; 4]>; 2] {
    [("pos", &samples.positive), ("neg", &samples.negative)].map(|(key, rows)| {
        let order = Stream::named(&[name, key]).permutation(rows.len());
        order.iter().skip(parity).step_by(2).map(|&row| rows[row]).collect()
    })
}

/// What a fit to samples is measured against.
pub(crate) fn held(samples: &Samples, name: &str, sizes: HeldSizes) -> Held {
    let [outside, inside] = halves(samples, name, 1);
    let longest = outside.len().max(inside.len());
    let in_turns = (0..longest).flat_map(|i| outside.get(i).into_iter().chain(inside.get(i)));
    let (near, far): (Vec<&[f32; 4]>, Vec<&[f32; 4]>) = in_turns.partition(|row| row[3].abs() < NEAR);
    let scattered = |rows: &[&[f32; 4]]| {
        let rows = &rows[..rows.len().min(sizes.samples)];
        Scattered {
            coords: rows.iter().flat_map(|row| [row[0], row[1], row[2]]).collect(),
            values: rows.iter().map(|row| row[3]).collect(),
        }
    };
    let mut all: Vec<&[f32; 4]> = samples.positive.iter().chain(&samples.negative).collect();
    all.sort_by(|a, b| a[3].abs().total_cmp(&b[3].abs()));
    // Beyond a tenth of all samples the smallest distances are no longer small.
    all.truncate(sizes.surface.min(all.len() / 10).max(1));
    let surface = all.iter().flat_map(|row| [row[0], row[1], row[2]]).collect();
    Held { near: scattered(&near), uniform: scattered(&far), surface, grid: Vec::new() }
}
