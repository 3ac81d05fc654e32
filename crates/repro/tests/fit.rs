//! `repro fit` and `repro data` say what they do: the frequency that is used, how a picture is prepared and how much of it
//! is left, what of a data set is not used; an option that contradicts a file is an error.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn repro(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_repro")).args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// A small network of w0 = 30, with its metadata and without (as PyTorch programs write it), and a picture.
fn files(dir: &Path) -> [String; 3] {
    let params = inr_core::Siren::new(2, 16, 4, 3, 30.0).init::<f32>(&inr_core::Key::root(1));
    let (with, without) = (dir.join("with.safetensors"), dir.join("without.safetensors"));
    inr_core::file::save(&with, &params, None, &[]).unwrap();
    let mut bytes = std::fs::read(&with).unwrap();
    for (name, other) in [(&br#""w0""#[..], &br#""no""#[..]), (br#""inr_sha256""#, br#""its_sha256""#)] {
        let at = bytes.windows(name.len()).position(|key| key == name).unwrap();
        bytes[at..at + name.len()].copy_from_slice(other);
    }
    std::fs::write(&without, bytes).unwrap();
    let picture = dir.join("picture.png");
    image::RgbImage::from_fn(178, 218, |x, y| image::Rgb([x as u8, y as u8, 90])).save(&picture).unwrap();
    [with, without, picture].map(|path| path.display().to_string())
}

fn fit(dir: &Path, params: &str, picture: &str, more: &[&str]) -> Output {
    let out = dir.join("out").display().to_string();
    let args = ["fit", "--params", params, "--image", picture, "--steps", "1", "--out", &out];
    repro(&[&args[..], more].concat())
}

fn json(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", said(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_frequency_is_that_of_the_file_or_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let [with, without, picture] = files(dir.path());
    let of = |params: &str, more: &[&str]| {
        let output = fit(dir.path(), params, &picture, &[&["--resolution", "16", "--json"], more].concat());
        let note = String::from_utf8_lossy(&output.stderr).into_owned();
        (json(&output), note)
    };
    let (right, quiet) = of(&with, &[]);
    assert_eq!((&right["w0"], &right["w0_from"], quiet.as_str()), (&30.0.into(), &"metadata".into(), ""));
    let (same, _) = of(&with, &["--w0", "30"]);
    assert_eq!(same["psnr_db"], right["psnr_db"]);
    let (given, quiet) = of(&without, &["--w0", "30"]);
    assert_eq!(
        (&given["psnr_db"], &given["w0_from"], quiet.as_str()),
        (&right["psnr_db"], &"--w0".into(), "")
    );
    let (assumed, note) = of(&without, &[]);
    assert_eq!((&assumed["w0"], &assumed["w0_from"]), (&200.0.into(), &"assumed".into()));
    assert!(note.contains("without.safetensors") && note.contains("200") && note.contains("--w0"), "{note}");
    let text = said(&fit(dir.path(), &without, &picture, &["--resolution", "16"]));
    assert!(text.contains("w0 200 (assumed)"), "{text}");
}

#[test]
fn options_that_contradict_or_cannot_be_are_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let [with, without, picture] = files(dir.path());
    for (params, more, words) in [
        (&with, ["--w0", "200"], ["w0 = 30", "--w0 says 200"]),
        (&with, ["--w0", "30.000001"], ["w0 = 30", "30.000001"]),
        (&with, ["--w0", "nan"], ["--w0 NaN", "positive"]),
        (&without, ["--w0", "0"], ["--w0 0", "positive"]),
        (&without, ["--w0", "inf"], ["--w0 inf", "positive"]),
        (&with, ["--lr", "nan"], ["--lr NaN", "positive"]),
        (&with, ["--lr", "inf"], ["--lr inf", "positive"]),
        (&with, ["--as", "celeba"], ["as celeba", "1 to 178"]),
    ] {
        let side = if more[0] == "--as" { "300" } else { "16" };
        let output = fit(dir.path(), params, &picture, &[&more[..], &["--resolution", side]].concat());
        assert_eq!(output.status.code(), Some(1), "{more:?}: {}", said(&output));
        words.iter().for_each(|word| assert!(said(&output).contains(word), "{word}: {}", said(&output)));
    }
    assert!(!dir.path().join("out").exists());
    let unknown = fit(dir.path(), &with, &picture, &["--as", "meshes"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", said(&unknown));
}

#[test]
fn what_is_done_to_the_picture_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let [with, _, picture] = files(dir.path());
    let face = json(&fit(dir.path(), &with, &picture, &["--resolution", "178", "--as", "celeba", "--json"]));
    assert_eq!((&face["prepared_as"], &face["preparation"]), (&"celeba".into(), &"CenterCrop(178)".into()));
    assert_eq!(face["image_px"], serde_json::json!([178, 218]));
    assert_eq!(face["used_fraction"], 178.0 / 218.0);
    // The target is rows 20 to 197, as they are.
    let target = image::open(dir.path().join("out/target.png")).unwrap().into_rgb8();
    assert!(target.enumerate_pixels().all(|(x, y, pixel)| pixel.0 == [x as u8, y as u8 + 20, 90]));
    let own = fit(dir.path(), &with, &picture, &["--resolution", "32"]);
    for words in ["65 % of its 178 × 218 px", "Resize(200), CenterCrop(178), exact area average to 32 px"] {
        assert!(said(&own).contains(words), "{words}: {}", said(&own));
    }
    let help = said(&repro(&["fit", "--help"]));
    for words in ["taken as it is", "Resize(200)", "CenterCrop(178)", "exact area average", "silhouettes"] {
        assert!(help.contains(words), "{words}: {help}");
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf8_do_not_end_a_fit() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let [with, _, picture] = files(dir.path());
    let odd: PathBuf = dir.path().join(std::ffi::OsStr::from_bytes(b"p\xff.png"));
    if std::fs::copy(&picture, &odd).is_err() {
        println!("not tested: a name that is not UTF-8");
        return;
    }
    let out = dir.path().join("odd");
    let mut command = Command::new(env!("CARGO_BIN_EXE_repro"));
    command.args(["fit", "--steps", "1", "--resolution", "16", "--json", "--params", &with, "--image"]);
    let output = command.arg(&odd).arg("--out").arg(&out).output().unwrap();
    assert!(json(&output)["psnr_db"].as_f64().unwrap() > 0.0);
}

/// CelebA's layout: six train and three test pictures of 64 × 64 px, one that the list does not name.
fn small_faces(data: &Path) {
    let folder = data.join("celeba/img_align_celeba");
    std::fs::create_dir_all(&folder).unwrap();
    let mut list = String::new();
    for number in 1..=9u8 {
        image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([(x * 4) as u8, (y * 4) as u8, number * 20]))
            .save(folder.join(format!("{number}.jpg")))
            .unwrap();
        list += &format!("{number}.jpg {}\n", if number > 6 { 2 } else { 0 });
    }
    std::fs::copy(folder.join("1.jpg"), folder.join("unlisted.jpg")).unwrap();
    std::fs::write(data.join("celeba/list_eval_partition.txt"), list).unwrap();
}

#[test]
fn a_run_its_provenance_verify_and_list_say_what_is_left_out_and_padded() {
    let dir = tempfile::tempdir().unwrap();
    small_faces(dir.path());
    let (data, out) = (dir.path().display().to_string(), dir.path().join("out").display().to_string());
    let words = ["unlisted.jpg", "smaller than 178 px and padded with black"];
    let holds = |text: &str| words.iter().for_each(|word| assert!(text.contains(word), "{word}: {text}"));
    let run = repro(&[
        "run",
        "table1",
        "--profile",
        "smoke",
        "--datasets",
        "celeba",
        "--data-root",
        &data,
        "--out",
        &out,
        "--set",
        "signal.resolution=8",
        "--set",
        "network.width=8",
        "--set",
        "test.signals=2",
        "--only",
        "dense-narrow",
    ]);
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    holds(&String::from_utf8_lossy(&run.stderr));
    holds(&std::fs::read_to_string(dir.path().join("out/table1/provenance.csv")).unwrap());
    holds(&said(&repro(&["data", "verify", "celeba", "--data-root", &data])));
    let verified = json(&repro(&["data", "verify", "celeba", "--data-root", &data, "--json"]));
    assert!(verified["set_remarks"][0].as_str().unwrap().contains("unlisted.jpg"), "{verified}");
    holds(&said(&repro(&["data", "list", "--data-root", &data])));
}

#[test]
fn a_side_that_a_preview_cannot_have_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let sheet = dir.path().join("sheet.png").display().to_string();
    let preview = |kind: &str, more: &[&str]| {
        repro(&[&["data", "preview", kind, "--signals", "1", "--out", &sheet], more].concat())
    };
    let refused = preview("photos", &["--side", "500"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("side of 500 is not possible; ask for 1 to 178"), "{}", said(&refused));
    assert_eq!(preview("photos", &[]).status.code(), Some(0));
}
