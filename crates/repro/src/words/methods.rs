//! How a method looks and is called: one colour, marker and dash, in every figure, table and legend.
//!
//! The colours are Okabe and Ito's palette, which colour-blind readers tell apart; markers and dashes survive a grey
//! print. A method not listed has a look by its name, keeps its name and comes last.

/// Shape of a method's marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// Filled circle.
    Circle,
    /// Filled square.
    Square,
    /// Filled triangle, point up.
    Up,
    /// Filled triangle, point down.
    Down,
    /// Filled diamond.
    Diamond,
    /// Diagonal cross.
    Cross,
    /// Upright cross.
    Plus,
}

/// How a method looks and is called, everywhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MethodStyle {
    /// Name in specifications and rows.
    pub method: &'static str,
    /// Name for people.
    pub label: &'static str,
    /// Colour.
    pub rgb: (u8, u8, u8),
    /// Marker.
    pub marker: Marker,
    /// Dash and gap in pixels; none for a solid line.
    pub dash: Option<(i32, i32)>,
}

/// The methods, then lines of the ablations, in the order of tables and legends.
pub const METHODS: [MethodStyle; 23] = [
    style("meta-sparse-inr", "Meta-SparseINR", (0, 114, 178), Marker::Circle, None),
    style("random-pruning", "Random pruning", (213, 94, 0), Marker::Square, Some((7, 3))),
    style("random-pruning-k11", "Random pruning, k11", (240, 150, 90), Marker::Square, Some((2, 4))),
    style("dense-narrow", "Dense-Narrow", (0, 158, 115), Marker::Up, Some((14, 4))),
    style("dense-narrow-k14", "Dense-Narrow, k14", (110, 200, 170), Marker::Up, Some((2, 4))),
    style("maml-oneshot", "MAML + OneShot", (204, 121, 167), Marker::Diamond, Some((4, 3))),
    style("maml-imp", "MAML + IMP", (230, 159, 0), Marker::Down, Some((10, 6))),
    style("scratch", "Scratch", (86, 180, 233), Marker::Cross, Some((2, 3))),
    style("dense", "Dense", (60, 60, 60), Marker::Plus, None),
    style("per-signal", "each signal pruned", (160, 60, 60), Marker::Square, Some((4, 3))),
    style("prune-10", "10 % a pruning", (0, 158, 115), Marker::Square, Some((7, 3))),
    style("prune-36", "36 % a pruning", (230, 159, 0), Marker::Diamond, Some((14, 4))),
    style("prune-50", "50 % a pruning", (213, 94, 0), Marker::Up, Some((4, 3))),
    style("prune-once", "one pruning", (204, 121, 167), Marker::Down, Some((10, 6))),
    style("cubic", "cubic", (86, 180, 233), Marker::Cross, Some((2, 3))),
    style("layer-magnitude", "layer-wise magnitude", (0, 158, 115), Marker::Plus, None),
    style("layer-random", "layer-wise random", (230, 159, 0), Marker::Up, Some((14, 4))),
    style("saliency", "saliency", (204, 121, 167), Marker::Diamond, Some((4, 3))),
    style("movement", "movement", (86, 180, 233), Marker::Down, Some((10, 6))),
    style("adam-reset", "Adam reset", (60, 60, 60), Marker::Square, Some((7, 3))),
    style("rewound", "rewound to dense", (120, 94, 40), Marker::Circle, Some((2, 3))),
    style("target", "the signals", (120, 120, 120), Marker::Plus, None),
    style("bicubic", "bicubic", (90, 90, 90), Marker::Cross, Some((2, 3))),
];

const fn style(
    method: &'static str,
    label: &'static str,
    rgb: (u8, u8, u8),
    marker: Marker,
    dash: Option<(i32, i32)>,
) -> MethodStyle {
    MethodStyle { method, label, rgb, marker, dash }
}

/// Look of a method. One not listed has a look by its name, so that two of them can be told apart; `METHOD, …`, its name or
/// its label, is a variant of a listed one and has its colour and marker.
pub fn method_style(method: &str) -> MethodStyle {
    let listed = |name: &str| METHODS.into_iter().find(|style| style.method == name || style.label == name);
    let number = method.bytes().fold(7usize, |number, byte| (31 * number + usize::from(byte)) % 1_000_003);
    let of = |part: usize| METHODS[part % 6];
    let dash = of(number).dash;
    listed(method).unwrap_or_else(|| match listed(method.split(", ").next().unwrap_or_default()) {
        Some(variant) => MethodStyle { dash, ..variant },
        None => style("", "", of(number / 6).rgb, of(number / 36).marker, dash),
    })
}

/// Name of a method for people; a method not listed keeps its name.
pub fn method_label(method: &str) -> &str {
    METHODS.iter().find(|style| style.method == method).map_or(method, |style| style.label)
}

/// Place of a method in tables and legends; methods not listed come last.
pub fn method_rank(method: &str) -> usize {
    METHODS.iter().position(|style| style.method == method).unwrap_or(METHODS.len())
}

/// Name of a method for people, with the width where the width is its budget.
pub fn line_label(method: &str, width: usize) -> String {
    match has_width(method) {
        true => format!("{} w{width}", method_label(method)),
        false => method_label(method).to_owned(),
    }
}

/// Whether the label of a method has its width behind it.
pub fn has_width(method: &str) -> bool {
    matches!(method, "dense-narrow" | "scratch")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_not_listed_can_be_told_apart() {
        let names = ["the paper's", "all", "rates", "coordinates", "early", "progressive", "tasks"];
        for (i, a) in names.iter().enumerate() {
            for b in &names[..i] {
                assert_ne!(method_style(a), method_style(b), "{a} and {b}");
            }
        }
        let variant = method_style("meta-sparse-inr, width 32");
        assert_eq!((variant.rgb, variant.marker), (METHODS[0].rgb, METHODS[0].marker));
        assert_eq!(method_style("dense"), METHODS.into_iter().find(|style| style.method == "dense").unwrap());
    }
}
