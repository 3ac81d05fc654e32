//! What is asked: an experiment's file, a profile's overlay and `--set`, merged, typed and held to their ranges.

mod accelerate;
mod adapt;
pub(crate) mod axes;
mod claim;
mod figure;
mod load;
mod merge;
mod names;
pub(crate) mod range;
mod schedule;
mod settings;
mod specification;

pub use accelerate::{AccelerateSpec, ProbeSpec, ReptileSpec};
pub use adapt::{AdaptSpec, Own, entries};
pub use claim::{CellRef, Claim, Expect, PREMISE};
pub use figure::FigureName;
pub use load::{Check, Overrides, load, names, parse};
pub use merge::unknown;
pub use names::{ChoiceName, OptimiserName, OrderName};
pub use schedule::{Carry, PathName, ScheduleSpec};
pub use settings::{FitSpec, MetaSpec, NetworkSpec, PruneSpec, Settings, SignalSpec, TestSpec};
pub use specification::{
    Axes, DatasetSpec, Experiment, FitPruningSpec, FitRounds, RowSpec, SPECIFICATION, SuperresolutionSpec,
    SurfaceSpec,
};
