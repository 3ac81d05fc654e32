//! [network], [signal], [meta], [prune], [fit], [test], [accelerate] and [adapt]: what decides how a line is computed, besides its
//! method and the axes.

use datasets::Choice;
use meta::fit::FitConfig;
use serde::{Deserialize, Serialize};

use super::accelerate::AccelerateSpec;
use super::adapt::AdaptSpec;
use super::names::{ChoiceName, OptimiserName, OrderName};

/// What decides how a line is computed, besides its method and the axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The network.
    pub network: NetworkSpec,
    /// The signals.
    pub signal: SignalSpec,
    /// Meta-training.
    pub meta: MetaSpec,
    /// Pruning.
    pub prune: PruneSpec,
    /// The fits.
    pub fit: FitSpec,
    /// The test signals.
    pub test: TestSpec,
    /// Departures from the paper's training; none in its own experiments.
    pub accelerate: Option<AccelerateSpec>,
    /// Which numbers are a signal's own; all where it is absent.
    pub adapt: Option<AdaptSpec>,
}

/// The network (PAPER §1.2).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// Width of the sine layers of the dense network.
    pub width: usize,
    /// Number of sine layers.
    pub sine_layers: usize,
    /// Frequency of every sine layer.
    pub w0: f64,
}

/// Meta-training (PAPER §1.3).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaSpec {
    /// Inner steps K.
    pub inner_steps: usize,
    /// Inner step size α.
    pub inner_lr: f64,
    /// Exact (`second`) or first-order outer gradient.
    pub order: OrderName,
    /// Learning rate of the outer Adam.
    pub outer_lr: f64,
    /// Signals an outer step.
    pub tasks: usize,
    /// Outer steps before the first pruning; also those of a dense-narrow network.
    pub dense_steps: u64,
    /// Outer steps after each pruning.
    pub round_steps: u64,
}

/// Pruning.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PruneSpec {
    /// Fraction of the surviving weights that a round removes.
    pub fraction: f64,
}

/// The fit of a test signal (PAPER §1.4).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitSpec {
    /// The optimiser.
    pub optimiser: OptimiserName,
    /// Its learning rate.
    pub lr: f64,
    /// Steps on the whole signal.
    pub steps: usize,
}

impl From<FitSpec> for FitConfig {
    fn from(spec: FitSpec) -> Self {
        Self { optimiser: spec.optimiser.into(), lr: spec.lr, steps: spec.steps }
    }
}

/// Which test signals are scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestSpec {
    /// The rule of choice.
    pub choice: ChoiceName,
    /// How many.
    pub signals: usize,
}

impl From<TestSpec> for Choice {
    fn from(spec: TestSpec) -> Self {
        let count = spec.signals;
        match spec.choice {
            ChoiceName::FirstByPath => Self::FirstByPath { count },
            ChoiceName::Stratified => Self::Stratified { count },
        }
    }
}

/// The signals' size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalSpec {
    /// Side in pixels.
    pub resolution: usize,
}
