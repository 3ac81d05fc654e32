//! Means, spreads and intervals: what is said of numbers that vary with the seed and with the signal.
//!
//! - mean ± sd: over the seeds, of each seed's mean over signals; sd is the sample standard deviation (n − 1).
//! - [`bootstrap`]: percentile interval of the mean over signals (Efron & Tibshirani 1993, ch. 13), a signal's value
//!   being its mean over the seeds.
//! - [`paired`]: the difference of two methods, paired by seed and signal. Seeds and signals are crossed, and both
//!   are samples of what one wants to know about; each resample draws the seeds with replacement and, independently,
//!   the signals, and averages the differences of the pairs drawn (the pigeonhole bootstrap: Owen, "The pigeonhole
//!   bootstrap", Annals of Applied Statistics 1, 2007; it never understates the variance by much and overstates that
//!   of the residual). An ordering is decided if its 95 % percentile interval has one sign. With three seeds each
//!   seed alone makes up 1/27 of the resamples, more than the 2.5 % cut off: the interval reaches to the most
//!   dissenting seed, as it should.
//!
//! - Fewer than [`FEWEST`] signals decide nothing: with five pairs even a unanimous sign has a chance of 2/32 under no
//!   difference, more than the 5 % at stake, while a bootstrap of them would be sure.
//!
//! - An exact fit has an infinite PSNR. It is left out of every mean, spread, interval and difference ([`finite`]), and who
//!   leaves it out says how many there were.
//!
//! All draws have the key `bootstrap`, so that the same rows give the same interval.

use inr_core::Key;
use inr_core::metrics::mean;

/// Resamples of every bootstrap.
pub const RESAMPLES: usize = 10_000;

/// Signals needed for a decision.
pub const FEWEST: usize = 6;

/// Share of the resamples inside an interval.
pub const LEVEL: f64 = 0.95;

/// The values that are finite: an exact fit has none to average.
pub fn finite(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    values.into_iter().filter(|value| value.is_finite()).collect()
}

/// Mean and sample standard deviation; no deviation of one value, nothing of none.
pub fn mean_sd(values: &[f64]) -> (Option<f64>, Option<f64>) {
    if values.is_empty() {
        return (None, None);
    }
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (Some(centre), (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt()))
}

/// 95 % interval of the mean of values that are a sample; nothing of fewer than two.
pub fn bootstrap(values: &[f64]) -> Option<[f64; 2]> {
    if values.len() < 2 {
        return None;
    }
    let mut uniform = Key::root(0).derive("bootstrap").uniform();
    let mut draw = |_| (0..values.len()).map(|_| values[uniform.below(values.len())]).sum::<f64>();
    let sums: Vec<f64> = (0..RESAMPLES).map(&mut draw).collect();
    Some(middle(sums).map(|sum| sum / values.len() as f64))
}

/// What paired differences say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Mean over seeds and signals.
    pub mean: f64,
    /// Sample standard deviation over the seeds of their means over signals; none for one seed.
    pub sd: Option<f64>,
    /// 95 % interval of the mean over seeds and signals; none for one pair.
    pub interval: Option<[f64; 2]>,
    /// Twice the share of the resamples on the other side of zero than the mean: what [`holm`] takes; none for one pair.
    pub p_value: Option<f64>,
}

/// The mean of differences, its spread over seeds, and its interval over seeds and signals; nothing of no pairs.
///
/// # Shapes
/// `differences: [seeds][signals]`, the same signals in each seed.
///
/// # Panics
/// If the seeds have different numbers of signals.
pub fn paired(differences: &[Vec<f64>]) -> Option<Paired> {
    let (seeds, signals) = (differences.len(), differences.first().map_or(0, Vec::len));
    assert!(differences.iter().all(|of_seed| of_seed.len() == signals), "the same signals in each seed");
    if seeds * signals == 0 {
        return None;
    }
    let means: Vec<f64> = differences.iter().map(|of_seed| mean(of_seed)).collect();
    let mut uniform = Key::root(0).derive("bootstrap").uniform();
    let mut draw = |_| {
        let rows: Vec<usize> = (0..seeds).map(|_| uniform.below(seeds)).collect();
        let columns: Vec<usize> = (0..signals).map(|_| uniform.below(signals)).collect();
        rows.iter().map(|&row| columns.iter().map(|&column| differences[row][column]).sum::<f64>()).sum()
    };
    let sums: Option<Vec<f64>> = (seeds * signals > 1).then(|| (0..RESAMPLES).map(&mut draw).collect());
    let p_value = sums.as_ref().map(|sums| two_sided(sums));
    let interval = sums.map(|sums| middle(sums).map(|sum: f64| sum / (seeds * signals) as f64));
    let (mean, sd) = mean_sd(&means);
    mean.map(|mean| Paired { mean, sd, interval, p_value })
}

/// Twice the smaller share of draws on one side of zero, zero itself on both; one draw is added to each side, since
/// so many draws cannot tell less.
fn two_sided(draws: &[f64]) -> f64 {
    let share = |on_side: fn(f64) -> bool| {
        (1 + draws.iter().filter(|&&draw| on_side(draw)).count()) as f64 / (1 + draws.len()) as f64
    };
    (2.0 * share(|draw| draw <= 0.0).min(share(|draw| draw >= 0.0))).min(1.0)
}

/// Which of several tests stay decided at level 1 − [`LEVEL`] when all are made together (Holm, "A simple sequentially rejective
/// multiple test procedure", Scandinavian Journal of Statistics 6, 1979): the chance that any is decided by accident is then
/// no more than that level.
pub fn holm(p_values: &[f64]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut decided = vec![false; p_values.len()];
    for (rank, &i) in order.iter().enumerate() {
        if p_values[i] > (1.0 - LEVEL) / (p_values.len() - rank) as f64 {
            break;
        }
        decided[i] = true;
    }
    decided
}

/// The values between which the middle [`LEVEL`] of the draws lies.
fn middle(mut draws: Vec<f64>) -> [f64; 2] {
    draws.sort_by(f64::total_cmp);
    let cut = ((1.0 - LEVEL) / 2.0 * draws.len() as f64) as usize;
    [draws[cut], draws[draws.len() - 1 - cut]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holm_decides_from_the_smallest_on_and_stops_at_the_first_that_is_too_large() {
        // Thresholds 0.05/4, 0.05/3, 0.05/2, 0.05/1, from the smallest on.
        assert_eq!(holm(&[0.03, 0.001, 0.04, 0.015]), [false, true, false, true]);
        assert_eq!(holm(&[0.04, 0.03]), [false, false], "each alone would be decided");
        assert_eq!(holm(&[0.04, 0.02]), [true, true]);
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn the_p_value_goes_with_the_interval() {
        let values = sample("p", 400);
        let at = |shift: f64| paired(&[values.iter().map(|value| value + shift).collect()]).unwrap();
        let far = at(1.0);
        assert!((far.p_value.unwrap() - 2.0 / (RESAMPLES + 1) as f64).abs() < 1e-12);
        assert!(at(-at(0.0).mean).p_value.unwrap() > 0.9);
        // Where the interval's end is at zero, the p-value is what the level leaves.
        let edge = at(-at(0.0).interval.unwrap()[0]).p_value.unwrap();
        assert!((edge - (1.0 - LEVEL)).abs() < 2e-3, "{edge}");
    }

    fn sample(name: &str, n: usize) -> Vec<f64> {
        // A sum of twelve uniform numbers less six: mean 0, variance 1, nearly normal.
        let mut uniform = Key::root(3).derive(name).uniform();
        (0..n).map(|_| (0..12).map(|_| uniform.next()).sum::<f64>() - 6.0).collect()
    }

    #[test]
    fn the_bootstrap_interval_is_about_two_standard_errors_wide() {
        let values = sample("values", 400);
        let (centre, sd) = mean_sd(&values);
        let [low, high] = bootstrap(&values).unwrap();
        let expected = 2.0 * 1.96 * sd.unwrap() / 20.0;
        assert!(((high - low) / expected - 1.0).abs() < 0.05, "{low} {high} against ±{expected}");
        assert!(low < centre.unwrap() && centre.unwrap() < high);
        assert_eq!(bootstrap(&values), Some([low, high]), "the same values, the same interval");
        assert_eq!(bootstrap(&[1.0]), None);
    }

    #[test]
    fn seeds_that_disagree_leave_it_open_whatever_the_signals_say() {
        let of_seed = |shift: f64| sample("noise", 50).iter().map(|x| shift + 0.1 * x).collect::<Vec<f64>>();
        let decided = |shifts: [f64; 3]| {
            let [low, high] = paired(&shifts.map(of_seed)).unwrap().interval.unwrap();
            if low > 0.0 {
                1
            } else if high < 0.0 {
                -1
            } else {
                0
            }
        };
        assert_eq!(decided([1.0, 1.2, 0.8]), 1);
        assert_eq!(decided([-1.0, -1.2, -0.8]), -1);
        // Fifty signals in each of three seeds, a hundred of which are positive beyond doubt, and still open.
        assert_eq!(decided([1.0, 1.2, -0.5]), 0);
    }

    #[test]
    fn the_interval_covers_the_truth_about_as_often_as_it_says() {
        // Differences = truth + a seed's effect + a signal's effect + noise, 5 seeds × 30 signals.
        let (mut covered, trials) = (0, 100);
        for trial in 0..trials {
            let (by_seed, by_signal) = (sample(&format!("s{trial}"), 5), sample(&format!("i{trial}"), 30));
            let noise = sample(&format!("n{trial}"), 150);
            let cell = |s: usize, i: usize| 0.3 * by_seed[s] + by_signal[i] + 0.5 * noise[30 * s + i];
            let differences: Vec<Vec<f64>> = (0..5).map(|s| (0..30).map(|i| cell(s, i)).collect()).collect();
            let [low, high] = paired(&differences).unwrap().interval.unwrap();
            covered += usize::from(low <= 0.0 && 0.0 <= high);
        }
        assert!((88..=100).contains(&covered), "{covered} of {trials}");
    }

    #[test]
    fn one_pair_has_a_mean_only() {
        let one = Paired { mean: 2.0, sd: None, interval: None, p_value: None };
        assert_eq!(paired(&[vec![2.0]]), Some(one));
        assert_eq!(paired(&[]), None);
    }
}
