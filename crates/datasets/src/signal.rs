//! What a data set gives: signals, and what a fitted shape is measured against. Plain values, with no tensor type.

use std::fmt;

/// One signal: plain values.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Its name within the data set (or the file's name).
    pub name: String,
    /// Rows, and columns, of a square image; the cube root of the number of samples of a shape.
    pub side: usize,
    /// Values a place: 3 of an image, 1 of a shape.
    pub channels: usize,
    /// Where the values are.
    pub places: Places,
    /// [n, channels], row-major; in [0, 1] of an image, signed distances of a shape.
    pub values: Vec<f32>,
}

/// Where the values of a signal are.
#[derive(Clone, Debug, PartialEq)]
pub enum Places {
    /// The pixels of a square image, row by row.
    Pixels,
    /// Points in space, [n, 3], row-major.
    Points(Vec<f32>),
}

/// The two parts of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// For meta-training.
    Train,
    /// For scoring.
    Test,
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Split::Train => "train",
            Split::Test => "test",
        })
    }
}

/// Signed distances at points.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scattered {
    /// Points, [n, 3], row-major, in [-1, 1]³ but for noise beyond its faces.
    pub coords: Vec<f32>,
    /// Signed distances, [n].
    pub values: Vec<f32>,
}

/// How much a shape is measured with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeldSizes {
    /// Near-surface samples, and as many uniform ones.
    pub samples: usize,
    /// Points on the surface.
    pub surface: usize,
    /// Side of the grid.
    pub grid: usize,
}

/// What a fitted shape is measured against; drawn under other names than its signal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// Near-surface samples. Of DeepSDF's samples: those with |d| < 0.1.
    pub near: Scattered,
    /// Samples uniform in the cube. Of DeepSDF's samples: those with |d| ≥ 0.1.
    pub uniform: Scattered,
    /// Points on the surface, [n, 3]. Of DeepSDF's samples: the points of smallest |d|.
    pub surface: Vec<f32>,
    /// Signed distances on the grid of [`crate::cube_grid`]; empty where only samples are known.
    pub grid: Vec<f32>,
}
