//! The three ways from a picture to a signal, by name; `images/prepare.rs` carries them out.

use super::crop::{NATIVE_SIDE, RESIZED_SHORT_SIDE};

/// Height and width of CelebA's aligned pictures, and of those that are cropped already.
const ALIGNED: [(usize, usize); 2] = [(218, 178), (NATIVE_SIDE, NATIVE_SIDE)];

/// How a picture becomes a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preparation {
    /// Resize(200), CenterCrop(178).
    Resized,
    /// CenterCrop(178).
    Cropped,
    /// White is inside: signed distances.
    Mask,
}

impl Preparation {
    /// What should be known of a picture of this size; completes "pictures …".
    pub(crate) fn size_remark(self, height: usize, width: usize) -> Option<&'static str> {
        let short = height.min(width);
        match self {
            Preparation::Cropped if short < NATIVE_SIDE => Some(
                "are smaller than 178 px and padded with black, as by torchvision: \
                 no result with them can be compared with the paper's",
            ),
            Preparation::Cropped if !ALIGNED.contains(&(height, width)) => Some(
                "are not 178 × 218 px, as CelebA's aligned ones are: the crop may show another part of a face",
            ),
            Preparation::Resized if short < RESIZED_SHORT_SIDE => {
                Some("are smaller than 200 px and enlarged, as by torchvision")
            }
            _ => None,
        }
    }
}
