//! A cell of a table.

use super::stages::{FitStage, Stage, View};
use crate::experiment::{Experiment, NetworkSpec, SurfaceSpec};

/// One cell of the table and the stages that fill it.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Data set that is fitted; `photos-x2` where the fit is rendered twice as fine.
    pub dataset: String,
    /// Data set the network was trained on, where the experiment crosses them.
    pub trained_on: Option<String>,
    /// Method of [`METHODS`].
    pub method: &'static str,
    /// Name of the line: the method's, unless the row says another.
    pub line: String,
    /// Round whose budget it has.
    pub round: usize,
    /// Seed.
    pub seed: u64,
    /// The dense network of its line, of which its budget is a fraction.
    pub dense: NetworkSpec,
    /// How its reconstructions are compared with the signals.
    pub view: View,
    /// Meta-training, the fits, and what stands behind them ([`Stage::behind`]).
    pub stages: Vec<Stage>,
}

impl Cell {
    /// A readable name, which `--only` is matched against: `photos/meta-sparse-inr/k14/seed42`; where data sets are
    /// crossed, `silhouettes-to-photos/…`.
    pub fn name(&self) -> String {
        let from = self.trained_on.as_ref().map_or(String::new(), |trained_on| format!("{trained_on}-to-"));
        format!("{from}{}/{}/k{}/seed{}", self.dataset, self.line, self.round, self.seed)
    }

    /// The network of the chain's first stage; none if it has no network.
    pub fn network(&self) -> Option<NetworkSpec> {
        self.stages.iter().find_map(|stage| match stage {
            Stage::Dense(train) => Some(train.network),
            _ => None,
        })
    }

    /// The fit; none if it has no network.
    pub fn fit(&self) -> Option<&FitStage> {
        self.stages.iter().find_map(|stage| match stage {
            Stage::Fit(fit) => Some(fit),
            _ => None,
        })
    }

    /// The data set whose test signals are fitted, by its own name.
    pub fn source(&self) -> &str {
        &self.view.dataset
    }

    /// Side at which it is judged, pixels.
    pub fn resolution(&self) -> usize {
        self.view.side()
    }

    /// Whether its reconstructions are rendered finer than the signals that were fitted.
    pub fn is_rendered(&self) -> bool {
        self.view.render.is_some()
    }

    /// The grid on which its shapes are measured; none if its signals are no shapes.
    pub fn surface(&self, experiment: &Experiment) -> Option<SurfaceSpec> {
        let is_shape = datasets::kind(self.source()).is_ok_and(|kind| kind.coordinates == 3);
        experiment.surface.filter(|_| is_shape)
    }

    /// Whether the page shows it.
    pub fn is_shown(&self, experiment: &Experiment) -> bool {
        experiment.gallery.contains(&self.round)
    }
}
