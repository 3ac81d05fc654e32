//! Ctrl-C, and the SIGTERM and SIGHUP of schedulers, containers and terminals that close.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result};

use crate::exit::STOPPED;
use crate::screen;

/// Set by the first of these signals; the second one ends the program at once. One flag for all experiments of a process.
pub(super) fn stop_flag() -> Result<Arc<AtomicBool>> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    if let Some(flag) = FLAG.get() {
        return Ok(flag.clone());
    }
    let flag = FLAG.get_or_init(Arc::default).clone();
    let seen = flag.clone();
    ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(STOPPED));
        }
        screen::note("stopping after this step; once more to stop at once");
    })
    .context("cannot listen for Ctrl-C and SIGTERM")?;
    Ok(flag)
}
