//! `analytic3d`: shapes that are formulas (`formula`), so that the 3-D experiment runs where no mesh may be shipped.

use super::formula::{Analytic, FAMILIES};
use super::sampling;
use super::solid::Solid;
use crate::error::DataError;
use crate::files::place::Place;
use crate::kind::{Contents, Entry, Kind};
use crate::signal::{Held, HeldSizes, Split};
use crate::trouble::Trouble;
use std::path::Path;
use std::sync::Arc;

/// Shapes of a family in each part.
const TRAIN: usize = 64;
const TEST: usize = 8;

pub(crate) fn open(_: &Kind, root: &Path, _: &mut Trouble) -> Result<Contents, DataError> {
    let names = |split: Split| {
        let numbers = if split == Split::Train { 0..TRAIN } else { TRAIN..TRAIN + TEST };
        let of_family = |(stratum, family): (usize, &&str)| {
            let entry = |number| Entry { name: format!("{family}/{number:03}"), stratum };
            numbers.clone().map(entry).collect::<Vec<Entry>>()
        };
        FAMILIES.iter().enumerate().flat_map(of_family).collect::<Vec<Entry>>()
    };
    let all = |split| names(split).into_iter().map(|entry| entry.name).collect::<Vec<String>>();
    let (train, test) = (all(Split::Train), all(Split::Test));
    Ok(Contents {
        train: names(Split::Train),
        test: names(Split::Test),
        place: Arc::new(Place::folder(root)),
        files: Vec::new(),
        remarks: Vec::new(),
        read: Box::new(move |split, index, side| {
            let name = if split == Split::Train { &train[index] } else { &test[index] };
            Ok(sampling::signal(&Solid::Analytic(Analytic::named(name)), name, side))
        }),
        original: None,
    })
}

/// What a shape of this name is measured against.
pub(crate) fn held(_: &Path, name: &str, sizes: HeldSizes) -> Result<Held, DataError> {
    Ok(sampling::held(&Solid::Analytic(Analytic::named(name)), name, sizes))
}
