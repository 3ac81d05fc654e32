//! Which signals are scored. The paper takes the first ones of the unshuffled test set; on Imagenette these
//! are all of the first class or two, so a small run is better served by a choice spread over the classes.
//! Both are deterministic: no seed.

/// A rule that picks signals of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Choice {
    /// The first `count` by path, as the paper's code does.
    FirstByPath {
        /// How many.
        count: usize,
    },
    /// `count` spread over the strata (class of Imagenette, category of silhouettes) as evenly as their sizes
    /// allow, and evenly spaced over the sorted paths within each; where there are no strata, evenly spaced
    /// over all of them.
    Stratified {
        /// How many.
        count: usize,
    },
}

impl Choice {
    /// How many signals it picks.
    pub fn count(self) -> usize {
        match self {
            Choice::FirstByPath { count } | Choice::Stratified { count } => count,
        }
    }
}

/// Ascending indices into a list whose entries have these strata; `count` is at most its length.
pub(crate) fn indices(strata: &[usize], choice: Choice) -> Vec<usize> {
    match choice {
        Choice::FirstByPath { count } => (0..count).collect(),
        Choice::Stratified { count } => stratified(strata, count),
    }
}

fn stratified(strata: &[usize], count: usize) -> Vec<usize> {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); strata.iter().max().map_or(0, |largest| largest + 1)];
    for (index, &stratum) in strata.iter().enumerate() {
        members[stratum].push(index);
    }
    let sizes: Vec<usize> = members.iter().map(Vec::len).collect();
    let mut chosen = Vec::with_capacity(count);
    for (members, quota) in members.iter().zip(quotas(&sizes, count)) {
        chosen.extend((0..quota).map(|i| members[(2 * i + 1) * members.len() / (2 * quota)]));
    }
    chosen.sort_unstable();
    chosen
}

/// Hands out `count` one by one, round and round, to the strata that are not yet used up.
fn quotas(sizes: &[usize], count: usize) -> Vec<usize> {
    let mut quotas = vec![0; sizes.len()];
    let mut left = count;
    while left > 0 {
        for (quota, &size) in quotas.iter_mut().zip(sizes) {
            if left > 0 && *quota < size {
                *quota += 1;
                left -= 1;
            }
        }
    }
    quotas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strata_share_evenly_and_small_ones_give_way() {
        assert_eq!(quotas(&[10, 1, 10], 8), [4, 1, 3]);
        assert_eq!(quotas(&[2, 0, 2], 4), [2, 0, 2]);
        let strata = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1];
        assert_eq!(indices(&strata, Choice::Stratified { count: 4 }), [1, 4, 7, 9]);
        assert_eq!(indices(&strata, Choice::Stratified { count: 10 }), (0..10).collect::<Vec<_>>());
        assert_eq!(indices(&strata, Choice::Stratified { count: 0 }), [0; 0]);
        assert_eq!(indices(&strata, Choice::FirstByPath { count: 3 }), [0, 1, 2]);
    }

    #[test]
    fn without_strata_the_choice_is_evenly_spaced() {
        assert_eq!(indices(&[0; 100], Choice::Stratified { count: 4 }), [12, 37, 62, 87]);
    }
}
