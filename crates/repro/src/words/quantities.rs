//! What is measured: each quantity with its name, its unit, which way is better and how it is written.
//!
//! A quantity is a row of [`QUANTITIES`]; rows, tables, claims and `cmp` take it from there.

use std::ops::{Index, IndexMut};

use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};

/// A quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// PSNR before the first step.
    PsnrStart,
    /// PSNR after the last step.
    Psnr,
    /// Best PSNR along the fit.
    PsnrPeak,
    /// Structural similarity after the last step.
    Ssim,
    /// Mean absolute error of the signed distance near the surface.
    SdfNear,
    /// Mean absolute error of the signed distance over the cube.
    SdfUniform,
    /// Intersection over union of the insides.
    Iou,
    /// Chamfer distance.
    Chamfer,
    /// Meta-training, all rounds together.
    TrainSeconds,
    /// The fits of all signals.
    FitSeconds,
    /// A step of the fit of one signal, alone on the machine's threads.
    StepSeconds,
    /// What all signals share: the mask, if they share one.
    SharedBytes,
    /// What a signal has of its own: values as f32, and its mask, if it has its own.
    SignalBytes,
}

/// Which way a quantity is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The larger.
    Higher,
    /// The smaller.
    Lower,
}

/// Where a quantity stands in tables for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the first table, beside each data set.
    First,
    /// A column of the second table, where a row has it.
    Second,
    /// In rows alone.
    Rows,
}

/// A quantity's name, unit and ways.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantityKind {
    /// The quantity.
    pub quantity: Quantity,
    /// Its column in rows, with the unit: `psnr_db`, `train_s`; claims name it so.
    pub column: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// Its unit for people; empty for a pure number.
    pub unit: &'static str,
    /// Which way is better.
    pub better: Better,
    /// People read it times this.
    pub scale: f64,
    /// Decimals then.
    pub digits: usize,
    /// Whether each signal has it; others are of a cell.
    pub of_signals: bool,
    /// Where people read it.
    pub place: Place,
}

/// All quantities, in the order of columns.
pub const QUANTITIES: [QuantityKind; 13] = [
    signals(Quantity::PsnrStart, "psnr_start_db", "PSNR at the start", "dB", Better::Higher, 2, Place::Rows),
    signals(Quantity::Psnr, "psnr_db", "PSNR", "dB", Better::Higher, 2, Place::First),
    signals(Quantity::PsnrPeak, "psnr_peak_db", "best PSNR", "dB", Better::Higher, 2, Place::Rows),
    signals(Quantity::Ssim, "ssim", "SSIM", "", Better::Higher, 3, Place::First),
    thousandths(Quantity::SdfNear, "sdf_near", "|Δd| near"),
    thousandths(Quantity::SdfUniform, "sdf_uniform", "|Δd| cube"),
    signals(Quantity::Iou, "iou", "IoU", "", Better::Higher, 3, Place::Second),
    thousandths(Quantity::Chamfer, "chamfer", "Chamfer"),
    cells(Quantity::TrainSeconds, "train_s", "meta-training", "s"),
    cells(Quantity::FitSeconds, "fit_s", "fits", "s"),
    cells(Quantity::StepSeconds, "step_s", "step", "s"),
    cells(Quantity::SharedBytes, "shared_bytes", "bytes of all signals", "bytes"),
    cells(Quantity::SignalBytes, "signal_bytes", "bytes of a signal", "bytes"),
];

const fn signals(
    quantity: Quantity,
    column: &'static str,
    label: &'static str,
    unit: &'static str,
    better: Better,
    digits: usize,
    place: Place,
) -> QuantityKind {
    QuantityKind { quantity, column, label, unit, better, scale: 1.0, digits, of_signals: true, place }
}

/// A length of the cube [-1, 1]³, read in thousandths.
const fn thousandths(quantity: Quantity, column: &'static str, label: &'static str) -> QuantityKind {
    let kind = signals(quantity, column, label, "×10⁻³", Better::Lower, 2, Place::Second);
    QuantityKind { scale: 1e3, ..kind }
}

/// A cost of a cell.
const fn cells(
    quantity: Quantity,
    column: &'static str,
    label: &'static str,
    unit: &'static str,
) -> QuantityKind {
    let kind = signals(quantity, column, label, unit, Better::Lower, 2, Place::Rows);
    QuantityKind { of_signals: false, ..kind }
}

impl Quantity {
    /// Its row of [`QUANTITIES`].
    pub fn kind(self) -> &'static QuantityKind {
        &QUANTITIES[self.place()]
    }

    /// The quantity of a column; none if no quantity has it.
    pub fn of_column(column: &str) -> Option<Self> {
        QUANTITIES.iter().find(|kind| kind.column == column).map(|kind| kind.quantity)
    }

    const fn place(self) -> usize {
        self as usize
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.kind().column)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let column = String::deserialize(deserializer)?;
        Self::of_column(&column).ok_or_else(|| {
            let known: Vec<String> = QUANTITIES.iter().map(|kind| format!("`{}`", kind.column)).collect();
            D::Error::custom(format!("unknown variant `{column}`, expected one of {}", known.join(", ")))
        })
    }
}

/// A number, or none, of each quantity.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Values([Option<f64>; QUANTITIES.len()]);

impl Values {
    /// Those of some quantities; none of the others.
    pub fn of<const N: usize>(values: [(Quantity, f64); N]) -> Self {
        let mut all = Self::default();
        values.into_iter().for_each(|(quantity, value)| all[quantity] = Some(value));
        all
    }

    /// These, and those of the other where these have none.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i].or(other.0[i])))
    }
}

impl Index<Quantity> for Values {
    type Output = Option<f64>;

    fn index(&self, quantity: Quantity) -> &Option<f64> {
        &self.0[quantity.place()]
    }
}

impl IndexMut<Quantity> for Values {
    fn index_mut(&mut self, quantity: Quantity) -> &mut Option<f64> {
        &mut self.0[quantity.place()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_table_stand_at_their_quantities() {
        for (i, kind) in QUANTITIES.iter().enumerate() {
            assert_eq!(kind.quantity.place(), i, "{}", kind.column);
            assert_eq!(Quantity::of_column(kind.column), Some(kind.quantity));
        }
        assert_eq!(Quantity::of_column("psnr"), None);
    }
}
