//! DeepSDF's samples of a shape: `pos` and `neg` of an npz, N × 4, each row x, y, z, signed distance.
//!
//! Rows with a number that is not finite are dropped and counted, as DeepSDF and MetaSDF do (`remove_nans`). A
//! signal takes half of its samples from either array (MetaSDF, levelset_data.py), of the rows of even place in a
//! random order under the file's name; the rows of odd place are what a fit is measured against, and the surface
//! is those of all rows whose |d| is smallest: neither a mesh nor a formula is known.

use crate::error::DataError;
use crate::files::npz::{Archive, Member, type_name};
use crate::random::Stream;
use crate::signal::{Held, HeldSizes, Scattered};
use npyz::Order;
use std::io::Read;
use std::path::Path;

const REMEDY: &str = "Make it again with DeepSDF's preprocess_data.py (arrays `pos` and `neg`, float32, N × 4), or take \
                      it out of the folder";
const SIGNS_REMEDY: &str = "Negate the distances, or exchange the arrays, so that the inside is negative, or take it out of the folder";
const SCALE_REMEDY: &str = "Scale points and distances so that the shape's farthest point has radius 1/1.03, or take \
                            it out of the folder";
/// Ten times as many as DeepSDF makes of a shape.
const MOST_ROWS: u64 = 5_000_000;
/// DeepSDF's shapes lie within 1, its samples within 2.
const FARTHEST: f32 = 5.0;
const NEAREST: f32 = 0.1;
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
/// A file that cannot be read or is no npz, lacks an array, or has one of another shape or type, without rows, with
/// distances of the wrong sign, or far outside the cube.
pub(crate) fn read(file: &Path) -> Result<Samples, DataError> {
    let (positive, dropped_positive) = rows(file, "pos")?;
    let (negative, dropped_negative) = rows(file, "neg")?;
    for (key, rows) in [("pos", &positive), ("neg", &negative)] {
        if rows.len() < 4 {
            let problem = format!("`{key}` has {} rows of finite numbers, too few to sample", rows.len());
            return Err(DataError::content(file, problem, REMEDY));
        }
    }
    check_signs(&positive, &negative).map_err(|problem| DataError::content(file, problem, SIGNS_REMEDY))?;
    check_extent(&positive, &negative).map_err(|problem| DataError::content(file, problem, SCALE_REMEDY))?;
    Ok(Samples { positive, negative, dropped: dropped_positive + dropped_negative })
}

/// DeepSDF puts d > 0 into `pos` and the rest into `neg`; zero has no sign to be wrong.
fn check_signs(positive: &[[f32; 4]], negative: &[[f32; 4]]) -> Result<(), String> {
    let below = positive.iter().filter(|row| row[3] < 0.0).count();
    let above = negative.iter().filter(|row| row[3] > 0.0).count();
    if below + above == 0 {
        return Ok(());
    }
    let why = match (below == positive.len(), above == negative.len()) {
        (true, true) => "the signs are swapped: a distance is negative inside",
        _ => "`pos` is for d ≥ 0 (outside), `neg` for d ≤ 0 (inside)",
    };
    let (all_positive, all_negative) = (positive.len(), negative.len());
    Err(format!(
        "{below} of {all_positive} rows of `pos` have d < 0, {above} of {all_negative} of `neg` have d > 0; {why}"
    ))
}

/// Refuses shapes of another scale than the cube's: millimetres, a scan in metres.
fn check_extent(positive: &[[f32; 4]], negative: &[[f32; 4]]) -> Result<(), String> {
    let all = || positive.iter().chain(negative);
    let farthest = all().flat_map(|row| [row[0], row[1], row[2]]).fold(0.0, |far: f32, x| far.max(x.abs()));
    let deepest = all().fold(0.0, |far: f32, row| far.max(row[3].abs()));
    if farthest > FARTHEST {
        return Err(format!(
            "a coordinate is {farthest} from 0, more than {FARTHEST}; the shape's cube is [-1, 1]³"
        ));
    }
    if deepest > 2.0 * FARTHEST {
        return Err(format!(
            "a distance is {deepest}, more than {}; the shape's cube is [-1, 1]³",
            2.0 * FARTHEST
        ));
    }
    if farthest < NEAREST {
        return Err(format!("all coordinates are within {farthest} of 0; the shape's cube is [-1, 1]³"));
    }
    Ok(())
}

/// The finite rows of an array, and how many are not.
fn rows(file: &Path, key: &str) -> Result<(Vec<[f32; 4]>, usize), DataError> {
    let wrong = |problem: String| DataError::content(file, problem, REMEDY);
    let opened = std::fs::File::open(file).map_err(|why| DataError::unreadable(file, why, REMEDY))?;
    let mut archive = Archive::new(opened).map_err(|why| wrong(format!("it is no npz archive ({why})")))?;
    let name = [format!("{key}.npy"), key.to_string()].into_iter().find(|name| archive.names.contains(name));
    let Some(name) = name else {
        let found: Vec<&str> =
            archive.names.iter().map(|name| name.strip_suffix(".npy").unwrap_or(name)).collect();
        return Err(wrong(format!("there is no array `{key}` (found: {})", found.join(", "))));
    };
    let member = archive.member(&name).map_err(|why| wrong(format!("`{key}` cannot be read ({why})")))?;
    let numbers = numbers(member).map_err(|problem| wrong(format!("`{key}` {problem}")))?;
    let all = numbers.chunks_exact(4).map(|row| [row[0], row[1], row[2], row[3]]);
    let finite: Vec<[f32; 4]> = all.filter(|row| row.iter().all(|number| number.is_finite())).collect();
    let dropped = numbers.len() / 4 - finite.len();
    Ok((finite, dropped))
}

/// The entries of an array [n, 4] of f32 or f64; an error is the rest of a sentence about it.
fn numbers(mut member: Member) -> Result<Vec<f32>, String> {
    let (shape, order) = (member.header.shape().to_vec(), member.header.order());
    if shape.len() != 2 || shape[1] != 4 || order != Order::C {
        return Err(format!("has the shape {shape:?} in {order:?} order, not [n, 4] in C order"));
    }
    let wide = match type_name(&member.header).as_str() {
        "<f4" => 4,
        "<f8" => 8,
        other => return Err(format!("has the type {other}, not <f4 or <f8")),
    };
    if shape[0] > MOST_ROWS {
        return Err(format!("has {} rows; the most is {MOST_ROWS} (DeepSDF makes 500,000)", shape[0]));
    }
    let expected = shape[0] * 4 * wide;
    let mut bytes = Vec::new();
    let read = (&mut member.stream).take(expected).read_to_end(&mut bytes);
    let read = read.map_err(|why| format!("is damaged ({why})"))?;
    if read as u64 != expected {
        return Err(format!("ends after {read} of {expected} bytes: it is truncated"));
    }
    member.end()?;
    let narrow = |b: &[u8]| match *b {
        [a, b, c, d] => f32::from_le_bytes([a, b, c, d]),
        [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]) as f32,
        _ => f32::NAN,
    };
    Ok(bytes.chunks_exact(wide as usize).map(narrow).collect())
}

/// What of a shape cannot be measured: no held-out sample near the surface, or none far from it.
pub(crate) fn lack(samples: &Samples, name: &str) -> Option<&'static str> {
    let held = halves(samples, name, 1).concat();
    match held.iter().filter(|row| row[3].abs() < NEAR).count() {
        0 => Some("no samples with |d| < 0.1, so that sdf_near is empty"),
        near if near == held.len() => Some("no samples with |d| ≥ 0.1, so that sdf_uniform is empty"),
        _ => None,
    }
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
