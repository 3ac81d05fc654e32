//! What is made of reconstructions: kinds of stages behind the fits, which this room does not know one by one.

use serde::Serialize;
use serde_json::{Map, Value};

use super::cell::Cell;
use super::stages::DerivedStage;
use crate::experiment::Experiment;

/// A kind of stage that stands behind reconstructions.
#[derive(Clone, Copy)]
pub struct DerivedKind {
    /// Its name, hashed.
    pub name: &'static str,
    /// What it makes, for people: `quality`.
    pub label: &'static str,
    /// What a cell asks of it; none if the cell does without.
    pub asked: fn(&Experiment, &Cell) -> Option<Asked>,
}

impl DerivedKind {
    /// Its stage of a cell; none if the cell does without.
    pub(super) fn stage(&self, experiment: &Experiment, cell: &Cell) -> Option<DerivedStage> {
        let Asked { settings, evaluations } = (self.asked)(experiment, cell)?;
        Some(DerivedStage {
            kind: self.name,
            label: self.label,
            view: cell.view.clone(),
            evaluations,
            settings,
        })
    }
}

/// What a cell asks of a kind of stage.
pub struct Asked {
    settings: Map<String, Value>,
    evaluations: (usize, usize),
}

impl Asked {
    /// A stage on all signals of a cell, at the side at which they are compared.
    pub fn of(cell: &Cell) -> Self {
        let settings = match serde_json::to_value(&cell.view) {
            Ok(Value::Object(fields)) => fields,
            other => unreachable!("a view is an object: {other:?}"),
        };
        Self { settings, evaluations: (cell.view.test.signals, cell.view.side()) }
    }

    /// The same with another setting; a setting of none is left out.
    pub fn with(mut self, key: &str, setting: impl Serialize) -> Self {
        let setting = serde_json::to_value(setting).expect("a setting is JSON");
        if !setting.is_null() {
            self.settings.insert(key.into(), setting);
        }
        self
    }

    /// The same without a part of the view that its result does not depend on.
    pub fn without(mut self, key: &str) -> Self {
        self.settings.remove(key);
        self
    }

    /// The same with so many networks evaluated, each on a grid of such a side.
    pub fn evaluating(self, networks: usize, side: usize) -> Self {
        Self { evaluations: (networks, side), ..self }
    }
}
