//! Exact area averaging: an output pixel is the mean of the input over the square it covers, pixels at its
//! border counted by the part that lies inside. It is the same for every size, keeps the mean, and needs no
//! choice of filter; so it is how a smaller experiment gets its signals from the 178 px ones. Sums are f64.

/// The part of one input pixel that lies in an output pixel, as a share of the output pixel's width.
struct Share {
    index: usize,
    weight: f64,
}

/// Averages a square signal over the squares of a `to` × `to` grid; `to == side` returns the input unchanged.
///
/// # Shapes
/// `values`: [side·side, channels], row-major → [to·to, channels]
///
/// # Panics
/// If `values` does not have that shape, or `to` is zero.
pub fn area_average(values: &[f32], side: usize, channels: usize, to: usize) -> Vec<f32> {
    assert_eq!(
        values.len(),
        side * side * channels,
        "area_average: values are not [{side} * {side}, {channels}]"
    );
    assert!(to > 0, "area_average: a side of 0 px");
    if to == side {
        return values.to_vec();
    }
    let shares = shares(side, to);
    let row_len = side * channels;
    let mut averaged = Vec::with_capacity(to * to * channels);
    let mut row = vec![0.0f64; row_len];
    for rows in &shares {
        row.fill(0.0);
        for Share { index, weight } in rows {
            let source = &values[index * row_len..(index + 1) * row_len];
            row.iter_mut().zip(source).for_each(|(sum, &value)| *sum += weight * f64::from(value));
        }
        for columns in &shares {
            let mean = |channel: usize| {
                columns.iter().map(|share| share.weight * row[share.index * channels + channel]).sum::<f64>()
            };
            averaged.extend((0..channels).map(|channel| mean(channel) as f32));
        }
    }
    averaged
}

/// The overlaps of [i, i+1) · side/to with the input pixels. In units of 1/to of an input pixel every border
/// is an integer: exact.
fn shares(side: usize, to: usize) -> Vec<Vec<Share>> {
    let shares_of = |out: usize| {
        let (start, end) = (out * side, (out + 1) * side);
        let share = |index: usize| {
            let overlap = end.min((index + 1) * to) - start.max(index * to);
            Share { index, weight: overlap as f64 / side as f64 }
        };
        (start / to..end.div_ceil(to)).map(share).collect()
    };
    (0..to).map(shares_of).collect()
}
