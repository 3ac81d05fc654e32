//! A picture becomes a signal in one way, whoever asks: a table's test signal and a user's own picture of the same kind
//! are equal to the bit at every side.

mod fixture;

use datasets::{Picture, Prepared, Split, kind, load_picture, open, prepare_picture};
use fixture::{assert_says, message};
use std::path::{Path, PathBuf};

fn prepared(path: &Path, side: usize, name: &str) -> Prepared {
    prepare_picture(path, side, Some(kind(name).unwrap())).unwrap()
}

#[test]
fn a_users_picture_is_the_test_signal_of_its_kind() {
    let data = tempfile::tempdir().unwrap();
    fixture::write_celeba(data.path());
    fixture::write_imagenette(data.path());
    let roots = [data.path().to_path_buf(), fixture::shipped()];
    let below = [("celeba", "img_align_celeba"), ("imagenette", "val"), ("photos", ""), ("silhouettes", "")];
    for (name, folder) in below {
        let set = open(name, &roots).unwrap();
        for side in [8, 32, 57, 89, 178] {
            let signal = set.load(Split::Test, 0, side).unwrap();
            let path = set.root().join(folder).join(&signal.name);
            assert_eq!(prepared(&path, side, name).signal.values, signal.values, "{name} at {side} px");
        }
    }
}

/// The values torchvision gives at 178 px, as bytes.
fn torchvision(picture: &str, preparation: &str) -> (PathBuf, Vec<u8>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity");
    let values = image::open(folder.join(format!("{picture}.{preparation}.png"))).unwrap();
    (folder.join(picture), values.into_rgb8().into_raw())
}

/// At 89 px a pixel is the mean of four: written out here, of Pillow's and torchvision's bytes at 178 px.
#[test]
fn at_half_the_side_values_are_means_of_four_of_torchvisions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity");
    let names =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut compared = 0;
    for name in names {
        let found = ["celeba", "imagenette"]
            .into_iter()
            .find_map(|kind| Some((name.strip_suffix(&format!(".{kind}.png"))?, kind)));
        let Some((picture, kind)) = found else { continue };
        let (path, bytes) = torchvision(picture, kind);
        let values = prepared(&path, 89, kind).signal.values;
        let byte = |row: usize, column: usize, c: usize| f64::from(bytes[(row * 178 + column) * 3 + c]);
        for (at, value) in values.iter().enumerate() {
            let (row, column, c) = (2 * (at / 3 / 89), 2 * (at / 3 % 89), at % 3);
            let sum = byte(row, column, c)
                + byte(row, column + 1, c)
                + byte(row + 1, column, c)
                + byte(row + 1, column + 1, c);
            // Four values rounded to f32, and their mean: at most 2⁻²⁴ off.
            assert!((f64::from(*value) - sum / 1020.0).abs() < 6e-8, "{picture} as {kind}, value {at}");
        }
        compared += 1;
    }
    assert_eq!(compared, 14);
}

#[test]
fn a_picture_of_the_asked_size_is_taken_as_it_is_unless_its_kind_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for side in [2, 32, 89, 178, 200, 300] {
        let path = folder.path().join(format!("{side}.png"));
        fixture::write_picture(&path, side as u32, side as u32);
        let Picture { rgb, .. } = load_picture(&path).unwrap();
        let own = prepare_picture(&path, side, None).unwrap();
        assert_eq!(own.signal.values, rgb.iter().map(|&byte| f32::from(byte) / 255.0).collect::<Vec<_>>());
        assert_eq!(
            (own.steps.as_str(), own.used_fraction, own.padded_fraction),
            ("taken as it is", 1.0, 0.0)
        );
        if side <= 178 {
            assert_ne!(prepared(&path, side, "photos").signal.values, own.signal.values, "{side} px");
        }
    }
    let wide = folder.path().join("wide.png");
    fixture::write_picture(&wide, 64, 65);
    assert_says(
        &prepare_picture(&wide, 64, None).unwrap().steps,
        &["Resize(200)", "CenterCrop(178)", "to 64 px"],
    );
}

#[test]
fn how_much_of_a_picture_is_used_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = |height: u32, width: u32| {
        let path = folder.path().join(format!("{height}-{width}.png"));
        fixture::write_picture(&path, height, width);
        path
    };
    let square = prepared(&at(400, 400), 32, "imagenette");
    assert_eq!((square.used_fraction, square.padded_fraction), (178.0 * 178.0 / 40_000.0, 0.0));
    assert_eq!(square.steps, "Resize(200), CenterCrop(178), exact area average to 32 px");
    let long = prepared(&at(200, 1000), 178, "photos");
    assert_eq!(
        (long.used_fraction, long.steps.as_str()),
        (178.0 / 200.0 * 178.0 / 1000.0, "Resize(200), CenterCrop(178)")
    );
    let face = prepared(&at(218, 178), 64, "celeba");
    assert_eq!((face.used_fraction, face.padded_fraction), (178.0 / 218.0, 0.0));
    let small = prepared(&at(64, 64), 64, "celeba");
    assert_eq!((small.used_fraction, small.padded_fraction), (1.0, 1.0 - 64.0 * 64.0 / 178.0 / 178.0));
    let large = prepare_picture(&at(500, 500), 356, None).unwrap();
    assert_eq!(
        (large.steps.as_str(), large.used_fraction),
        ("Resize(400), CenterCrop(356)", 356.0 * 356.0 / 160_000.0)
    );
}

#[test]
fn what_a_kind_cannot_have_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.png");
    fixture::write_picture(&path, 220, 220);
    let refused = |side, name| message(prepare_picture(&path, side, Some(kind(name).unwrap())));
    assert_says(&refused(179, "celeba"), &["own.png as celeba", "side of 179 ", "1 to 178"]);
    assert_says(&refused(7, "silhouettes"), &["own.png as silhouettes", "side of 7 ", "8 to 4096"]);
    assert_says(
        &refused(32, "meshes"),
        &["own.png", "not made of pictures", "photos, silhouettes, celeba, imagenette"],
    );
    assert_says(&refused(32, "silhouettes"), &["own.png", "220 × 220 px, not 256 × 256"]);
}
