//! The sets of photographs, a file each, and the one way from a picture to a signal (`prepare`).

pub(crate) mod celeba;
pub(crate) mod check;
pub(crate) mod imagenette;
pub(crate) mod photos;
pub(crate) mod prepare;
