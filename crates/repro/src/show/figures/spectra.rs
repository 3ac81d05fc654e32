//! Spectra of the error: which frequencies of the signals each initial network leaves unfitted.
//!
//! Power of a frequency of each ring ([`crate::measures::spectrum`]), mean over signals, then over seeds; the signals' own beside
//! it. `spectra.csv` has every ring with the number of its frequencies: their products sum to the mean squared error.

use anyhow::{Context, Result};
use inr_core::file::write_atomically;
use serde::Serialize;

use crate::measures::spectrum::ring_sizes;
use crate::plan::Session;
use crate::rows::csv_of;
use crate::show::plot::{self, Look, Marked, Scale, Series};
use crate::stage::kept::read_spectra;

use super::shown::{Drawn, Shown, done, empty_series};

/// What the signals' own spectrum is called in figures.
const TARGET: &str = "target";

/// A ring of one data set, round and method: a line of `spectra.csv`.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Ring {
    dataset: String,
    method: String,
    round: usize,
    seeds: usize,
    signals: usize,
    /// Cycles per picture.
    ring: usize,
    /// Frequencies in the ring.
    frequencies: usize,
    /// Mean power of a frequency of the signals, squared values.
    target_power: f64,
    /// The same of the errors.
    error_power: f64,
}

/// Powers of target and error, ring by ring.
type Powers = Vec<[f64; 2]>;

/// The fits of one data set, method and round: a spectrum a seed.
struct Pool {
    dataset: String,
    method: String,
    round: usize,
    side: usize,
    signals: usize,
    seeds: Vec<Powers>,
}

/// Power against frequency, a panel a data set and round.
pub(super) fn spectra(shown: &Shown) -> Drawn {
    let pools = pools(shown.session)?;
    if pools.is_empty() {
        return Ok(None);
    }
    let rings: Vec<Ring> = pools.iter().flat_map(rings).collect();
    write_atomically(&shown.session.folder.join("spectra.csv"), &csv_of(&rings)?)?;
    let mut series: Vec<Series> = Vec::new();
    for pool in &pools {
        let (panel, mean) = (format!("{}, round {}", pool.dataset, pool.round), mean(&pool.seeds));
        // Ring 0 has no place on a logarithmic axis; those beyond n/2 are not whole.
        let line = |method: &str, which: usize| Series {
            points: (1..=pool.side / 2).map(|r| (r as f64, mean[r][which])).collect(),
            ..empty_series(&panel, method, false)
        };
        if !series.iter().any(|series| series.panel == panel) {
            series.push(line(TARGET, 0));
        }
        series.push(line(&pool.method, 1));
    }
    let powers: Vec<f64> = series.iter().flat_map(|series| &series.points).map(|point| point.1).collect();
    let look = Look {
        title: "Power spectra of signals and errors",
        x_label: "cycles per picture",
        x_scale: Scale::Log,
        x_tick: plot::number,
        y_label: "power of a frequency",
        y_scale: Scale::Log,
        y_room: &powers,
        marked: Marked::Few,
        note: "",
    };
    let caption = "Power spectra of the errors of the fits, and of the signals: mean over the frequencies of a ring, channels, \
                   signals and seeds, in squared values. Where a line meets that of the signals, nothing of that frequency is \
                   fitted. Over all frequencies the powers sum to the mean squared error (spectra.csv)";
    Ok(Some((caption.into(), plot::lines(&look, &series)?)))
}

/// The cells at the rounds of the gallery.
fn pools(session: &Session) -> Result<Vec<Pool>> {
    let mut pools: Vec<Pool> = Vec::new();
    for (cell, chain) in done(session).filter(|(cell, _)| session.experiment.gallery.contains(&cell.round)) {
        if !cell.fit().is_some_and(|fit| fit.spectra) || cell.trained_on.is_some() {
            continue;
        }
        let dir = session.store.dir(chain.last().context("a chain ends with a fit")?);
        let of_signals: Vec<Powers> = read_spectra(&dir, cell.resolution())?.into_values().collect();
        if of_signals.is_empty() {
            continue;
        }
        let same =
            |p: &&mut Pool| p.dataset == cell.dataset && p.method == cell.method && p.round == cell.round;
        match pools.iter_mut().find(same) {
            Some(pool) => pool.seeds.push(mean(&of_signals)),
            None => pools.push(Pool {
                dataset: cell.dataset.clone(),
                method: cell.method.clone(),
                round: cell.round,
                side: cell.resolution(),
                signals: of_signals.len(),
                seeds: vec![mean(&of_signals)],
            }),
        }
    }
    pools.sort_by_key(|pool| {
        (session.experiment.axes.dataset.iter().position(|name| *name == pool.dataset), pool.round)
    });
    Ok(pools)
}

fn rings(pool: &Pool) -> Vec<Ring> {
    let mean = mean(&pool.seeds);
    let ring = |(ring, ([target_power, error_power], frequencies)): (usize, ([f64; 2], usize))| Ring {
        dataset: pool.dataset.clone(),
        method: pool.method.clone(),
        round: pool.round,
        seeds: pool.seeds.len(),
        signals: pool.signals,
        ring,
        frequencies,
        target_power,
        error_power,
    };
    mean.into_iter().zip(ring_sizes(pool.side)).enumerate().map(ring).collect()
}

/// The mean of spectra of equal length.
fn mean(spectra: &[Powers]) -> Powers {
    let at = |ring: usize, which: usize| {
        spectra.iter().map(|powers| powers[ring][which]).sum::<f64>() / spectra.len() as f64
    };
    (0..spectra[0].len()).map(|ring| [at(ring, 0), at(ring, 1)]).collect()
}
