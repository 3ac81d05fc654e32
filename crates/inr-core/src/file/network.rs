//! A network, its frequency and its optimiser's state out of a file's tensors.

use std::sync::Arc;

use super::numbers::Numbers;
use super::tensors::TensorFile;
use crate::error::FileError;
use crate::layout::{Layout, Leaf};
use crate::optim::Adam;
use crate::params::{Params, from_full};
use crate::real::Real;
use crate::siren::{LeafKind, Siren};

/// Other words for a frequency. Such an entry may not say anything else than `w0`: one number holds for every layer.
const OTHER_FREQUENCIES: &[&str] = &[
    "W0",
    "w0_initial",
    "first_w0",
    "hidden_w0",
    "omega",
    "omega0",
    "omega_0",
    "first_omega",
    "hidden_omega",
    "first_omega_0",
    "hidden_omega_0",
];

impl TensorFile {
    /// The frequency in the metadata; none where they carry no `w0` (the authors' files do not).
    ///
    /// # Errors
    /// If it is not a finite positive number, or another entry gives a frequency that differs from it.
    pub fn w0(&self) -> Result<Option<f64>, FileError> {
        let number = |key: &str, text: &str| {
            let parsed = text.parse().ok().filter(|w0: &f64| *w0 > 0.0 && w0.is_finite());
            let reason =
                || format!("{key} is {text:?}; expected a positive number, as in {{\"w0\": \"200\"}}");
            parsed.ok_or_else(|| self.leaf_error("metadata", reason()))
        };
        let w0 = self.metadata("w0").map(|text| number("w0", text)).transpose()?;
        for &key in OTHER_FREQUENCIES {
            let Some(other) = self.metadata(key).map(|text| number(key, text)).transpose()? else { continue };
            if w0 != Some(other) {
                let known = w0.map_or("there is no w0".into(), |w0| format!("w0 is {w0}"));
                let rule = "a network here has one frequency, w0, in every sine layer";
                return Err(self.leaf_error("metadata", format!("{key} is {other}, but {known}; {rule}")));
            }
        }
        Ok(w0)
    }

    /// The network in the file: shape from its leaves, mask from `weight_mask` where present.
    ///
    /// `w0_if_absent` is used where the metadata carry no `w0`; [`TensorFile::w0`] tells whether they do.
    ///
    /// # Errors
    /// If a leaf is missing, of a shape that does not follow its neighbours, or not finite in `T`; if a mask is not of
    /// zeros and ones; if the file goes on with leaves that such a network does not have; if there is no positive w0.
    pub fn params<T: Real>(&self, w0_if_absent: f64) -> Result<Params<T>, FileError> {
        let siren = self.siren(w0_if_absent)?;
        self.check_nothing_more(siren.layers())?;
        let masks = (0..siren.layers()).map(|l| self.kept(l)).collect::<Result<Vec<_>, _>>()?;
        let layout = match masks.iter().all(Option::is_none) {
            true => Layout::dense(siren),
            false => {
                let all = |l: usize| (0..(siren.widths[l] * siren.widths[l + 1]) as u32).collect();
                let kept = masks.into_iter().enumerate().map(|(l, m)| m.unwrap_or_else(|| all(l))).collect();
                Layout::sparse(siren, kept)
            }
        };
        let mut values = Vec::with_capacity(layout.len());
        for leaf in layout.leaves() {
            values.extend(self.leaf_values::<T>(leaf)?);
        }
        Ok(Params::new(Arc::new(layout), values))
    }

    /// The shape of a leaf's values, e.g. of `layers.0.linear.weight`, whether it is pruned or not.
    ///
    /// # Errors
    /// If the leaf is missing, or there are both its values and its values before pruning.
    pub fn shape_of_leaf(&self, leaf: &str) -> Result<&[usize], FileError> {
        self.shape(&self.stored_name(leaf)?)
    }

    /// The surviving entries of a leaf. Pruned ones have to be finite as well: to torch, 0 · NaN is NaN.
    fn leaf_values<T: Real>(&self, leaf: &Leaf) -> Result<Vec<T>, FileError> {
        let name = self.stored_name(&leaf.name)?;
        let (shape, full) = self.numbers(&name, Numbers::Values)?;
        let expected: &[usize] =
            if leaf.kind == LeafKind::Weight { &[leaf.rows, leaf.cols] } else { &[leaf.rows] };
        if shape != expected {
            return Err(self.leaf_error(&name, format!("shape {shape:?}; expected {expected:?}")));
        }
        let full = self.finite(&name, &full)?;
        Ok(from_full(leaf, &full))
    }

    /// Values in the precision asked for, if all are finite there.
    fn finite<T: Real>(&self, name: &str, values: &[f64]) -> Result<Vec<T>, FileError> {
        let converted: Vec<T> = values.iter().map(|&v| T::from_f64(v)).collect();
        match converted.iter().position(|v| !v.is_finite()) {
            None => Ok(converted),
            Some(at) => {
                let reason =
                    format!("holds {:?}, no finite number in {}; train it anew", values[at], T::NAME);
                Err(self.leaf_error(name, reason))
            }
        }
    }

    /// `weight_orig` where a pruned leaf stores its values, else the name itself.
    fn stored_name(&self, leaf: &str) -> Result<String, FileError> {
        let orig = format!("{leaf}_orig");
        match (self.has(leaf), self.has(&orig)) {
            (true, true) => {
                Err(self.leaf_error(&orig, format!("stands beside {leaf}; leave one of them out")))
            }
            (false, true) => Ok(orig),
            _ => Ok(leaf.to_string()),
        }
    }

    fn siren(&self, w0_if_absent: f64) -> Result<Siren, FileError> {
        let widths = self.widths()?;
        let w0 = self.w0()?.unwrap_or(w0_if_absent);
        if !(w0 > 0.0 && w0.is_finite()) {
            let reason = "no w0, the frequency of the network's sine layers; save it with the file";
            return Err(self.leaf_error("metadata", reason.into()));
        }
        Ok(Siren { widths, w0 })
    }

    /// Widths of all layers, from the shapes of the weights.
    fn widths(&self) -> Result<Vec<usize>, FileError> {
        let mut widths: Vec<usize> = Vec::new();
        for layer in 0.. {
            let name = self.stored_name(&format!("layers.{layer}.linear.weight"))?;
            if layer > 0 && !self.has(&name) {
                break;
            }
            let shape = self.shape(&name)?;
            let &[rows, cols] = shape else {
                return Err(self.leaf_error(&name, format!("shape {shape:?}; expected [out, in]")));
            };
            let last = widths.last().copied().unwrap_or(cols);
            if last != cols {
                let before = format!("as layer {} has {last} outputs", layer - 1);
                return Err(
                    self.leaf_error(&name, format!("shape {shape:?}; expected [out, {last}], {before}"))
                );
            }
            if rows.saturating_mul(cols) > u32::MAX as usize {
                return Err(self.leaf_error(&name, format!("shape {shape:?} has 2^32 entries or more")));
            }
            if layer == 0 {
                widths.push(cols);
            }
            widths.push(rows);
        }
        if widths.len() < 3 || widths.contains(&0) {
            return Err(self.leaf_error("layers", format!("widths {widths:?} are no SIREN")));
        }
        Ok(widths)
    }

    /// A file that leaves out a layer, or has leaves of another kind of layer, is another network.
    fn check_nothing_more(&self, layers: usize) -> Result<(), FileError> {
        let known: std::collections::HashSet<String> = (0..layers)
            .flat_map(|l| {
                ["weight", "weight_orig", "weight_mask", "bias"].map(|n| format!("layers.{l}.linear.{n}"))
            })
            .collect();
        let is_more = |name: &&str| {
            let of_layers = name.starts_with("layers.") && !known.contains(*name);
            of_layers && (self.is_floating(name) || name.ends_with("_mask"))
        };
        match self.names().find(is_more) {
            None => Ok(()),
            Some(name) => {
                let last = layers - 1;
                let reason = format!("no part of the SIREN of layers 0 to {last} that the file begins with");
                Err(self.leaf_error(name, reason + "; a layer is missing, or this is another network"))
            }
        }
    }

    /// Flat indices of the weights a layer keeps; none if it has no mask.
    fn kept(&self, layer: usize) -> Result<Option<Vec<u32>>, FileError> {
        let leaf = format!("layers.{layer}.linear.weight");
        let (name, values) = (format!("{leaf}_mask"), self.stored_name(&leaf)?);
        if !self.has(&name) {
            return match values == leaf {
                true => Ok(None),
                false => Err(self.leaf_error(&values, format!("there is no {name} to it; save both"))),
            };
        }
        let (shape, mask) = self.numbers(&name, Numbers::Mask)?;
        let expected = self.shape(&values)?;
        if shape != expected {
            return Err(
                self.leaf_error(&name, format!("shape {shape:?}; expected {expected:?}, as {values}"))
            );
        }
        if let Some(at) = mask.iter().position(|&m| m != 0.0 && m != 1.0) {
            return Err(
                self.leaf_error(&name, format!("{:?} at entry {at}; expected zeros and ones", mask[at]))
            );
        }
        Ok(Some((0u32..).zip(mask).filter(|(_, m)| *m == 1.0).map(|(i, _)| i).collect()))
    }

    /// The Adam state in the file, for a layout of `len` entries.
    ///
    /// # Errors
    /// If a moment or the step is missing, of another length, or no number that Adam can have left there.
    pub fn adam<T: Real>(&self, lr: f64, len: usize) -> Result<Adam<T>, FileError> {
        let moment = |name: &str| -> Result<Vec<T>, FileError> {
            let (shape, values) = self.get(name)?;
            match shape == [len] {
                true => self.finite(name, &values),
                false => Err(self.leaf_error(name, format!("shape {shape:?}; expected [{len}]"))),
            }
        };
        let step = self
            .metadata("adam.step")
            .ok_or_else(|| self.leaf_error("metadata", "adam.step is missing".into()))?;
        let count = || self.leaf_error("metadata", format!("adam.step is {step:?}; expected a count"));
        let step = step.parse().map_err(|_| count())?;
        let (exp_avg, exp_avg_sq) = (moment("adam.exp_avg")?, moment("adam.exp_avg_sq")?);
        if exp_avg_sq.iter().any(|&v| v < T::default()) {
            return Err(self.leaf_error("adam.exp_avg_sq", "a mean of squares is below 0; train anew".into()));
        }
        Ok(Adam { lr, step, exp_avg, exp_avg_sq })
    }
}
