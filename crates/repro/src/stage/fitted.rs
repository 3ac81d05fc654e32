//! The fitted networks of a run: surviving values only, in the layout they began with or, pruned on the way, each in
//! its own.
//!
//! While fits go on, `fitted/<place>.safetensors` holds one signal; when all are there they become `fitted.safetensors`:
//! `values` [signals, entries] f32, `psnr_db` [signals, steps + 1] f64 and, of networks pruned on the way, `kept`
//! [signals, weights] u32: places of the surviving weights, layer by layer as one list of the dense network's weights.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use inr_core::file::{Array, TensorFile, save_arrays};
use inr_core::{Layout, Params};
use meta::fit::Fit;

use crate::store::Run;

const WHOLE: &str = "fitted.safetensors";
const PARTS: &str = "fitted";

/// The networks that all signals of a run were fitted with.
pub struct Fitted {
    initial: Params<f32>,
    values: Vec<f32>,
    kept: Option<Vec<u32>>,
    signals: usize,
}

impl Fitted {
    /// Those of a run of fits that began with a network.
    ///
    /// # Errors
    /// If the file is missing, damaged, or of another network.
    pub fn open(dir: &Path, initial: Params<f32>) -> Result<Self> {
        let path = dir.join(WHOLE);
        let file = TensorFile::read_own(&path)?;
        let (shape, values) = file.get("values")?;
        let &[signals, _] = shape else {
            anyhow::bail!("{}: values of shape {shape:?}; expected [signals, entries]", path.display());
        };
        let values = values.into_iter().map(|value| value as f32).collect();
        let kept = match file.has("kept") {
            true => Some(file.whole_numbers("kept")?.1),
            false => None,
        };
        let fitted = Self { initial, values, kept, signals };
        let entries = fitted.layout(0).len();
        ensure!(
            shape == [signals, entries],
            "{}: {shape:?} values, but its networks have {entries}; delete its folder to fit anew",
            path.display()
        );
        Ok(fitted)
    }

    /// The network of the signal at a place among the test signals.
    pub fn params(&self, place: usize) -> Params<f32> {
        let len = self.values.len() / self.signals;
        Params::new(self.layout(place), self.values[place * len..(place + 1) * len].to_vec())
    }

    /// The network they all began with.
    pub fn initial(&self) -> &Params<f32> {
        &self.initial
    }

    fn layout(&self, place: usize) -> Arc<Layout> {
        let Some(kept) = &self.kept else { return self.initial.layout().clone() };
        let len = kept.len() / self.signals;
        Arc::new(narrowed(self.initial.layout(), &kept[place * len..(place + 1) * len]))
    }
}

/// The places of the surviving weights, layer by layer as one list of the dense network's weights.
fn places(layout: &Layout) -> Vec<u32> {
    let mut before = 0;
    let mut places = Vec::with_capacity(layout.weights());
    for leaf in layout.weight_leaves() {
        let all = (leaf.rows * leaf.cols) as u32;
        match &leaf.kept {
            None => places.extend(before..before + all),
            Some(kept) => places.extend(kept.iter().map(|&place| before + place)),
        }
        before += all;
    }
    places
}

/// The inverse of [`places`].
fn narrowed(layout: &Layout, places: &[u32]) -> Layout {
    let (mut before, mut rest) = (0, places);
    let kept = layout.weight_leaves().map(|leaf| {
        let end = before + (leaf.rows * leaf.cols) as u32;
        let (own, others) = rest.split_at(rest.partition_point(|&place| place < end));
        let own = own.iter().map(|&place| place - before).collect();
        (before, rest) = (end, others);
        own
    });
    let kept = kept.collect();
    Layout::sparse(layout.siren().clone(), kept)
}

fn part(run: &Run, place: usize) -> std::path::PathBuf {
    run.path(PARTS).join(format!("{place}.safetensors"))
}

/// Keeps the fit of one signal, as a whole or not at all.
pub(super) fn keep(run: &Run, place: usize, fit: &Fit<f32>, is_pruned: bool) -> Result<()> {
    let folder = run.path(PARTS);
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let (values, psnr_db) = (fit.params.values().to_vec(), fit.psnr_db.clone());
    let mut arrays = vec![
        ("values", vec![values.len()], Array::F32(values)),
        ("psnr_db", vec![psnr_db.len()], Array::F64(psnr_db)),
    ];
    if is_pruned {
        let kept = places(fit.params.layout());
        arrays.push(("kept", vec![kept.len()], Array::U32(kept)));
    }
    Ok(save_arrays(&part(run, place), &arrays, &[("run", run.id()), ("place", place.to_string())])?)
}

/// Whether the fit of a signal is kept. One that is not as it was written, or is another's, is not.
pub(super) fn is_kept(run: &Run, place: usize) -> bool {
    part(run, place).exists() && read_part(run, place).is_ok()
}

fn read_part(run: &Run, place: usize) -> Result<TensorFile> {
    let path = part(run, place);
    let file = TensorFile::read_own(&path)?;
    let is_own =
        file.metadata("run") == Some(&run.id()) && file.metadata("place") == Some(&place.to_string());
    ensure!(is_own, "{}: the fit of another signal", path.display());
    Ok(file)
}

/// Makes one file of the parts; returns the PSNR along each fit, dB.
pub(super) fn gather(run: &Run, signals: usize) -> Result<Vec<Vec<f64>>> {
    let (mut values, mut kept, mut curves) = (Vec::new(), Vec::new(), Vec::new());
    for place in 0..signals {
        let file = read_part(run, place)?;
        values.extend(file.get("values")?.1.into_iter().map(|value| value as f32));
        curves.push(file.get("psnr_db")?.1);
        if file.has("kept") {
            kept.extend(file.whole_numbers("kept")?.1);
        }
    }
    let per_signal = |len: usize| vec![signals, len / signals];
    let psnr_db = curves.concat();
    let mut arrays = vec![
        ("values", per_signal(values.len()), Array::F32(values)),
        ("psnr_db", per_signal(psnr_db.len()), Array::F64(psnr_db)),
    ];
    if !kept.is_empty() {
        arrays.push(("kept", per_signal(kept.len()), Array::U32(kept)));
    }
    save_arrays(&run.path(WHOLE), &arrays, &[])?;
    Ok(curves)
}

/// Takes the parts away, once all that is made of them is written.
pub(super) fn clear(run: &Run) {
    std::fs::remove_dir_all(run.path(PARTS)).ok();
}

#[cfg(test)]
mod tests {
    use super::*;
    use inr_core::Siren;

    #[test]
    fn places_of_weights_there_and_back() {
        let siren = Siren::new(2, 3, 2, 1, 30.0);
        let sparse = Layout::sparse(siren.clone(), vec![vec![0, 3], vec![0, 5, 6], vec![1]]);
        assert_eq!(places(&sparse), [0, 3, 6, 11, 12, 16]);
        let back = narrowed(&Layout::dense(siren), &places(&sparse));
        let kept = |layout: &Layout| layout.weight_leaves().map(|leaf| leaf.kept.clone()).collect::<Vec<_>>();
        assert_eq!(kept(&back), kept(&sparse));
    }
}
