//! CelebA, Imagenette, 2-D SDF and the shipped lists: right layouts give the right pixels, wrong ones a message with a remedy.

mod fixture;

use datasets::{Choice, DataSet, Split, area_average, open};
use fixture::{Array, assert_says, message, sdf_array, write_npz};
use std::path::Path;

fn opened(name: &str, data: &Path) -> DataSet {
    open(name, &[data.to_path_buf()]).unwrap()
}

fn refusal(name: &str, data: &Path) -> String {
    message(open(name, &[data.to_path_buf()]))
}

#[test]
fn area_average_by_hand() {
    // 3 → 2: an output pixel covers 1.5 input pixels a side; weights 2/3 and 1/3 along each.
    let values: Vec<f32> = (1..=9).map(|v| v as f32).collect();
    let averaged = area_average(&values, 3, 1, 2);
    // Top left: (4·1 + 2·2 + 2·4 + 1·5) / 9, and so on.
    let expected = [21.0 / 9.0, 33.0 / 9.0, 57.0 / 9.0, 69.0 / 9.0];
    for (value, expected) in averaged.iter().zip(expected) {
        assert!((f64::from(*value) - expected).abs() < 1e-6, "{averaged:?}");
    }
    assert_eq!(area_average(&values, 3, 1, 3), values);
    assert_eq!(area_average(&values, 3, 1, 1), [5.0]);
    let two_channels = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
    assert_eq!(area_average(&two_channels, 2, 2, 1), [3.0, 4.0]);
}

#[test]
fn area_average_keeps_the_mean_at_every_size() {
    let side = 178;
    let values: Vec<f32> = (0..side * side * 3).map(|i| (i * 7919 % 1013) as f32 / 1012.0).collect();
    let mean =
        |values: &[f32]| values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64;
    for to in [1, 2, 3, 32, 64, 89, 100, 177, 200] {
        let averaged = area_average(&values, side, 3, to);
        assert_eq!(averaged.len(), to * to * 3);
        // Each output value is rounded to f32 once: an error below 2^-25 in [0, 1].
        assert!((mean(&averaged) - mean(&values)).abs() < f64::from(f32::EPSILON), "to {to}");
    }
}

#[test]
fn celeba_is_split_by_the_list_and_cropped_at_row_20() {
    let data = tempfile::tempdir().unwrap();
    let root = fixture::write_celeba(data.path());
    fixture::write_picture(&root.join("img_align_celeba/999999.jpg"), 10, 10); // not listed: ignored
    let set = opened("celeba", data.path());
    assert_eq!((set.len(Split::Train), set.len(Split::Test)), (2, 1));
    let signal = set.load(Split::Test, 0, 178).unwrap();
    let picture = datasets::load_picture(&root.join("img_align_celeba/000004.jpg")).unwrap();
    let expected: Vec<f32> =
        picture.rgb[20 * 178 * 3..198 * 178 * 3].iter().map(|&byte| f32::from(byte) / 255.0).collect();
    assert_eq!(signal.values, expected);
    assert_eq!(set.load(Split::Test, 0, 50).unwrap().values, area_average(&expected, 178, 3, 50));
}

#[test]
fn celeba_lists_that_are_wrong_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let root = fixture::write_celeba(data.path());
    let list = root.join("list_eval_partition.txt");
    let cases = [
        (
            "000001.jpg 0\n000002.jpg 0\n000008.jpg 2\n000009.jpg 2\n",
            "2 of 4 listed files are missing: 000008.jpg, 000009.jpg",
        ),
        ("000001.jpg 0\n000004.jpg two\n", "line 2 is `000004.jpg two`"),
        ("202599\n000001.jpg 0\n", "line 1"),
        ("000001.jpg 0\n000001.jpg 2\n", "000001.jpg is listed twice"),
        ("000001.jpg 0\n", "no test signals"),
        ("", "no train signals"),
    ];
    for (text, problem) in cases {
        std::fs::write(&list, text).unwrap();
        let said = refusal("celeba", data.path());
        assert_says(&said, &["celeba", problem]);
        assert!(
            said.contains("Accept CelebA's terms") || said.contains("Take one of the lines out"),
            "{said}"
        );
    }
    std::fs::remove_file(&list).unwrap();
    assert_says(
        &refusal("celeba", data.path()),
        &["list_eval_partition.txt", "cannot be read", "Accept CelebA's terms"],
    );
}

#[test]
fn bad_pictures_of_a_set_are_named_and_the_first_index_wins() {
    let data = tempfile::tempdir().unwrap();
    let root = fixture::write_celeba(data.path());
    std::fs::write(root.join("img_align_celeba/000001.jpg"), "text").unwrap();
    std::fs::write(root.join("img_align_celeba/000002.jpg"), []).unwrap();
    let set = opened("celeba", data.path());
    assert_says(
        &message(set.load(Split::Train, 0, 32)),
        &["000001.jpg", "neither a JPEG nor a PNG", "Replace the file"],
    );
    for _ in 0..20 {
        assert_says(&message(set.load_many(Split::Train, &[1, 0], 32)), &["000002.jpg", "zero bytes"]);
        assert_says(&message(set.load_many(Split::Train, &[0, 1], 32)), &["000001.jpg"]);
    }
}

#[test]
fn imagenette_is_sorted_by_class_then_file_and_classes_are_strata() {
    let data = tempfile::tempdir().unwrap();
    let root = fixture::write_imagenette(data.path());
    std::fs::write(root.join("train/n01440764/._a.JPEG"), "a hidden file").unwrap();
    let set = opened("imagenette", data.path());
    assert_eq!((set.len(Split::Train), set.len(Split::Test)), (4, 4));
    let names: Vec<&str> = (0..4).map(|index| set.name(Split::Test, index)).collect();
    assert_eq!(names, ["n01440764/a.JPEG", "n01440764/b.JPEG", "n02102040/a.JPEG", "n02102040/b.JPEG"]);
    assert_eq!(set.choose(Split::Test, Choice::FirstByPath { count: 2 }).unwrap(), [0, 1]);
    assert_eq!(set.choose(Split::Test, Choice::Stratified { count: 2 }).unwrap(), [1, 3]);
    let own = datasets::signal_of_picture(&root.join("val/n02102040/a.JPEG"), 178).unwrap();
    assert_eq!(set.load(Split::Test, 2, 178).unwrap().values, own.values);
}

#[test]
fn imagenette_without_a_part_or_with_an_empty_class_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let root = fixture::write_imagenette(data.path());
    std::fs::create_dir(root.join("train/n09999999")).unwrap();
    assert_says(&refusal("imagenette", data.path()), &["n09999999", "no picture", "Get imagenette2.tgz"]);
    std::fs::remove_dir(root.join("train/n09999999")).unwrap();
    std::fs::rename(root.join("val"), root.join("test")).unwrap();
    assert_says(&refusal("imagenette", data.path()), &["val", "cannot be read", "Get imagenette2.tgz"]);
}

#[test]
fn sdf2d_reads_bytes_and_floats_alike_under_either_name() {
    let byte = |i: usize| (i % 251) as u8;
    for name in ["train_data", "train_data.npy"] {
        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let [first, second, third] = [0, 1, 2].map(|i: usize| folders[i].path().join("data_2d_sdf.npz")); // not in a folder of its own
        write_npz(&first, &[sdf_array(name, byte), sdf_array("test_data", |i| byte(i + 1))]);
        let single = |i| f32::from(byte(i));
        write_npz(&second, &[sdf_array(name, single), sdf_array("test_data", |i| single(i + 1))]);
        let double = |i| f64::from(byte(i));
        write_npz(&third, &[sdf_array(name, double), sdf_array("test_data", |i| double(i + 1))]);
        let [bytes, singles, doubles] = [0, 1, 2].map(|i: usize| opened("sdf2d", folders[i].path()));
        let signal = bytes.load(Split::Train, 1, 178).unwrap();
        assert_eq!(signal.values[5], f32::from(byte(178 * 178 * 3 + 5)) / 255.0);
        assert_eq!(signal.name, "train_data[1]");
        for other in [singles, doubles] {
            assert_eq!(other.load(Split::Train, 1, 178).unwrap(), signal);
            assert_eq!(other.load(Split::Test, 0, 40).unwrap(), bytes.load(Split::Test, 0, 40).unwrap());
        }
    }
}

#[test]
fn sdf2d_compressed_arrays_are_read_like_others_and_damage_in_them_is_found() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("data_2d_sdf.npz");
    let byte = |i: usize| (i * i % 251) as u8;
    let arrays = [sdf_array("train_data", byte), sdf_array("test_data", |i| byte(i + 1))];
    write_npz(&file, &arrays);
    let plain = opened("sdf2d", data.path()).load_many(Split::Train, &[1, 0], 178).unwrap();
    fixture::write_npz_as(zip::CompressionMethod::Deflated, &file, &arrays);
    let set = opened("sdf2d", data.path());
    assert_eq!(set.load_many(Split::Train, &[1, 0], 178).unwrap(), plain);
    drop(set);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 4;
    bytes[middle] ^= 0xFF;
    std::fs::write(&file, bytes).unwrap();
    assert_says(
        &refusal("sdf2d", data.path()),
        &["data_2d_sdf.npz", "train_data.npy", "Get data_2d_sdf.npz again"],
    );
}

#[test]
fn sdf2d_is_read_from_the_disk_and_not_held() {
    let data = tempfile::tempdir().unwrap();
    let file = fixture::write_sdf2d(data.path());
    let set = opened("sdf2d", data.path());
    let before = set.load(Split::Train, 0, 178).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let first = bytes.windows(256).position(|window| (0..=255).zip(window).all(|(a, b)| a == *b)).unwrap();
    bytes[first] = 77;
    std::fs::write(&file, bytes).unwrap();
    let after = set.load(Split::Train, 0, 178).unwrap();
    assert_eq!((before.values[0], after.values[0]), (0.0, 77.0 / 255.0), "what is on the disk counts");
}

#[test]
fn the_160_px_archive_is_refused_whatever_its_folder_is_called() {
    for folder in ["imagenette2", "imagenette2-160"] {
        let data = tempfile::tempdir().unwrap();
        for (part, number) in ["train", "val"].into_iter().flat_map(|part| (0..5).map(move |n| (part, n))) {
            let file = data.path().join(folder).join(part).join(format!("n01440764/{number}.JPEG"));
            fixture::write_picture(&file, 160, 160 + 20 * number);
        }
        let words = ["short side of 160 px", "Resize(200) would enlarge", "imagenette2-320.tgz"];
        assert_says(&refusal("imagenette", data.path()), &words);
    }
}

#[test]
fn sdf2d_arrays_that_are_wrong_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("sdf2d/data_2d_sdf.npz");
    let refused = |words: &[&str]| {
        let said = refusal("sdf2d", data.path());
        assert_says(&said, &["data_2d_sdf.npz", "Get data_2d_sdf.npz again"]);
        assert_says(&said, words);
    };
    let good = |i: usize| (i % 200) as f32;
    let at = 178 * 178 * 3 + (7 * 178 + 9) * 3 + 2;
    for (value, shown) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (-1.0, "-1"), (256.0, "256")] {
        let bad = |i: usize| if i == at { value } else { good(i) };
        write_npz(&file, &[sdf_array("train_data", good), sdf_array("test_data", bad)]);
        refused(&["test_data.npy", shown, "[1, 7, 9, 2]", "0 to 255"]);
    }
    write_npz(&file, &[sdf_array("train_data", |i| good(i) / 255.0), sdf_array("test_data", good)]);
    refused(&["train_data.npy", "divided by 255 already"]);
    write_npz(&file, &[sdf_array("train", good), sdf_array("test_data", good)]);
    refused(&["member train_data.npy is not in it", "found: test_data.npy, train.npy"]);
    write_npz(&file, &[sdf_array("train_data", |i| i as i64)]);
    refused(&["train_data.npy", "<i8", "uint8"]);
    let flat = Array { name: "train_data", shape: &[2, 178, 178], values: vec![0u8; 2 * 178 * 178] };
    write_npz(&file, &[flat]);
    refused(&["train_data.npy", "[2, 178, 178]", "[n, 178, 178, 3]"]);
    std::fs::write(&file, "no zip").unwrap();
    refused(&["train_data.npy", "cannot be read"]);
}

#[test]
fn sdf2d_files_that_are_cut_or_lie_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let file = fixture::write_sdf2d(data.path());
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() * 6 / 10]).unwrap();
    assert_says(
        &refusal("sdf2d", data.path()),
        &["data_2d_sdf.npz", "train_data.npy", "Get data_2d_sdf.npz again"],
    );
    let lying = Array { name: "train_data", shape: &[0, 178, 178, 3], values: Vec::<u8>::new() };
    write_npz(&file, &[lying, sdf_array("test_data", |i| i as u8)]);
    assert_says(
        &refusal("sdf2d", data.path()),
        &["data_2d_sdf.npz", "no train signals", "Get data_2d_sdf.npz"],
    );
}

#[test]
fn masks_that_are_wrong_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("silhouettes");
    std::fs::create_dir_all(root.join("a")).unwrap();
    let mask = |name: &str, side: u32, value: fn(u32) -> u8| {
        image::GrayImage::from_fn(side, side, |x, _| image::Luma([value(x)]))
            .save(root.join("a").join(name))
            .unwrap();
    };
    mask("good.png", 256, |x| if x < 99 { 255 } else { 0 });
    mask("black.png", 256, |_| 0);
    mask("grey.png", 256, |x| x as u8);
    mask("small.png", 255, |x| if x < 99 { 255 } else { 0 });
    mask("white.png", 256, |_| 255);
    let rows =
        "a/black.png\ttest\na/good.png\ttrain\na/grey.png\ttest\na/small.png\ttest\na/white.png\ttest\n";
    std::fs::write(root.join("SPLIT.tsv"), format!("file\tsplit\n{rows}")).unwrap();
    let set = opened("silhouettes", data.path());
    let refusals = [
        ["black.png", "all outside", "Draw the object"],
        ["grey.png", "grey values", "Make it 1-bit"],
        ["small.png", "255 × 255", "Scale it"],
        ["white.png", "all inside", "Draw the object"],
    ];
    for (index, words) in refusals.iter().enumerate() {
        assert_says(&message(set.load(Split::Test, index, 64)), words);
    }
    assert!(set.load(Split::Train, 0, 8).is_ok());
    assert_says(&message(set.load(Split::Train, 0, 7)), &["silhouettes", "side of 7 ", "8 to 4096"]);
}

#[test]
fn shipped_lists_that_are_wrong_are_refused() {
    for (name, list) in [("photos", "LICENSES.tsv"), ("silhouettes", "SPLIT.tsv")] {
        let data = tempfile::tempdir().unwrap();
        let root = data.path().join(name);
        fixture::write_picture(&root.join("a.jpg"), 200, 200);
        for (text, problem) in [
            ("file\tlicence\na.jpg\tCC0\n", "no column `split`"),
            ("", "no column `file`"),
            ("file\tsplit\tsplit\na.jpg\ttest\ttrain\n", "the column `split` twice"),
            ("file\tsplit\na.jpg\n", "line 2 has 1 columns"),
            ("file\tsplit\na.jpg\tvalid\n", "the split `valid`"),
            ("file\tsplit\na.jpg\ttest\nb.jpg\ttrain\n", "1 of 2 listed files are missing: b.jpg"),
            ("file\tsplit\na.jpg\ttest\na.jpg\ttrain\n", "a.jpg is listed twice"),
            ("file\tsplit\na.jpg\ttest\n", "no train signals"),
        ] {
            std::fs::write(root.join(list), text).unwrap();
            let said = refusal(name, data.path());
            assert_says(&said, &[name, problem]);
            let remedies = [
                "comes with the repository",
                "Write train or test",
                "Take one of the lines out",
                "Take one of them out",
            ];
            assert!(remedies.iter().any(|remedy| said.contains(remedy)), "{said}");
        }
    }
}
