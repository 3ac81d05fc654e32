//! Engines by name, in both precisions.

use anyhow::{Result, bail};
use inr_core::Engine;
use inr_core::native::{Instructions, NativeEngine};

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
    native.chain(inr_burn::NAMES.iter().copied()).collect()
}

/// Whether an engine's cost falls with the surviving weights.
pub fn is_sparse(name: &str) -> bool {
    native(name).is_some()
}

fn native(name: &str) -> Option<NativeEngine> {
    let (_, instructions) = NATIVE.iter().find(|(known, _)| *known == name)?;
    names().contains(&name).then(|| NativeEngine::new(instructions()))
}

/// The engine of a name in single precision.
///
/// # Errors
/// If this build has none of that name on this machine; the message lists those it has.
pub fn single(name: &str) -> Result<Box<dyn Engine<f32>>> {
    match native(name) {
        Some(engine) => Ok(Box::new(engine)),
        None => Ok(Box::new(burn(name)?)),
    }
}

/// The engine of a name in double precision.
///
/// # Errors
/// As [`single`].
pub fn double(name: &str) -> Result<Box<dyn Engine<f64>>> {
    match native(name) {
        Some(engine) => Ok(Box::new(engine)),
        None => Ok(Box::new(burn(name)?)),
    }
}

fn burn(name: &str) -> Result<inr_burn::BurnEngine> {
    match inr_burn::open(name) {
        Ok(engine) => Ok(engine),
        Err(_) => bail!(
            "no engine `{name}` here; there are: {} (burn-tch: build with the cargo feature `tch`, see README)",
            names().join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_listed_opens_in_both_precisions() {
        for name in names() {
            assert!(single(name).is_ok() && double(name).is_ok(), "{name}");
        }
        assert!(names().contains(&DEFAULT));
        assert!(single("abacus").err().is_some_and(|e| e.to_string().contains("burn-flex")));
    }
}
