//! Engines by name, in both precisions; those on burn tensors only where the cargo feature `burn` has built them in.

use anyhow::{Result, anyhow};
use inr_core::Engine;
use inr_core::native::{self, Instructions};

/// The engine used where none is named.
pub const DEFAULT: &str = "native";

/// The instructions behind a name.
type Named = (&'static str, fn() -> Instructions);

/// The native engine, compiled for the widest instructions this machine has, or for named ones.
const NATIVE: &[Named] = &[
    ("native", Instructions::best),
    ("native-avx512", || Instructions::Avx512),
    ("native-avx2", || Instructions::Avx2),
    ("native-portable", || Instructions::Portable),
];

/// Names of the engines this build has on this machine.
pub fn names() -> Vec<&'static str> {
    let here = Instructions::available();
    let native =
        NATIVE.iter().filter(|(_, instructions)| here.contains(&instructions())).map(|(name, _)| *name);
    native.chain(tensors::NAMES.iter().copied()).collect()
}

/// Engines that cargo builds in when a command asks for one, and the feature of this crate that does it.
const BUILT_WHEN_ASKED: &[(&str, &str)] = &[("burn-flex", "burn"), ("burn-tch", "tch")];

/// Names of the engines this build lacks and `cargo xtask repro … --engine NAME` builds in.
pub fn not_built() -> Vec<&'static str> {
    let names = BUILT_WHEN_ASKED.iter().map(|(name, _)| *name);
    names.filter(|name| !tensors::NAMES.contains(name)).collect()
}

/// Whether an engine's cost falls with the surviving weights.
pub fn is_sparse(name: &str) -> bool {
    instructions(name).is_some()
}

fn instructions(name: &str) -> Option<Instructions> {
    let (_, those) = NATIVE.iter().find(|(known, _)| *known == name)?;
    names().contains(&name).then(those)
}

/// The engine of a name in single precision.
///
/// # Errors
/// If this build has none of that name on this machine; the message lists those it has.
pub fn single(name: &str) -> Result<Box<dyn Engine<f32>>> {
    match instructions(name) {
        Some(instructions) => Ok(native::single(instructions)),
        None => tensors::single(name).ok_or_else(|| absent(name)),
    }
}

/// The engine of a name in double precision.
///
/// # Errors
/// As [`single`].
pub fn double(name: &str) -> Result<Box<dyn Engine<f64>>> {
    match instructions(name) {
        Some(instructions) => Ok(native::double(instructions)),
        None => tensors::double(name).ok_or_else(|| absent(name)),
    }
}

/// What to do about an engine that is not there.
fn absent(name: &str) -> anyhow::Error {
    match BUILT_WHEN_ASKED.iter().find(|(known, _)| *known == name) {
        Some((_, feature)) => anyhow!(
            "the engine `{name}` is not built in; `cargo xtask repro … --engine {name}` builds it and runs, \
             `cargo build --release --package repro --features {feature}` only builds it (burn-tch needs LibTorch, see README)"
        ),
        None => anyhow!("no engine `{name}` here; there are: {}", [names(), not_built()].concat().join(", ")),
    }
}

/// The engines on burn tensors.
#[cfg(feature = "burn")]
mod tensors {
    use inr_core::Engine;

    pub use inr_burn::NAMES;

    pub fn single(name: &str) -> Option<Box<dyn Engine<f32>>> {
        inr_burn::open(name).ok().map(|engine| Box::new(engine) as _)
    }

    pub fn double(name: &str) -> Option<Box<dyn Engine<f64>>> {
        inr_burn::open(name).ok().map(|engine| Box::new(engine) as _)
    }
}

/// None of them: burn takes minutes to compile, and most commands ask for none.
#[cfg(not(feature = "burn"))]
mod tensors {
    use inr_core::Engine;

    pub const NAMES: &[&str] = &[];

    pub fn single(_: &str) -> Option<Box<dyn Engine<f32>>> {
        None
    }

    pub fn double(_: &str) -> Option<Box<dyn Engine<f64>>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str) -> String {
        single(name).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn every_engine_listed_opens_in_both_precisions() {
        for name in names() {
            assert!(single(name).is_ok() && double(name).is_ok(), "{name}");
        }
        assert!(names().contains(&DEFAULT));
        assert!(said("abacus").contains("burn-flex"));
    }

    #[test]
    fn one_that_is_not_built_in_says_what_builds_it() {
        for name in not_built() {
            assert!(said(name).contains(&format!("--engine {name}")), "{name}: {}", said(name));
        }
    }
}
