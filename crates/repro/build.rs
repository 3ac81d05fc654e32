//! Tells the program which compiler built it, for the provenance of its numbers.

use std::process::Command;

fn main() {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version =
        Command::new(rustc).arg("--version").output().ok().and_then(|o| String::from_utf8(o.stdout).ok());
    println!("cargo::rustc-env=BUILT_BY={}", version.unwrap_or_default().trim());
    println!("cargo::rerun-if-changed=build.rs");
}
