//! Schedules: how many weights survive each round.

/// Number of weights that one round removes from `survivors`: `⌊fraction · survivors⌋`.
///
/// The authors hand torch an amount that rounds to this integer (PAPER §1.6).
///
/// # Panics
/// If the fraction is outside [0, 1].
pub fn removed(survivors: usize, fraction: f64) -> usize {
    assert!((0.0..=1.0).contains(&fraction), "a fraction to prune is in [0, 1], got {fraction}");
    (survivors as f64 * fraction).floor() as usize
}

/// Survivors before the first round and after each: `[rounds + 1]`.
pub fn ladder(weights: usize, fraction: f64, rounds: usize) -> Vec<usize> {
    std::iter::successors(Some(weights), |&n| Some(n - removed(n, fraction))).take(rounds + 1).collect()
}

/// Survivors after each pruning that takes `fraction` of what is left, the last one what is missing to `target`; a
/// pruning that would end within 1 % above the target ends there. With the ladder's own fraction and target these
/// are the ladder's rungs.
///
/// # Panics
/// If the fraction removes nothing although more than `target` survive.
pub fn geometric(weights: usize, target: usize, fraction: f64) -> Vec<usize> {
    let (mut survivors, mut counts) = (weights, Vec::new());
    while survivors > target {
        let gone = removed(survivors, fraction);
        assert!(gone > 0, "a fraction of {fraction} removes none of {survivors}");
        survivors -= gone;
        if survivors <= target + target / 100 {
            survivors = target;
        }
        counts.push(survivors);
    }
    counts
}

/// Survivors after each of `prunings` on the cubic path of Zhu & Gupta (2017), from all weights to `target`: the
/// pruned share after the i-th of n is s·(1 − (1 − i/n)³).
pub fn cubic(weights: usize, target: usize, prunings: usize) -> Vec<usize> {
    let left = |i: usize| (1.0 - i as f64 / prunings as f64).powi(3);
    let survivors = |i: usize| target + ((weights - target) as f64 * left(i)).round() as usize;
    (1..=prunings).map(survivors).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_is_the_papers() {
        let expected = [
            197888, 158311, 126649, 101320, 81056, 64845, 51876, 41501, 33201, 26561, 21249, 17000, 13600,
            10880, 8704, 6964, 5572, 4458, 3567, 2854, 2284,
        ];
        assert_eq!(ladder(197_888, 0.2, 20), expected);
    }

    #[test]
    fn a_geometric_schedule_of_the_ladders_fraction_is_the_ladder() {
        assert_eq!(geometric(197_888, 8_704, 0.2), ladder(197_888, 0.2, 14)[1..]);
        assert_eq!(geometric(1000, 100, 0.5), [500, 250, 125, 100]);
        assert_eq!(geometric(1000, 100, 1.0), [100]);
        assert_eq!(geometric(1000, 1000, 0.5), [0; 0]);
    }

    #[test]
    fn the_cubic_schedule_prunes_fast_first() {
        let counts = cubic(1000, 0, 10);
        assert_eq!((counts[0], counts[4], counts[9]), (729, 125, 0));
        assert_eq!(cubic(12_608, 556, 14).last(), Some(&556));
    }

    #[test]
    fn one_fifth_is_floored_exactly() {
        for n in 0..200_000 {
            assert_eq!(removed(n, 0.2), n / 5);
        }
    }
}
