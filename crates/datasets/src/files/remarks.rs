//! What is seen of a data set's files while they are hashed, and a person should know: test files that are training
//! files too, pictures of a size that was not meant.

use super::place::Hash;
use crate::left_out::{NAMED, first_names};
use crate::picture::preparation::Preparation;
use crate::signal::Split;
use std::collections::{BTreeMap, HashMap};

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
