//! The legend of a figure, and names in the order they are met.

use super::canvas::Sign;
use crate::words::methods::{method_label, method_rank};

/// The methods in the order of [`crate::words::methods::METHODS`], each with its name.
pub(super) fn method_signs<'a>(methods: impl Iterator<Item = &'a str>) -> Vec<(Sign<'a>, String)> {
    let mut methods = in_order(methods);
    methods.sort_by_key(|method| method_rank(method));
    methods.into_iter().map(|method| (Sign::Method(method), method_label(method).to_owned())).collect()
}

pub(super) fn in_order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut out = Vec::new();
    for name in names {
        if !out.contains(&name) {
            out.push(name);
        }
    }
    out
}
