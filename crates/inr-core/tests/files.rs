//! Parameter files: what is written is read back, and damaged or foreign files are refused by name.

use std::sync::Arc;

use inr_core::file::{TensorFile, save};
use inr_core::optim::Adam;
use inr_core::{Key, Layout, Params, Siren};

fn sparse() -> Params<f32> {
    let siren = Siren::new(2, 4, 2, 3, 30.0);
    let layout = Layout::sparse(siren.clone(), vec![vec![1, 7], vec![], (0..12).collect()]);
    siren.init::<f32>(&Key::root(3)).narrowed(Arc::new(layout))
}

#[test]
fn a_sparse_training_state_comes_back_to_the_bit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.safetensors");
    let params = sparse();
    let mut adam = Adam::new(1e-4, params.values().len());
    adam.update(&mut params.values().to_vec(), &vec![0.3; params.values().len()]);
    save(&path, &params, Some(&adam), &[("outer_step", "7".into())]).unwrap();
    let file = TensorFile::read(&path).unwrap();
    assert_eq!(file.params::<f32>(0.0).unwrap(), params);
    assert_eq!(file.adam::<f32>(1e-4, params.values().len()).unwrap(), adam);
    assert_eq!(file.metadata("outer_step"), Some("7"));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn a_cut_file_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.safetensors");
    save(&path, &sparse(), None, &[]).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for keep in [0, 4, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..keep]).unwrap();
        let error = TensorFile::read(&path).err().expect("must be refused").to_string();
        assert!(error.contains("cut.safetensors") && error.contains("not a whole"), "{error}");
    }
}

#[test]
fn a_missing_leaf_and_a_nan_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("nan.safetensors");
    let mut params = sparse();
    params.values_mut()[1] = f32::NAN;
    save(&path, &params, None, &[]).unwrap();
    let error = TensorFile::read(&path).unwrap().params::<f32>(1.0).unwrap_err().to_string();
    assert!(error.contains("layers.0.linear.weight") && error.contains("NaN"), "{error}");
    let error = TensorFile::read(&path).unwrap().adam::<f32>(1.0, 3).unwrap_err().to_string();
    assert!(error.contains("adam.step"), "{error}");
}

#[test]
fn an_unwritable_folder_leaves_the_old_file_alone() {
    let dir = tempfile::tempdir().unwrap();
    let error = save(&dir.path().join("no/such/x.safetensors"), &sparse(), None, &[]).unwrap_err();
    assert!(error.to_string().contains("x.safetensors"));
}
