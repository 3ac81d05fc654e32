//! Files of other formats are named for what they are; numbers and masks of every type that is documented are read;
//! a network that the file does not state whole, or states twice, is refused by the leaf's name.

use std::path::{Path, PathBuf};

use inr_core::file::{TensorFile, save};
use inr_core::{Key, Params, Siren};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// A tensor by hand: name, number type, shape, bytes.
type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

fn write(path: &Path, tensors: &[Tensor], metadata: &[(&str, &str)]) {
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        (name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    let header = metadata.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    std::fs::write(path, safetensors::serialize(views, Some(header)).unwrap()).unwrap();
}

/// The leaves of 2→2→1 with every number 0.5, which has the given bytes.
fn halves(dtype: Dtype, half: &[u8]) -> Vec<Tensor> {
    let shapes =
        [("0.linear.weight", vec![2, 2]), ("0.linear.bias", vec![2]), ("1.linear.weight", vec![1, 2])];
    let shapes = shapes.into_iter().chain([("1.linear.bias", vec![1])]);
    let bytes = |shape: &[usize]| half.repeat(shape.iter().product());
    shapes.map(|(name, shape)| (format!("layers.{name}"), dtype, shape.clone(), bytes(&shape))).collect()
}

fn single() -> Vec<Tensor> {
    halves(Dtype::F32, &0.5f32.to_le_bytes())
}

/// The same network with a mask of the first layer, of a number type and the bytes of 1, 0, 1, 1.
fn masked(dtype: Dtype, mask: Vec<u8>) -> Vec<Tensor> {
    let mut tensors = single();
    tensors[0].0 += "_orig";
    tensors.push(("layers.0.linear.weight_mask".into(), dtype, vec![2, 2], mask));
    tensors
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn params(&self, tensors: &[Tensor], metadata: &[(&str, &str)]) -> Result<Params<f32>, String> {
        let path = self.path("net.safetensors");
        write(&path, tensors, metadata);
        TensorFile::read(&path).and_then(|file| file.params(200.0)).map_err(|error| error.to_string())
    }

    /// A network that is refused with all of these words.
    fn refuses(&self, tensors: &[Tensor], metadata: &[(&str, &str)], words: &[&str]) {
        let error = self.params(tensors, metadata).unwrap_err();
        assert!(
            error.contains("net.safetensors") && words.iter().all(|word| error.contains(word)),
            "{error}"
        );
    }
}

#[test]
fn files_of_other_formats_are_named_with_what_converts_them() {
    let folder = Folder::new();
    let mut tar = vec![b'a'; 600];
    tar[9..257].fill(0);
    tar[257..262].copy_from_slice(b"ustar");
    let zip = |name: &str| {
        [b"PK\x03\x04\0\0\0\x08\x08\0".as_slice(), &[0; 20], name.as_bytes(), &[0x80, 2]].concat()
    };
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        (
            "net_2.pth",
            zip("net_2/data.pkl"),
            &["PyTorch checkpoint", "torch.load('net_2.pth'", "'net_2.safetensors'"],
        ),
        ("script.pt", zip("m/data.pkl m/constants.pkl"), &["TorchScript", "torch.jit.load('script.pt'"]),
        (
            "old.pth",
            b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.rest".to_vec(),
            &["PyTorch", "torch.load('old.pth'"],
        ),
        ("net.pkl", b"\x80\x04\x95\x05\0\0\0\0\0\0\0}\x94.".to_vec(), &["pickle", "pickle.load"]),
        (
            "net.npz",
            zip("layers.0.linear.weight.npy"),
            &["NumPy", "numpy.load('net.npz')", "safetensors.numpy"],
        ),
        ("w.npy", b"\x93NUMPY\x01\0".to_vec(), &["NumPy array", "save_file"]),
        ("net.keras", zip("model.weights.h5"), &["Keras"]),
        ("a.zip", zip("readme"), &["zip archive", "unpack"]),
        ("net.h5", b"\x89HDF\r\n\x1a\n\0\0".to_vec(), &["HDF5", "h5py.File('net.h5')"]),
        ("net.onnx", b"\x08\x07\x12\x07pytorch\x1a".to_vec(), &["ONNX", "onnx.load('net.onnx')"]),
        ("net.safetensors.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec(), &["gzip", "unpack"]),
        ("net.tar", tar, &["tar archive"]),
        ("net.gguf", b"GGUF\x03\0\0\0\0\0\0\0".to_vec(), &["GGUF"]),
        ("net.safetensors", b"\xef\xbb\xbf <!DOCTYPE html>\n<html>".to_vec(), &["web page", "download"]),
        (
            "lfs.safetensors",
            b"version https://git-lfs.github.com/spec/v1\noid".to_vec(),
            &["LFS", "git lfs pull"],
        ),
        ("error.safetensors", b"{\"error\": \"not found\"}".to_vec(), &["JSON"]),
        ("i.json", b"{\"weight_map\": {}}".to_vec(), &["index of a checkpoint"]),
        ("curve.csv", b"step,psnr_db\n0,7.1\n".to_vec(), &["text that begins \"step,psnr_db\""]),
        (
            "p.png",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
            &["PNG picture", "name the file of the network"],
        ),
    ];
    for (name, bytes, words) in cases {
        std::fs::write(folder.path(name), bytes).unwrap();
        let error = TensorFile::read(&folder.path(name)).err().expect(name).to_string();
        assert!(error.contains(name) && words.iter().all(|word| error.contains(word)), "{error}");
        assert!(error.contains("not a safetensors file; "), "{error}");
    }
}

#[test]
fn a_damaged_safetensors_file_is_still_called_damaged() {
    let folder = Folder::new();
    let path = folder.path("net.safetensors");
    save(&path, &Siren::new(2, 3, 1, 1, 30.0).init::<f32>(&Key::root(0)), None, &[]).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut no_brace = whole.clone();
    no_brace[8] = 0;
    let mut zeroed = whole.clone();
    zeroed[..512.min(whole.len())].fill(0);
    let longer = [whole.as_slice(), b"more"].concat();
    for bytes in [vec![], whole[..7].to_vec(), whole[8..].to_vec(), no_brace, zeroed, longer] {
        std::fs::write(&path, bytes).unwrap();
        let error = TensorFile::read(&path).err().expect("must be refused").to_string();
        assert!(error.contains("not a whole safetensors file"), "{error}");
    }
}

#[test]
fn weights_of_every_documented_type_are_read_exactly() {
    let folder = Folder::new();
    // 0.5 is 0x3800 as binary16 and 0x3f00 as bfloat16.
    let types: [(Dtype, &[u8]); 4] = [
        (Dtype::F64, &0.5f64.to_le_bytes()),
        (Dtype::F32, &0.5f32.to_le_bytes()),
        (Dtype::F16, &[0x00, 0x38]),
        (Dtype::BF16, &[0x00, 0x3f]),
    ];
    for (dtype, half) in types {
        assert_eq!(folder.params(&halves(dtype, half), &[]).unwrap().values(), [0.5; 9]);
    }
    for (dtype, word) in [(Dtype::F8_E4M3, "F8_E4M3"), (Dtype::I8, "I8"), (Dtype::BOOL, "BOOL")] {
        folder.refuses(&halves(dtype, &[1]), &[], &["layers.0.linear.weight", word, "F64, F32, F16 or BF16"]);
    }
}

#[test]
fn masks_of_every_documented_type_are_read_and_hold_nothing_but_zeros_and_ones() {
    let folder = Folder::new();
    let whole =
        |size: usize| [1u8, 0, 1, 1].iter().flat_map(|&b| [vec![b], vec![0; size - 1]].concat()).collect();
    let floating = |one: &[u8]| [one, &vec![0; one.len()], one, one].concat();
    let mut masks: Vec<(Dtype, Vec<u8>)> = vec![
        (Dtype::F64, floating(&1f64.to_le_bytes())),
        (Dtype::F32, floating(&1f32.to_le_bytes())),
        (Dtype::F16, floating(&[0, 0x3c])),
        (Dtype::BF16, floating(&[0x80, 0x3f])),
    ];
    let types = [(1, [Dtype::BOOL, Dtype::U8, Dtype::I8]), (2, [Dtype::U16, Dtype::I16, Dtype::I16])];
    let wider = [(4, [Dtype::U32, Dtype::I32, Dtype::I32]), (8, [Dtype::U64, Dtype::I64, Dtype::I64])];
    for (size, types) in types.into_iter().chain(wider) {
        masks.extend(types.map(|dtype| (dtype, whole(size))));
    }
    for (dtype, mask) in masks {
        let params = folder.params(&masked(dtype, mask), &[]).unwrap();
        assert_eq!(params.layout().weight(0).kept, Some(vec![0, 2, 3]), "{dtype:?}");
    }
    let mask = "layers.0.linear.weight_mask";
    folder.refuses(&masked(Dtype::U8, vec![1, 0, 2, 1]), &[], &[mask, "2.0 at entry 2"]);
    folder.refuses(&masked(Dtype::I8, vec![1, 0, 1, 255]), &[], &[mask, "-1.0 at entry 3"]);
    folder.refuses(&masked(Dtype::F32, floating(&0.5f32.to_le_bytes())), &[], &[mask, "0.5"]);
    folder.refuses(&masked(Dtype::F8_E5M2, vec![0x3c, 0, 0x3c, 0x3c]), &[], &[mask, "F8_E5M2"]);
    let mut other_shape = masked(Dtype::U8, vec![1; 4]);
    other_shape[4].2 = vec![4, 1];
    folder.refuses(&other_shape, &[], &[mask, "[4, 1]", "[2, 2]"]);
}

#[test]
fn tensors_that_are_not_asked_for_are_not_judged() {
    let folder = Folder::new();
    let mut tensors = single();
    tensors.push(("num_batches_tracked".into(), Dtype::I64, vec![], vec![7, 0, 0, 0, 0, 0, 0, 0]));
    tensors.push(("step".into(), Dtype::F8_E8M0, vec![1], vec![9]));
    tensors.push(("layers.0.num_batches_tracked".into(), Dtype::I64, vec![1], vec![0; 8]));
    assert_eq!(folder.params(&tensors, &[]).unwrap().values(), [0.5; 9]);
}

#[test]
fn a_network_stated_in_part_or_twice_is_refused() {
    let folder = Folder::new();
    let leaf = |name: &str, shape: Vec<usize>| {
        let bytes = 0.5f32.to_le_bytes().repeat(shape.iter().product());
        (name.to_string(), Dtype::F32, shape, bytes)
    };
    let with = |more: Tensor| [single(), vec![more]].concat();
    // Layer 2 is left out: layers 0 and 1 alone are a network as well.
    folder.refuses(
        &with(leaf("layers.3.linear.weight", vec![1, 1])),
        &[],
        &["layers.3", "a layer is missing"],
    );
    folder.refuses(&with(leaf("layers.0.norm.weight", vec![2])), &[], &["layers.0.norm.weight"]);
    folder.refuses(&with(leaf("layers.0.linear.bias_mask", vec![2])), &[], &["bias_mask"]);
    folder.refuses(
        &with(leaf("layers.0.linear.weight_orig", vec![2, 2])),
        &[],
        &["weight_orig: stands beside"],
    );
    let mut no_mask = single();
    no_mask[0].0 += "_orig";
    folder.refuses(&no_mask, &[], &["there is no layers.0.linear.weight_mask"]);
    let mut turned = single();
    turned[2].2 = vec![2, 1];
    folder.refuses(&turned, &[], &["layers.1.linear.weight", "[2, 1]", "[out, 2]"]);
    let mut flat = single();
    flat[0].2 = vec![4];
    folder.refuses(&flat, &[], &["layers.0.linear.weight", "[4]", "[out, in]"]);
}

#[test]
fn numbers_that_are_not_finite_in_the_precision_asked_for_are_refused() {
    let folder = Folder::new();
    folder.refuses(&halves(Dtype::F64, &1e300f64.to_le_bytes()), &[], &["layers.0.linear.weight", "F32"]);
    folder.refuses(&halves(Dtype::F16, &[0x00, 0x7c]), &[], &["layers.0.linear.weight", "inf"]);
    // torch's weight is values times mask, and NaN times 0 is NaN.
    let mut pruned = masked(Dtype::U8, vec![1, 0, 1, 1]);
    pruned[0].3[4..8].copy_from_slice(&f32::NAN.to_le_bytes());
    folder.refuses(&pruned, &[], &["weight_orig", "NaN"]);
}

#[test]
fn the_frequency_is_the_files_where_it_has_one_and_a_positive_number() {
    let folder = Folder::new();
    let w0 = |metadata: &[(&str, &str)]| {
        write(&folder.path("net.safetensors"), &single(), metadata);
        TensorFile::read(&folder.path("net.safetensors")).unwrap().w0().ok()
    };
    assert_eq!(w0(&[]), Some(None));
    assert_eq!(w0(&[("w0", "30")]), Some(Some(30.0)));
    assert_eq!(w0(&[("w0", "30.0"), ("w0_initial", "30")]), Some(Some(30.0)));
    for wrong in ["0", "-30", "nan", "inf", "1e999", "", "W0", "tensor(30.)"] {
        assert_eq!(w0(&[("w0", wrong)]), None, "{wrong}");
        folder.refuses(&single(), &[("w0", wrong)], &["metadata", "w0", "expected a positive number"]);
    }
    folder.refuses(&single(), &[("w0", "30"), ("w0_initial", "3000")], &["w0_initial is 3000", "w0 is 30"]);
    folder.refuses(&single(), &[("omega_0", "30")], &["omega_0 is 30", "there is no w0"]);
    assert_eq!(folder.params(&single(), &[("w0", "30")]).unwrap().layout().siren().w0, 30.0);
    assert_eq!(folder.params(&single(), &[]).unwrap().layout().siren().w0, 200.0);
}
