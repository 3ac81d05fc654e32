//! What a figure is drawn from. One that has nothing to show is refused when the file is read, not after hours of work.

use anyhow::{Result, ensure};

use super::cell::Cell;
use super::stages::{Stage, TrainStage};
use crate::experiment::{Experiment, FigureName};

/// Refuses a round of the gallery that no row has.
pub(super) fn check_gallery(experiment: &Experiment) -> Result<()> {
    let mut rounds: Vec<usize> = experiment.row.iter().flat_map(|row| row.rounds.clone()).collect();
    rounds.sort_unstable();
    rounds.dedup();
    for round in &experiment.gallery {
        ensure!(
            rounds.contains(round),
            "gallery: no [[row]] has round {round}; name rounds of rows ({})",
            rounds.iter().map(usize::to_string).collect::<Vec<String>>().join(", ")
        );
    }
    Ok(())
}

/// Refuses a figure that no cell has anything to show in.
pub(super) fn check_figures(experiment: &Experiment, cells: &[Cell]) -> Result<()> {
    for figure in &experiment.figures {
        let (shows, needs) = source(*figure);
        ensure!(
            cells.iter().any(|cell| shows(experiment, cell)),
            "figures: `{figure}` shows {needs}, and nothing here is that; leave it out, or ask for what it shows"
        );
    }
    Ok(())
}

/// Whether a figure shows something of a cell.
type Shows = fn(&Experiment, &Cell) -> bool;

/// What a figure shows, as a question to a cell and in words.
fn source(figure: FigureName) -> (Shows, &'static str) {
    match figure {
        FigureName::Dots | FigureName::Budget => (|_, _| true, "cells"),
        FigureName::Domains => {
            (|_, cell| cell.trained_on.is_some(), "data sets that are crossed ([axes] fit_on)")
        }
        FigureName::Steps
        | FigureName::StepsLog
        | FigureName::Seconds
        | FigureName::CostSeconds
        | FigureName::CostBytes => (|_, cell| cell.network().is_some(), "networks that are fitted"),
        FigureName::Layers | FigureName::Neurons => (
            |experiment, cell| {
                let is_pruned = cell.stages.iter().any(|stage| matches!(stage, Stage::Round(_)));
                is_pruned && experiment.gallery.contains(&cell.round)
            },
            "networks pruned before the fit, at the rounds of `gallery`",
        ),
        FigureName::Spectra => (
            |experiment, cell| {
                let is_picture = datasets::kind(cell.source()).is_ok_and(|kind| kind.coordinates == 2);
                let is_fitted = is_picture && cell.network().is_some() && cell.trained_on.is_none();
                is_fitted && experiment.gallery.contains(&cell.round)
            },
            "fits of pictures, not crossed ([axes] fit_on), at the rounds of `gallery`",
        ),
        FigureName::Training => {
            (|_, cell| trainings(cell).any(|train| train.steps > 0), "networks that are meta-trained")
        }
        FigureName::Hours => (
            |_, cell| {
                trainings(cell).any(|train| {
                    train.accelerated.as_ref().is_some_and(|accelerated| accelerated.probe.is_some())
                })
            },
            "fits on the way of a training ([accelerate] probe)",
        ),
    }
}

fn trainings(cell: &Cell) -> impl Iterator<Item = &TrainStage> {
    cell.stages.iter().filter_map(|stage| match stage {
        Stage::Dense(train) => Some(train),
        Stage::Round(round) => Some(&round.train),
        _ => None,
    })
}
