//! What a mask leaves to be computed: built once per layout.
//!
//! Two kinds of neurons need no work at a coordinate. One that no path of surviving weights leads from
//! to the output is dropped: its gradient is exactly 0. One that no path leads to from a coordinate is a
//! constant: its value joins the next layer's bias (`constants.rs`). What remains are the *varying*
//! neurons and the weights between them, numbered densely; each layer is then computed as a dense
//! matrix or as lists of weights, whichever is faster at its density.

use std::sync::{Arc, Mutex, Weak};

use crate::layout::{Layout, Leaf};

/// A layer with fewer rows or columns than this is always computed from lists: a dense kernel's block
/// would be mostly padding.
const THIN: usize = 5;

/// How a layer's products are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Dense, and the flat buffer holds the matrix as it is: nothing pruned, every neuron varying.
    Complete,
    /// Dense, with zeros for what was pruned.
    Filled,
    /// On the surviving weights only.
    Sparse,
}

/// Weights grouped by one index, in the order of the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lists {
    /// Where each group begins, and the end of the last: `[groups + 1]`.
    pub start: Vec<u32>,
    /// The other index of each weight.
    pub index: Vec<u32>,
    /// Place of each weight in the flat buffer.
    pub place: Vec<u32>,
}

/// A surviving weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Its output.
    pub row: u32,
    /// Its input.
    pub col: u32,
    /// Its place in the flat buffer.
    pub place: u32,
}

/// One affine layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerPlan {
    /// The neurons computed at every coordinate (all outputs, in the last layer), ascending.
    pub rows: Vec<u32>,
    /// Number of inputs computed at every coordinate.
    pub cols: usize,
    /// How its products are computed.
    pub form: Form,
    /// Varying weights by row; `index` counts varying inputs. Empty if the form is complete.
    pub by_row: Lists,
    /// The same weights by column; `index` counts `rows`. Only for the sparse form.
    pub by_col: Lists,
    /// The constant neurons that reach the output.
    pub constants: Vec<u32>,
    /// Weights from constant neurons to neurons that reach the output; true neuron numbers.
    pub from_constants: Vec<Entry>,
    /// Number of neurons, all of them.
    pub width: usize,
    /// Where the weights begin in the flat buffer.
    pub weight_offset: usize,
    /// Where the biases begin in the flat buffer.
    pub bias_offset: usize,
}

impl LayerPlan {
    /// Number of multiply-adds of one product at one coordinate.
    pub fn work(&self) -> usize {
        match self.form {
            Form::Sparse => self.by_row.index.len(),
            _ => self.rows.len() * self.cols,
        }
    }
}

/// All layers of a layout.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// First to last.
    pub layers: Vec<LayerPlan>,
    /// Number of coordinates' dimensions.
    pub d_in: usize,
    /// Frequency.
    pub w0: f64,
}

impl Plan {
    /// The plan of a layout; layers of a density above `dense_above` are computed as dense matrices.
    pub fn new(layout: &Layout, dense_above: f64) -> Self {
        let siren = layout.siren();
        let count = siren.layers();
        let entries: Vec<Vec<Entry>> = (0..count).map(|l| entries(layout.weight(l))).collect();
        let mut reaches: Vec<Vec<bool>> = vec![vec![true; siren.d_out()]; count];
        for l in (1..count).rev() {
            reaches[l - 1] = vec![false; siren.widths[l]];
            for e in &entries[l] {
                reaches[l - 1][e.col as usize] |= reaches[l][e.row as usize];
            }
        }
        let mut inputs: Vec<Option<u32>> = (0..siren.d_in()).map(|i| Some(i as u32)).collect();
        let mut layers = Vec::with_capacity(count);
        for l in 0..count {
            let mut varying = vec![l + 1 == count; siren.widths[l + 1]];
            for e in &entries[l] {
                varying[e.row as usize] |= inputs[e.col as usize].is_some();
            }
            let (layer, outputs) = layer(layout, l, &entries[l], &reaches[l], &varying, &inputs, dense_above);
            layers.push(layer);
            inputs = outputs;
        }
        Self { layers, d_in: siren.d_in(), w0: siren.w0 }
    }

    /// Whether constant neurons feed others.
    pub fn has_constants(&self) -> bool {
        self.layers.iter().any(|layer| !layer.from_constants.is_empty())
    }

    /// Number of multiply-adds of one product of all layers at one coordinate.
    pub fn work(&self) -> usize {
        self.layers.iter().map(LayerPlan::work).sum()
    }

    /// Number of neurons computed at every coordinate, all layers.
    pub fn neurons(&self) -> usize {
        self.layers.iter().map(|layer| layer.rows.len()).sum()
    }
}

fn entries(leaf: &Leaf) -> Vec<Entry> {
    let entry = |place: usize, index: u32| {
        let (row, col) = (index / leaf.cols as u32, index % leaf.cols as u32);
        Entry { row, col, place: (leaf.offset + place) as u32 }
    };
    match &leaf.kept {
        None => (0..leaf.rows * leaf.cols).map(|i| entry(i, i as u32)).collect(),
        Some(kept) => kept.iter().enumerate().map(|(place, &index)| entry(place, index)).collect(),
    }
}

/// The plan of one layer, and the dense number of each of its neurons that varies and reaches the output.
fn layer(
    layout: &Layout,
    l: usize,
    entries: &[Entry],
    reaches: &[bool],
    varying: &[bool],
    inputs: &[Option<u32>],
    dense_above: f64,
) -> (LayerPlan, Vec<Option<u32>>) {
    let width = reaches.len();
    let neurons =
        |which: &dyn Fn(usize) -> bool| (0..width).filter(|&o| which(o)).map(|o| o as u32).collect();
    let rows: Vec<u32> = neurons(&|o| reaches[o] && varying[o]);
    let constants: Vec<u32> = neurons(&|o| reaches[o] && !varying[o]);
    let mut outputs = vec![None; width];
    for (number, &o) in rows.iter().enumerate() {
        outputs[o as usize] = Some(number as u32);
    }
    let (mut kept, mut from_constants) = (Vec::new(), Vec::new());
    for e in entries.iter().filter(|e| reaches[e.row as usize]) {
        match (outputs[e.row as usize], inputs[e.col as usize]) {
            (Some(row), Some(col)) => kept.push(Entry { row, col, place: e.place }),
            _ => from_constants.push(*e),
        }
    }
    let cols = inputs.iter().flatten().count();
    let size = rows.len() * cols;
    let form = match kept.len() as f64 <= dense_above * size as f64 || rows.len().min(cols) < THIN {
        true => Form::Sparse,
        false if size == entries.len() && size == layout.weight(l).rows * layout.weight(l).cols => {
            Form::Complete
        }
        false => Form::Filled,
    };
    let by_row = match form {
        Form::Complete => Lists::default(),
        _ => lists(rows.len(), &kept, |e| (e.row, e.col)),
    };
    let by_col = match form {
        Form::Sparse => lists(cols, &kept, |e| (e.col, e.row)),
        _ => Lists::default(),
    };
    let (weight_offset, bias_offset) = (layout.weight(l).offset, layout.bias(l).offset);
    let plan = LayerPlan {
        rows,
        cols,
        form,
        by_row,
        by_col,
        constants,
        from_constants,
        width,
        weight_offset,
        bias_offset,
    };
    (plan, outputs)
}

/// Entries grouped by the first of the key's two indices; the order within a group is kept.
fn lists(groups: usize, entries: &[Entry], key: impl Fn(&Entry) -> (u32, u32)) -> Lists {
    let mut start = vec![0u32; groups + 1];
    for e in entries {
        start[key(e).0 as usize + 1] += 1;
    }
    for g in 0..groups {
        start[g + 1] += start[g];
    }
    let (mut index, mut place) = (vec![0; entries.len()], vec![0; entries.len()]);
    let mut next = start.clone();
    for e in entries {
        let (group, other) = key(e);
        let slot = next[group as usize] as usize;
        next[group as usize] += 1;
        (index[slot], place[slot]) = (other, e.place);
    }
    Lists { start, index, place }
}

/// Plans of the layouts in use, each built once.
///
/// A layout is known by its address. The cache holds it weakly: as long as its entry exists the address
/// cannot be given to another, and an entry whose layout has died is dropped at the next miss.
#[derive(Default)]
pub struct Cache(Mutex<Vec<(Weak<Layout>, Arc<Plan>)>>);

impl Cache {
    /// The plan of a layout.
    pub fn plan(&self, layout: &Arc<Layout>, dense_above: f64) -> Arc<Plan> {
        let mut known = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((_, plan)) =
            known.iter().find(|(weak, _)| std::ptr::eq(weak.as_ptr(), Arc::as_ptr(layout)))
        {
            return plan.clone();
        }
        known.retain(|(weak, _)| weak.strong_count() > 0);
        let plan = Arc::new(Plan::new(layout, dense_above));
        known.push((Arc::downgrade(layout), plan.clone()));
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::siren::Siren;

    #[test]
    fn dead_neurons_go_and_constants_stay_out_of_the_products() {
        // 1-3-3-1: first layer, neuron 2 has no input; second layer, neuron 0 ← {0, 2}, neuron 1 ← {2}, neuron
        // 2 ← {1}; output ← {0, 1}. So second-layer neuron 1 is a constant and neuron 2 reaches nothing, hence
        // first-layer neuron 1 does not either.
        let siren = Siren::new(1, 3, 2, 1, 1.0);
        let layout = Layout::sparse(siren, vec![vec![0, 1], vec![0, 2, 5, 7], vec![0, 1]]);
        let plan = Plan::new(&layout, 0.3);
        assert_eq!(plan.layers[0].rows, [0]);
        assert_eq!(plan.layers[0].constants, [2]);
        assert_eq!(plan.layers[1].rows, [0]);
        assert_eq!(plan.layers[1].constants, [1]);
        assert_eq!(plan.layers[1].from_constants.len(), 2);
        assert_eq!(plan.layers[1].by_row.place, [5]);
        assert_eq!((plan.layers[2].cols, plan.layers[2].from_constants.len()), (1, 1));
    }

    #[test]
    fn a_plan_is_built_once_and_dies_with_its_layout() {
        let (cache, siren) = (Cache::default(), Siren::new(2, 8, 2, 3, 1.0));
        let layout = Arc::new(Layout::dense(siren.clone()));
        let plan = cache.plan(&layout, 0.3);
        assert!(Arc::ptr_eq(&plan, &cache.plan(&layout, 0.3)));
        assert_eq!(plan.layers[1].form, Form::Complete);
        drop(layout);
        cache.plan(&Arc::new(Layout::dense(siren)), 0.3);
        assert_eq!(cache.0.lock().unwrap().len(), 1);
    }
}
