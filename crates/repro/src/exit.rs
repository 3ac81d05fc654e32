//! The exit codes of the program; 1 is any error, 2 a command line that cannot be read.

/// Everything went as asked.
pub const DONE: u8 = 0;

/// Finished, but rows failed.
pub const FAILED_ROWS: u8 = 3;

/// A claim (`--strict`) or a tolerance does not hold.
pub const DOES_NOT_HOLD: u8 = 4;

/// Stopped by the person; state saved.
pub const STOPPED: u8 = 130;
