//! The scripts that get data sets, run against a server that cuts, refuses and lies, and read by the loaders.
//!
//! `network`: what can go wrong between server and disk; `machine`: what can go wrong on this machine; `sets`: what
//! is particular to each data set. Only loopback addresses; a program that is missing here is said and passed over.

#![cfg(unix)]

mod archives;
#[path = "../fixture/mod.rs"]
mod fixture;
mod machine;
mod network;
mod run;
mod server;
mod sets;
