//! Times of a case, ours and theirs.

use serde::Serialize;

use super::case::Case;
use super::environment::PeerName;

/// Least and median of some times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Times {
    /// Milliseconds.
    pub min_ms: f64,
    /// Milliseconds.
    pub median_ms: f64,
}

impl Times {
    /// Of the seconds of some calls.
    pub(super) fn of(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        Self { min_ms: 1e3 * seconds[0], median_ms: 1e3 * seconds[seconds.len() / 2] }
    }
}

/// A case's outcome.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Name by shape.
    pub case: String,
    /// What was timed.
    #[serde(flatten)]
    pub shape: Case,
    /// Surviving weights.
    pub weights: usize,
    /// Ours on all threads.
    pub ours: Times,
    /// Ours on one thread.
    pub one_thread: Times,
    /// Useful work per second of the least time.
    pub gflops: f64,
    /// The same over the peak of the multiply-adds measured in this run, per cent.
    pub peak_percent: Option<f64>,
    /// The loss, ours.
    pub loss: f64,
    /// The peers that compute this case.
    pub peers: Vec<Beside>,
}

impl Measured {
    /// A peer's outcome, if it computes this case.
    pub fn beside(&self, name: PeerName) -> Option<&Beside> {
        self.peers.iter().find(|peer| peer.name == name)
    }

    /// How many times faster than a peer: of the least times, of the medians.
    pub fn ratios(&self, peer: &Beside) -> [f64; 2] {
        [peer.times.min_ms / self.ours.min_ms, peer.times.median_ms / self.ours.median_ms]
    }

    /// What the threads beyond the first bring.
    pub fn scaling(&self) -> f64 {
        self.one_thread.min_ms / self.ours.min_ms
    }
}

/// A peer's outcome of a case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Beside {
    /// Who.
    pub name: PeerName,
    /// Its times.
    pub times: Times,
    /// Its loss.
    pub loss: f64,
    /// Its loss over ours, less one.
    pub loss_deviation: f64,
    /// The norm of its gradient over ours, less one.
    pub norm_deviation: f64,
}
