//! SSIM against scikit-image's `structural_similarity`: the values are printed by tests/ssim.py, which says the versions.

use inr_core::metrics::ssim;

/// Side, channels, the value of scikit-image.
const VALUES: &[(usize, usize, f64)] = &[
    (11, 1, 0.3202954502867409),
    (12, 3, 0.38047209580346014),
    (33, 1, 0.3889399229018283),
    (64, 3, 0.33258610194152927),
    (178, 3, 0.3307292229073639),
];

/// The two pictures of ssim.py.
fn pictures(side: usize, channels: usize) -> [Vec<f64>; 2] {
    let ramp = |i: usize| 3 * (i / channels / side) + 5 * (i / channels % side) + 40 * (i % channels);
    let picture = |value: &dyn Fn(usize) -> usize| -> Vec<f64> {
        (0..side * side * channels).map(|i| value(i) as f64 / 255.0).collect()
    };
    [picture(&|i| ramp(i) % 256), picture(&|i| ((ramp(i) + 9) % 256 + i * 7919 % 61).min(255))]
}

#[test]
fn ssim_is_that_of_scikit_image() {
    for &(side, channels, expected) in VALUES {
        let [x, y] = pictures(side, channels);
        // A variance is a difference of two means of at most 1, each off by eps at most 2 · 11 times, over c2 = 9e-4.
        let tolerance = 2.0 * 22.0 * f64::EPSILON / 9e-4;
        let ours = ssim(&x, &y, side, channels);
        assert!((ours - expected).abs() < tolerance, "{side}² × {channels}: {ours} against {expected}");
        assert_eq!(ssim(&y, &x, side, channels), ours, "it is symmetric");
    }
}

#[test]
fn in_single_precision_only_the_pictures_are_rounded() {
    for &(side, channels, expected) in VALUES {
        let [x, y] = pictures(side, channels).map(|p| p.iter().map(|&v| v as f32).collect::<Vec<f32>>());
        // Pixels are off by 2^-25 at most; a variance by twice that, over c2 = 9e-4.
        let tolerance = 4.0 * f64::from(f32::EPSILON) / 4.0 / 9e-4;
        assert!((ssim(&x, &y, side, channels) - expected).abs() < tolerance, "{side}² × {channels}");
    }
}
