//! What is compared, how far apart two correct programs may be, and the largest deviations met.

use std::collections::BTreeMap;

use serde::Serialize;

use super::log::Precision;

/// The largest deviation of one quantity, and what is allowed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deviation {
    /// What was compared.
    pub quantity: String,
    /// Where the largest deviation was met.
    pub at: String,
    /// How many values were compared.
    pub compared: usize,
    /// The largest deviation, in the quantity's own measure; infinite (`null` in JSON) if one is no number.
    pub largest: f64,
    /// What is allowed; none where the quantity is only reported.
    pub tolerance: Option<f64>,
    /// `within`, `EXCEEDED` or `reported only`.
    pub verdict: &'static str,
}

/// The verdict on a deviation beyond its tolerance.
const EXCEEDED: &str = "EXCEEDED";

fn verdict(largest: f64, tolerance: Option<f64>) -> &'static str {
    match tolerance {
        _ if !largest.is_finite() => EXCEEDED,
        None => "reported only",
        Some(tolerance) if largest <= tolerance => "within",
        Some(_) => EXCEEDED,
    }
}

impl Deviation {
    /// Whether the deviation is within its tolerance. What is no number is within none.
    pub fn holds(&self) -> bool {
        self.verdict != EXCEEDED
    }
}

/// The network a fit starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FitFrom {
    /// The trajectory's own after that phase, where it is kept: the fit is judged by itself.
    Trajectory,
    /// The replayed one: the fit adds to what training has deviated by.
    Replay,
}

/// What is allowed of PSNR along a fit, dB; none: only reported.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PsnrTolerances {
    /// Before the first step.
    pub start_db: Option<f64>,
    /// At any step.
    pub any_db: Option<f64>,
    /// After the last step.
    pub end_db: Option<f64>,
}

impl PsnrTolerances {
    fn all(db: f64) -> Self {
        Self { start_db: Some(db), any_db: Some(db), end_db: Some(db) }
    }

    /// The same quantities judged, with another bound.
    pub fn with(self, db: f64) -> Self {
        let set = |known: Option<f64>| known.map(|_| db);
        Self { start_db: set(self.start_db), any_db: set(self.any_db), end_db: set(self.end_db) }
    }
}

/// What is allowed: relative for losses, norm of the difference over norm for leaves, dB, entries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tolerances {
    /// Inner and outer losses, relative.
    pub losses: f64,
    /// Meta-gradient of step 0, a leaf.
    pub meta_gradient: f64,
    /// Parameters after a phase, a leaf.
    pub params: f64,
    /// Fits from the trajectory's own networks.
    pub fits: PsnrTolerances,
    /// Fits from the replayed networks.
    pub replayed_fits: PsnrTolerances,
    /// Mask entries that may differ, of all phases together the worst.
    pub mask_entries: f64,
}

impl Tolerances {
    /// The tolerances of a precision and a size, a factor of five or so above what one rounding does to
    /// PyTorch itself. `full` is width 128 or more. There a fit multiplies a difference of its start by 10⁶ dB in its
    /// middle, so that an f32 fit is judged by its ends, and an f64 fit in whole only from the trajectory's own
    /// network (DETAILS.md, "Numerics": PyTorch does not meet its own curve any better).
    pub fn of(precision: Precision, width: usize) -> Self {
        match (precision, width >= 128) {
            (Precision::F64, full) => Self {
                losses: 1e-9,
                meta_gradient: 1e-8,
                params: 1e-8,
                fits: PsnrTolerances::all(1e-6),
                replayed_fits: match full {
                    false => PsnrTolerances::all(1e-6),
                    true => PsnrTolerances { start_db: Some(1e-6), any_db: None, end_db: None },
                },
                mask_entries: 0.0,
            },
            (Precision::F32, false) => Self {
                losses: 5e-5,
                meta_gradient: 1e-4,
                params: 1e-4,
                fits: PsnrTolerances::all(0.1),
                replayed_fits: PsnrTolerances::all(0.1),
                mask_entries: 0.0,
            },
            (Precision::F32, true) => {
                let ends = PsnrTolerances { start_db: Some(0.02), any_db: None, end_db: Some(0.5) };
                Self {
                    losses: 1e-3,
                    meta_gradient: 1e-4,
                    params: 2e-3,
                    fits: ends,
                    replayed_fits: ends,
                    mask_entries: 30.0,
                }
            }
        }
    }
}

/// A quantity that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// Inner and outer losses.
    Losses,
    /// Meta-gradient of step 0.
    MetaGradient,
    /// Parameters after a phase.
    Params,
    /// Number of surviving weights.
    Survivors,
    /// Entries of masks.
    Masks,
    /// PSNR before the first step of a fit from the trajectory's network.
    PsnrStart,
    /// At any step.
    PsnrAny,
    /// After the last step.
    PsnrEnd,
    /// PSNR before the first step of a fit from the replayed network.
    ReplayedStart,
    /// At any step.
    ReplayedAny,
    /// After the last step.
    ReplayedEnd,
}

impl Quantity {
    /// Start, any step and end of a fit.
    pub fn psnr(from: FitFrom) -> [Self; 3] {
        match from {
            FitFrom::Trajectory => [Self::PsnrStart, Self::PsnrAny, Self::PsnrEnd],
            FitFrom::Replay => [Self::ReplayedStart, Self::ReplayedAny, Self::ReplayedEnd],
        }
    }

    /// What stands in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Losses => "losses (relative)",
            Self::MetaGradient => "meta-gradient of step 0 (per leaf)",
            Self::Params => "parameters after a phase (per leaf)",
            Self::Survivors => "survivors (count)",
            Self::Masks => "masks (entries)",
            Self::PsnrStart => "PSNR at a fit's start (dB)",
            Self::PsnrAny => "PSNR at any step (dB)",
            Self::PsnrEnd => "PSNR after the last step (dB)",
            Self::ReplayedStart => "PSNR at the start, replayed network (dB)",
            Self::ReplayedAny => "PSNR at any step, replayed network (dB)",
            Self::ReplayedEnd => "PSNR after the last, replayed network (dB)",
        }
    }

    fn tolerance(self, of: &Tolerances) -> Option<f64> {
        match self {
            Self::Losses => Some(of.losses),
            Self::MetaGradient => Some(of.meta_gradient),
            Self::Params => Some(of.params),
            Self::Survivors => Some(0.0),
            Self::Masks => Some(of.mask_entries),
            Self::PsnrStart => of.fits.start_db,
            Self::PsnrAny => of.fits.any_db,
            Self::PsnrEnd => of.fits.end_db,
            Self::ReplayedStart => of.replayed_fits.start_db,
            Self::ReplayedAny => of.replayed_fits.any_db,
            Self::ReplayedEnd => of.replayed_fits.end_db,
        }
    }
}

/// The largest deviations met so far.
#[derive(Default)]
pub struct Worst(BTreeMap<Quantity, Met>);

struct Met {
    largest: f64,
    at: String,
    compared: usize,
}

impl Worst {
    /// Takes a deviation in.
    pub fn met(&mut self, quantity: Quantity, deviation: f64, at: impl Fn() -> String) {
        let worst = self.0.entry(quantity).or_insert(Met { largest: -1.0, at: String::new(), compared: 0 });
        worst.compared += 1;
        // NaN is the largest deviation there is.
        if deviation.is_nan() || deviation > worst.largest {
            worst.largest = if deviation.is_nan() { f64::INFINITY } else { deviation };
            worst.at = at();
        }
    }

    /// How many values of a quantity were compared.
    pub fn compared(&self, quantity: Quantity) -> usize {
        self.0.get(&quantity).map_or(0, |met| met.compared)
    }

    /// All of them beside what is allowed.
    pub fn deviations(self, tolerances: &Tolerances) -> Vec<Deviation> {
        let deviation = |(quantity, met): (Quantity, Met)| {
            let (largest, tolerance) = (met.largest, quantity.tolerance(tolerances));
            Deviation {
                quantity: quantity.name().into(),
                at: met.at,
                compared: met.compared,
                largest,
                tolerance,
                verdict: verdict(largest, tolerance),
            }
        };
        self.0.into_iter().map(deviation).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_is_within_no_tolerance() {
        for deviation in [f64::NAN, f64::INFINITY] {
            for tolerance in [None, Some(1.0), Some(f64::INFINITY)] {
                let mut worst = Worst::default();
                [0.5, deviation, 0.7].iter().for_each(|&d| worst.met(Quantity::PsnrAny, d, String::new));
                let mut tolerances = Tolerances::of(Precision::F64, 32);
                tolerances.fits.any_db = tolerance;
                let [found] = worst.deviations(&tolerances).try_into().unwrap();
                assert!(!found.holds() && found.compared == 3, "{found:?}");
            }
        }
        assert_eq!(verdict(0.5, Some(f64::NAN)), EXCEEDED);
        assert_eq!(verdict(0.5, Some(0.5)), "within");
    }
}
