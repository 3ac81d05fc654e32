//! Pictures: decoded to the pixels of Pillow, resized and cropped as torchvision does, averaged.

pub(crate) mod area;
pub(crate) mod crop;
pub(crate) mod decode;
mod jpeg;
pub(crate) mod pixels;
mod png;
pub(crate) mod preparation;
mod resize;
