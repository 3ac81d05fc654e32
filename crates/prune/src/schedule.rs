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
    fn one_fifth_is_floored_exactly() {
        for n in 0..200_000 {
            assert_eq!(removed(n, 0.2), n / 5);
        }
    }
}
