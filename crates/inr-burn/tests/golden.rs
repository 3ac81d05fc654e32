//! Every engine of this build against the authors' trajectory `small_f64`, where it is at hand: the
//! meta-gradient of the first outer step and the parameters after the 20 dense ones (Adam 1e-4, inner
//! rate 1e-2, K = 2, signals (3s + i) mod n). `cargo xtask golden` replays all of it; this is the part that
//! needs nothing but an engine, so that a device can be checked without building the whole program.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use inr_burn::{BurnEngine, NAMES, open};
use inr_core::file::TensorFile;
use inr_core::optim::Adam;
use inr_core::{Engine, Params, Samples, grid};

fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("SPARSE_INR_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    named.or(Some(beside)).map(|dir| dir.join("golden/small_f64")).filter(|dir| dir.is_dir())
}

fn read(dir: &Path, name: &str) -> TensorFile {
    TensorFile::read(&dir.join(format!("{name}.safetensors"))).unwrap()
}

/// `[3, 32, 32]` → samples on the paper's grid.
fn signal(file: &TensorFile, index: usize) -> Samples<f64> {
    let (_, values) = file.get(&format!("train.{index}")).unwrap();
    let targets = (0..3 * 1024).map(|i| values[i % 3 * 1024 + i / 3]).collect();
    Samples::new(Arc::new(grid::square(32)), targets, 2, 3)
}

/// v ← v − α ∇²L(θ_k) v along two inner steps.
fn meta_gradient(engine: &BurnEngine, params: &Params<f64>, task: &Samples<f64>) -> Vec<f64> {
    let first = params.plus(-1e-2, &engine.value_and_grad(params, task).1);
    let second = first.plus(-1e-2, &engine.value_and_grad(&first, task).1);
    let mut v = engine.value_and_grad(&second, task).1;
    for theta in [&first, params] {
        let curvature = engine.hvp(theta, task, &v);
        v.iter_mut().zip(&curvature).for_each(|(v, h)| *v -= 1e-2 * h);
    }
    v
}

fn relative_distance(ours: &[f64], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len(), "leaves of different networks");
    let difference: f64 = ours.iter().zip(theirs).map(|(a, b)| (a - b).powi(2)).sum();
    (difference / theirs.iter().map(|b| b * b).sum::<f64>()).sqrt()
}

#[test]
fn the_dense_phase_of_the_authors_is_met_in_double_precision() {
    let Some(dir) = shared() else {
        println!("skipped: no golden trajectories here (SPARSE_INR_SHARED names their folder's parent)");
        return;
    };
    let signals = read(&dir, "signals");
    for name in NAMES {
        let engine = open(name).unwrap();
        let mut params: Params<f64> = read(&dir, "init").params(200.0).unwrap();
        let mut adam = Adam::new(1e-4, params.values().len());
        for step in 0..20 {
            let mut mean = vec![0.0; params.values().len()];
            for i in 0..3 {
                let gradient = meta_gradient(&engine, &params, &signal(&signals, (3 * step + i) % 9));
                mean.iter_mut().zip(&gradient).for_each(|(sum, g)| *sum += g / 3.0);
            }
            if step == 0 {
                let theirs = read(&dir, "meta_grad_step0");
                for leaf in params.layout().leaves() {
                    let found = relative_distance(&mean[leaf.range()], &theirs.get(&leaf.name).unwrap().1);
                    assert!(found < 1e-8, "{name}, meta-gradient of {}: {found}", leaf.name);
                }
            }
            adam.update(params.values_mut(), &mean);
        }
        let theirs: Params<f64> = read(&dir, "dense").params(200.0).unwrap();
        for leaf in params.layout().leaves() {
            let found = relative_distance(params.leaf(leaf), theirs.leaf(leaf));
            println!("{name}: {} after 20 steps: {found:.1e}", leaf.name);
            assert!(found < 1e-8, "{name}, {} after the dense phase: {found}", leaf.name);
        }
    }
}
