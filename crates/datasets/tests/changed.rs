//! A file that changes after the fingerprint was taken is an error, not a signal of other contents under that
//! fingerprint; a file that would take a machine's memory or its hours is refused by a named limit.

mod fixture;

use datasets::{DataSet, HeldSizes, Split, load_picture, open};
use fixture::{assert_says, message};
use std::path::{Path, PathBuf};

/// Opened, with its fingerprint taken.
fn seen(name: &str, data: &Path) -> DataSet {
    let set = open(name, &[data.to_path_buf()]).unwrap();
    set.fingerprint().unwrap();
    set
}

/// Puts other contents in a file's place, with its old times.
fn swap(file: &Path, bytes: &[u8]) -> Vec<u8> {
    let before = std::fs::read(file).unwrap();
    let time = std::fs::metadata(file).unwrap().modified().unwrap();
    std::fs::write(file, bytes).unwrap();
    std::fs::File::options().append(true).open(file).unwrap().set_modified(time).unwrap();
    before
}

/// The first signal of `split` is refused while its file holds `other`, and as before when the file is.
fn check(set: &DataSet, split: Split, file: &Path, other: &[u8]) {
    let side = if set.kind().coordinates == 3 { 4 } else { 16 };
    let right = set.load(split, 0, side).unwrap();
    let before = swap(file, other);
    let name = file.file_name().unwrap().to_str().unwrap();
    assert_says(&message(set.load(split, 0, side)), &[name, "has changed since", "run the command again"]);
    swap(file, &before);
    if name != "data_2d_sdf.npz" {
        assert_eq!(set.load(split, 0, side).unwrap(), right, "{name}");
    }
}

fn other_jpeg(folder: &Path, height: u32, width: u32) -> Vec<u8> {
    let path: PathBuf = folder.join("other.jpg");
    image::RgbImage::from_pixel(width, height, image::Rgb([9, 200, 30])).save(&path).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn pictures_that_change_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let root = fixture::write_celeba(data.path());
    let face = other_jpeg(data.path(), 218, 178);
    check(&seen("celeba", data.path()), Split::Test, &root.join("img_align_celeba/000004.jpg"), &face);
    let root = fixture::write_imagenette(data.path());
    let other = other_jpeg(data.path(), 300, 201);
    check(&seen("imagenette", data.path()), Split::Train, &root.join("train/n01440764/a.JPEG"), &other);
    let root = data.path().join("photos");
    for name in ["a.jpg", "b.jpg"] {
        fixture::write_picture(&root.join(name), 300, 201);
    }
    std::fs::write(root.join("LICENSES.tsv"), "file\tsplit\na.jpg\ttest\nb.jpg\ttrain\n").unwrap();
    check(&seen("photos", data.path()), Split::Test, &root.join("a.jpg"), &other);
    check(&seen("photos", data.path()), Split::Train, &root.join("b.jpg"), &other);
    let unseen = open("photos", &[data.path().to_path_buf()]).unwrap();
    swap(&root.join("b.jpg"), &other_jpeg(data.path(), 301, 201));
    assert_says(&message(unseen.load(Split::Train, 0, 16)), &["b.jpg", "its size has changed"]);
}

#[test]
fn masks_meshes_and_arrays_that_change_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("silhouettes");
    std::fs::create_dir_all(root.join("a")).unwrap();
    let mask = |name: &str, edge: u32| {
        let value = |x, _| image::Luma([if x < edge { 255 } else { 0 }]);
        image::GrayImage::from_fn(256, 256, value).save(root.join(name)).unwrap();
        std::fs::read(root.join(name)).unwrap()
    };
    mask("a/one.png", 90);
    mask("a/two.png", 91);
    let other = mask("a/three.png", 99);
    std::fs::write(root.join("SPLIT.tsv"), "file\tsplit\na/one.png\ttest\na/two.png\ttrain\n").unwrap();
    check(&seen("silhouettes", data.path()), Split::Test, &root.join("a/one.png"), &other);

    let root = fixture::write_meshes(data.path());
    for name in ["meshes", "shapenet-sdf"] {
        let set = seen(name, data.path());
        let file = set.file(set.files() - 1).to_string();
        fixture::write_box(&data.path().join("other.obj"), 0.77);
        let other = std::fs::read(data.path().join("other.obj")).unwrap();
        let split = if set.name(Split::Test, 0).starts_with(&file) { Split::Test } else { Split::Train };
        if set.name(split, 0).starts_with(&file) {
            check(&set, split, &root.join(&file), &other);
        }
        if name == "meshes" {
            let test = root.join(set.name(Split::Test, 0));
            let before = swap(&test, &other);
            let sizes = HeldSizes { samples: 50, surface: 40, grid: 7 };
            assert_says(&message(set.held(0, sizes)), &["has changed since"]);
            swap(&test, &before);
        }
    }

    let file = fixture::write_sdf2d(data.path());
    let mut other = std::fs::read(&file).unwrap();
    let middle = other.len() / 2;
    other[middle] ^= 0xFF;
    check(&seen("sdf2d", data.path()), Split::Train, &file, &other);
}

#[test]
fn a_jpeg_of_very_many_scans_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scans.jpg");
    let whole = other_jpeg(folder.path(), 16, 16);
    let scan = whole.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let scans = |count: usize| {
        let mut bytes = whole[..scan].to_vec();
        (0..count).for_each(|_| bytes.extend(&whole[scan..whole.len() - 2]));
        [bytes, vec![0xFF, 0xD9]].concat()
    };
    for count in [101, 2000] {
        std::fs::write(&path, scans(count)).unwrap();
        let words = ["scans.jpg", &format!("{count} scans"), "100 at most", "Save it again"];
        assert_says(&message(load_picture(&path)), &words);
    }
    std::fs::write(&path, scans(1)).unwrap();
    assert_eq!(load_picture(&path).unwrap().width, 16);
}

#[test]
fn a_png_with_far_more_pixels_than_bytes_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.png");
    image::GrayImage::new(16, 16).save(&path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let len = bytes.len();
    for (width, height) in [(4097u32, 4096u32), (1, (1 << 24) + 1), (13_000, 13_000)] {
        bytes[16..24].copy_from_slice(&[width.to_be_bytes(), height.to_be_bytes()].concat());
        std::fs::write(&path, &bytes).unwrap();
        let words =
            ["bomb.png", &format!("{width} × {height} px"), &format!("{len} bytes"), "16777216 px", "bomb"];
        assert_says(&message(load_picture(&path)), &words);
    }
    image::GrayImage::new(4096, 4096).save(&path).unwrap();
    assert_eq!(load_picture(&path).unwrap().rgb.len(), 3 << 24);
}
