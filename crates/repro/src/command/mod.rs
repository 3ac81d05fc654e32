//! A file or a folder a command, with its own flags.

pub mod all;
pub mod bench;
pub mod cmp;
pub mod data;
pub mod draw;
pub mod fit;
pub mod golden;
mod line;
pub mod list;
pub mod run;

pub use line::{Cli, run as answer};
