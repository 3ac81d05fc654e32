//! What can be wrong with a file, read or written.

use std::path::PathBuf;

/// What can be wrong with a parameter file.
#[derive(Debug)]
pub enum FileError {
    /// The file cannot be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The file is of another format.
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: String,
        /// How to make a safetensors file of it.
        advice: String,
    },
    /// The file is damaged, or of no format that is known here.
    Format {
        /// The file.
        path: PathBuf,
        /// What the parser met.
        reason: String,
    },
    /// A leaf is missing or does not fit.
    Leaf {
        /// The file.
        path: PathBuf,
        /// The leaf's name.
        leaf: String,
        /// What was expected and found.
        reason: String,
    },
}

// By hand: a derive macro would cost this crate's check a tenth of its time.
impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Foreign { path, what, advice } => {
                write!(f, "{}: {what}, not a safetensors file; {advice}", path.display())
            }
            Self::Format { path, reason } => write!(
                f,
                "{}: not a whole safetensors file ({reason}); write it again or take another copy",
                path.display()
            ),
            Self::Leaf { path, leaf, reason } => write!(f, "{}: {leaf}: {reason}", path.display()),
        }
    }
}

impl std::error::Error for FileError {}

impl FileError {
    /// The operating system's reason, if it was one.
    pub fn io(&self) -> Option<&std::io::Error> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
