//! What a person should know of a data set: files that are not used, pictures of a size that was not meant. A
//! sentence each, with a number and the first names; a run, its provenance and `data verify` show them.

use crate::Split;
use crate::place::Hash;
use crate::prepare::Preparation;
use std::collections::{BTreeMap, HashMap};

/// Names in a sentence.
pub(crate) const NAMED: usize = 8;

/// "2 files … are left out: a, b"; nothing of no file. `why` follows the number.
pub(crate) fn left_out(files: &[String], why: &str) -> Option<String> {
    let number = if files.len() == 1 { "1 file".to_string() } else { format!("{} files", files.len()) };
    (!files.is_empty()).then(|| format!("left out: {number} {why}: {}", first_names(files, NAMED)))
}

/// "a, b, c, …": so many of them.
pub(crate) fn first_names<T: AsRef<str>>(names: &[T], count: usize) -> String {
    let first: Vec<&str> = names.iter().take(count).map(AsRef::as_ref).collect();
    first.join(", ") + if names.len() > count { ", …" } else { "" }
}

/// Test files that have, to the byte, the content of a training file.
pub(crate) fn in_both_parts(files: &[(Split, String)], hashes: &[Hash]) -> Option<String> {
    let seen = || files.iter().zip(hashes);
    let train: HashMap<&Hash, &str> = seen()
        .filter(|((split, _), _)| *split == Split::Train)
        .map(|((_, file), hash)| (hash, file.as_str()))
        .collect();
    let tests = seen().filter(|((split, _), _)| *split == Split::Test);
    let pair = |((_, file), hash): (&(Split, String), &Hash)| {
        train.get(hash).map(|training| format!("{file} is {training}"))
    };
    let pairs: Vec<String> = tests.filter_map(pair).collect();
    let sentence =
        |count| format!("{count} test files are training files too: {}", first_names(&pairs, NAMED));
    (!pairs.is_empty()).then(|| sentence(pairs.len()))
}

/// The sizes of pictures that were not meant: what is said of them, how many, the first.
#[derive(Default)]
pub(crate) struct Sizes {
    looked_at: usize,
    said: BTreeMap<&'static str, (usize, String)>,
}

impl Sizes {
    /// A picture's size, (height, width); `None` if its header cannot be read.
    pub(crate) fn see(&mut self, file: &str, size: Option<(usize, usize)>, preparation: Preparation) {
        self.looked_at += 1;
        let Some((height, width)) = size else {
            return self.say("cannot be decoded, and end what needs them", file.to_string());
        };
        if let Some(remark) = preparation.size_remark(height, width) {
            self.say(remark, format!("{file}, {width} × {height} px"));
        }
    }

    fn say(&mut self, remark: &'static str, first: String) {
        self.said.entry(remark).or_insert((0, first)).0 += 1;
    }

    /// A sentence each.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let sentence = |(remark, (count, first)): (&&str, &(usize, String))| {
            format!("{count} of {} pictures {remark} (the first: {first})", self.looked_at)
        };
        self.said.iter().map(sentence).collect()
    }
}
