//! Circles of files: files of which each is needed by the next, and the last by the first (strongly connected
//! components of the graph of uses). None of them can be understood, tested or moved alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::modules::Use;

/// Files that all need each other.
#[derive(Debug)]
pub struct Circle<'a> {
    /// All of them, by name.
    pub files: BTreeSet<&'a str>,
    /// The uses of a shortest way round, from the first file back to it.
    pub round: Vec<&'a Use>,
}

impl Circle<'_> {
    /// Whether a use is part of it.
    pub fn holds(&self, one: &Use) -> bool {
        one.makes_circles && self.files.contains(&*one.from) && self.files.contains(&*one.to)
    }
}

/// Every circle of a graph; uses by tests and by doors make none.
pub fn circles<'a>(uses: &[&'a Use]) -> Vec<Circle<'a>> {
    let mut from: BTreeMap<&str, Vec<&'a Use>> = BTreeMap::new();
    for one in uses.iter().filter(|one| one.makes_circles) {
        from.entry(&one.from).or_default().push(one);
    }
    let mut found: Vec<Circle> = Vec::new();
    for &file in from.keys() {
        if found.iter().any(|circle| circle.files.contains(file)) {
            continue;
        }
        let ways = ways(&from, file);
        let Some(back) = ways.get(file) else { continue };
        let back_here = |other: &&str| self::ways(&from, other).contains_key(file);
        let files = ways.keys().copied().filter(back_here).collect();
        found.push(Circle { files, round: back.clone() });
    }
    found
}

/// The files that can be reached, each with the uses of a shortest way to it.
fn ways<'a>(from: &BTreeMap<&'a str, Vec<&'a Use>>, start: &str) -> BTreeMap<&'a str, Vec<&'a Use>> {
    let mut ways: BTreeMap<&str, Vec<&Use>> = BTreeMap::new();
    let mut next = VecDeque::from([(start, Vec::new())]);
    while let Some((file, way)) = next.pop_front() {
        for one in from.get(file).into_iter().flatten() {
            if !ways.contains_key(&*one.to) {
                let longer = [&way[..], &[*one]].concat();
                ways.insert(&one.to, longer.clone());
                next.push_back((&one.to, longer));
            }
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(arrows: &[(&str, &str)]) -> Vec<(String, usize)> {
        let one = |(from, to): &(&str, &str)| Use {
            from: (*from).into(),
            to: (*to).into(),
            line: 1,
            in_test: false,
            makes_circles: true,
        };
        let uses: Vec<Use> = arrows.iter().map(one).collect();
        let circles = circles(&uses.iter().collect::<Vec<_>>());
        circles.iter().map(|circle| (circle.files.iter().copied().collect(), circle.round.len())).collect()
    }

    #[test]
    fn files_that_need_each_other_are_found_whatever_leads_there_and_away() {
        let arrows =
            [("a", "b"), ("b", "c"), ("c", "d"), ("d", "b"), ("c", "b"), ("d", "e"), ("f", "g"), ("g", "f")];
        assert_eq!(found(&arrows), [("bcd".to_string(), 2), ("fg".to_string(), 2)]);
        assert_eq!(found(&[("a", "b"), ("a", "c"), ("b", "c")]), []);
    }
}
