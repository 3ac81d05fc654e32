//! The shapes of a folder, as the layouts find them.

use crate::signal::Split;

/// A shape's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    /// Path below the data set's folder, `/` between parts.
    pub file: String,
    /// Rank of its synset or folder among all of them.
    pub stratum: usize,
    pub family: String,
}

impl Model {
    /// Where it is, for people: `<synset>/<model>` of ShapeNetCore.
    pub fn folder(&self) -> &str {
        self.file.split("/models/").next().unwrap_or(&self.file)
    }
}

/// The shapes of a folder.
#[derive(Debug)]
pub(crate) struct Found {
    pub train: Vec<Model>,
    pub test: Vec<Model>,
    /// What a person should know: how many were left out, and why.
    pub remarks: Vec<String>,
}

impl Found {
    /// The files of both parts, train first.
    pub fn files(&self) -> Vec<(Split, String)> {
        let part = |split, models: &[Model]| -> Vec<(Split, String)> {
            models.iter().map(|model| (split, model.file.clone())).collect()
        };
        [part(Split::Train, &self.train), part(Split::Test, &self.test)].concat()
    }
}
