"""The values of tests/ssim.rs: `python3 crates/inr-core/tests/ssim.py` (scikit-image 0.26.0, NumPy 2.4.6)."""

import numpy as np
from skimage.metrics import structural_similarity


def pictures(side, channels):
    """Two pictures of bytes: a ramp that wraps around, and the same moved and with noise of 0 … 60 added."""
    i = np.arange(side * side * channels)
    row, col, channel = i // channels // side, i // channels % side, i % channels
    x = (3 * row + 5 * col + 40 * channel) % 256
    y = np.minimum((3 * row + 5 * col + 40 * channel + 9) % 256 + i * 7919 % 61, 255)
    return (v.reshape(side, side, channels) / 255 for v in (x, y))


for side, channels in [(11, 1), (12, 3), (33, 1), (64, 3), (178, 3)]:
    x, y = pictures(side, channels)
    value = structural_similarity(
        x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1, channel_axis=2
    )
    print(f"({side}, {channels}, {value!r}),")
