//! In what range each number of an experiment lies. Every refusal names the key, the number and the range; no
//! comparison is one that NaN passes, and no number is so large that memory would not hold what it asks for.

use std::ops::RangeInclusive;

use anyhow::{Result, anyhow, ensure};

use super::accelerate::{AccelerateSpec, PAPERS_WAY};
use super::settings::{FitSpec, MetaSpec, NetworkSpec, Settings};
use super::specification::SurfaceSpec;

/// Largest side of a signal of any data set, pixels.
const LARGEST_SIDE: u64 = 4096;
/// Outer steps of a stage: decades of work.
const MOST_STEPS: u64 = 1_000_000_000;
/// Steps of a fit: each of them has a number kept for every test signal.
const MOST_FIT_STEPS: u64 = 100_000;
/// Surviving weights of a network before it is pruned; Adam and a meta-gradient hold them about ten times.
const MOST_WEIGHTS: u64 = 1 << 26;
/// Rates below are 0, and those above infinite, in single precision.
const RATES: RangeInclusive<f64> = 1e-37..=1e38;

/// The numbers of [network], [signal], [meta], [prune], [fit], [test] and [accelerate].
pub(crate) fn check_settings(settings: &Settings) -> Result<()> {
    let Settings { network, signal, meta, prune, fit, test, accelerate, adapt: _ } = settings;
    check_network(network)?;
    whole("[signal]: resolution", signal.resolution, 2..=LARGEST_SIDE)?;
    check_meta(meta)?;
    ensure!(
        prune.fraction > 0.0 && prune.fraction < 1.0,
        "[prune]: fraction = {} must be between 0 and 1",
        prune.fraction
    );
    check_fit(fit)?;
    whole("[test]: signals", test.signals, 1..=1_000_000)?;
    accelerate.as_ref().map_or(Ok(()), |accelerate| check_accelerate(accelerate, test.signals))
}

fn check_network(network: &NetworkSpec) -> Result<()> {
    whole("[network]: width", network.width, 1..=4096)?;
    whole("[network]: sine_layers", network.sine_layers, 1..=64)?;
    rate("[network]: w0", network.w0, 1e-6..=1e6)?;
    let weights = (network.width * network.width * network.sine_layers) as u64;
    ensure!(
        weights <= MOST_WEIGHTS,
        "[network]: width = {} with sine_layers = {} has about {weights} weights, at most {MOST_WEIGHTS} are held",
        network.width,
        network.sine_layers
    );
    Ok(())
}

fn check_meta(meta: &MetaSpec) -> Result<()> {
    whole("[meta]: inner_steps", meta.inner_steps, 0..=1000)?;
    ensure!(
        (0.0..=1e38).contains(&meta.inner_lr),
        "[meta]: inner_lr = {} must be a number from 0 to 1e38",
        meta.inner_lr
    );
    rate("[meta]: outer_lr", meta.outer_lr, RATES)?;
    whole("[meta]: tasks", meta.tasks, 1..=4096)?;
    whole("[meta]: dense_steps", meta.dense_steps, 1..=MOST_STEPS)?;
    whole("[meta]: round_steps", meta.round_steps, 0..=MOST_STEPS)
}

fn check_fit(fit: &FitSpec) -> Result<()> {
    whole("[fit]: steps", fit.steps, 1..=MOST_FIT_STEPS)?;
    rate("[fit]: lr", fit.lr, RATES)
}

fn check_accelerate(spec: &AccelerateSpec, test_signals: usize) -> Result<()> {
    const POINTS: u64 = LARGEST_SIDE * LARGEST_SIDE;
    departure("coordinates", spec.coordinates, 1..=POINTS)?;
    departure("last_coordinates", spec.last_coordinates, 1..=POINTS)?;
    departure("warm_up", spec.warm_up, 1..=MOST_STEPS)?;
    departure("decay_steps", spec.decay_steps, 1..=MOST_STEPS)?;
    departure("last_steps", spec.last_steps, 1..=MOST_STEPS)?;
    departure("dense_resolution", spec.dense_resolution, 2..=LARGEST_SIDE)?;
    if let Some(probe) = spec.probe {
        whole("[accelerate] probe: every", probe.every, 1..=MOST_STEPS)?;
        ensure!(
            (1..=test_signals).contains(&probe.signals),
            "[accelerate] probe: signals = {} must be 1 to test.signals = {test_signals}",
            probe.signals
        );
    }
    let Some(reptile) = spec.last_reptile else { return Ok(()) };
    whole("[accelerate] last_reptile: steps", reptile.steps, 1..=MOST_FIT_STEPS)?;
    rate("[accelerate] last_reptile: lr", reptile.lr, RATES)?;
    ensure!(
        reptile.rate > 0.0 && reptile.rate <= 1.0,
        "[accelerate] last_reptile: rate = {} must be in (0, 1]",
        reptile.rate
    );
    Ok(())
}

/// Refuses a number of [accelerate] outside its range; none is the paper's way.
fn departure(key: &str, value: Option<impl TryInto<u64> + Copy>, range: RangeInclusive<u64>) -> Result<()> {
    let Some(value) = value else { return Ok(()) };
    whole(&format!("[accelerate]: {key}"), value, range)
        .map_err(|error| anyhow!("{error}; for the paper's way leave the key out, or say {PAPERS_WAY:?}"))
}

/// The numbers of [surface]: a grid has side³ nodes, and clouds are compared point by point.
pub(crate) fn check_surface(surface: &SurfaceSpec) -> Result<()> {
    whole("[surface]: grid", surface.grid, 4..=256)?;
    whole("[surface]: samples", surface.samples, 1..=10_000_000)?;
    whole("[surface]: points", surface.points, 1..=10_000_000)
}

/// Refuses a whole number outside its range.
pub(crate) fn whole(key: &str, value: impl TryInto<u64> + Copy, range: RangeInclusive<u64>) -> Result<()> {
    let value = value.try_into().unwrap_or(u64::MAX);
    let positive = if *range.start() == 1 { "positive, " } else { "" };
    ensure!(range.contains(&value), "{key} = {value} must be {positive}{} to {}", range.start(), range.end());
    Ok(())
}

/// Refuses a rate or a frequency that is not positive and finite in single precision.
fn rate(key: &str, value: f64, range: RangeInclusive<f64>) -> Result<()> {
    ensure!(
        range.contains(&value),
        "{key} = {value} must be a positive number, {:e} to {:e}",
        range.start(),
        range.end()
    );
    Ok(())
}
