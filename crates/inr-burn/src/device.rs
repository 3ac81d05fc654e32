//! The devices an engine can be opened on by name. The only `cfg(feature)` beside `repro/src/engines.rs`.

use burn::tensor::Device;

use crate::engine::BurnEngine;

/// Names of the engines this build has.
pub const NAMES: &[&str] = &[
    "burn-flex",
    #[cfg(feature = "tch")]
    "burn-tch",
];

/// An engine that this build does not have.
#[derive(Debug, thiserror::Error)]
#[error(
    "unknown engine `{0}`; this build has: {names} (burn-tch: build with the cargo feature `tch`, see README)",
    names = NAMES.join(", ")
)]
pub struct DeviceError(String);

/// Opens the engine of a name.
///
/// # Errors
/// If this build has no engine of that name; the message lists those it has.
pub fn open(name: &str) -> Result<BurnEngine, DeviceError> {
    let device = match name {
        "burn-flex" => Device::flex(),
        #[cfg(feature = "tch")]
        #[allow(deprecated)]
        // burn 0.22 deprecates LibTorch; it is kept here as an option and an oracle
        "burn-tch" => Device::libtorch(),
        _ => return Err(DeviceError(name.into())),
    };
    Ok(BurnEngine::new(name, device))
}
