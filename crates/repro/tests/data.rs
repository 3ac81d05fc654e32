//! `repro data` on sound and on damaged folders; the cache and the queue of signals.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use datasets::Split;
use inr_core::Key;
use meta::train::tasks_of_step;
use repro::signals::Ahead;
use repro::signals::Cache;
use repro::signals::Data;

fn repro(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_repro")).args(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into()
}

fn picture(height: u32, width: u32, shade: u8) -> image::RgbImage {
    image::RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 3) as u8, (y * 2) as u8, shade]))
}

/// Imagenette's layout: two classes, ten sound pictures each, in both parts.
fn imagenette(data: &Path) -> PathBuf {
    let root = data.join("imagenette2");
    for class in ["train/n01440764", "train/n02102040", "val/n01440764", "val/n02102040"] {
        fs::create_dir_all(root.join(class)).unwrap();
        for number in 0..10 {
            let file = root.join(class).join(format!("sound{number}.JPEG"));
            picture(220, 240, number * 20).save_with_format(file, image::ImageFormat::Jpeg).unwrap();
        }
    }
    root
}

/// A header that promises 50,000 × 50,000 px: of a PNG or of a JPEG.
fn huge(sound: &[u8]) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    if bytes.starts_with(b"\x89PNG") {
        bytes[16..24].copy_from_slice(&[50_000u32.to_be_bytes(), 50_000u32.to_be_bytes()].concat());
    } else {
        let frame = bytes.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        bytes[frame + 5..frame + 9]
            .copy_from_slice(&[50_000u16.to_be_bytes(), 50_000u16.to_be_bytes()].concat());
    }
    bytes
}

/// The words before the program that make it run as a user who may not read everything: none, unless this is root.
/// `None`: root, and no way to be another.
#[cfg(unix)]
fn as_a_user(data: &Path) -> Option<Vec<&'static str>> {
    use std::os::unix::fs::PermissionsExt;
    let probe = data.join("probe");
    fs::write(&probe, "text").unwrap();
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o0)).unwrap();
    let reads_all = fs::read(&probe).is_ok();
    fs::remove_file(&probe).unwrap();
    if !reads_all {
        return Some(Vec::new());
    }
    fs::set_permissions(data, fs::Permissions::from_mode(0o755)).unwrap();
    let words = vec!["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let program =
        Command::new(words[0]).args(&words[1..]).args([env!("CARGO_BIN_EXE_repro"), "--version"]).output();
    program.is_ok_and(|output| output.status.success()).then_some(words)
}

/// Damages two files of each of ten kinds; what the report must say of each. Where the system cannot make a kind
/// (a name that is not UTF-8, a file that may not be read), a line says so and the kind is left out.
#[cfg(unix)]
fn damage(root: &Path, permissions_count: bool) -> Vec<(String, &'static str)> {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    let mut expected = Vec::new();
    for class in ["train/n01440764", "val/n02102040"] {
        let folder = root.join(class);
        let sound = fs::read(folder.join("sound0.JPEG")).unwrap();
        let mut png = std::io::Cursor::new(Vec::new());
        picture(220, 240, 9).write_to(&mut png, image::ImageFormat::Png).unwrap();
        let png = png.into_inner();
        let mut write = |name: &str, bytes: &[u8], words: &'static str| {
            fs::write(folder.join(name), bytes).unwrap();
            expected.push((format!("{class}/{name}"), words));
        };
        write("a-truncated.JPEG", &sound[..sound.len() / 2], "truncated");
        write("b-zero-bytes.JPEG", &[], "zero bytes");
        write("c-wrong-magic.JPEG", &[b"XX", &sound[2..]].concat(), "neither a JPEG nor a PNG");
        let mut dot = std::io::Cursor::new(Vec::new());
        picture(1, 1, 0).write_to(&mut dot, image::ImageFormat::Jpeg).unwrap();
        write("d-dot.JPEG", &dot.into_inner(), "1 × 1 px");
        let source = if class.starts_with("train") { &sound } else { &png };
        write("e-huge.JPEG", &huge(source), "50000 × 50000");
        write("f-text.JPEG", b"<html>404 not found</html>", "neither a JPEG nor a PNG");
        fs::create_dir(folder.join("g-folder.jpg")).unwrap();
        expected.push((format!("{class}/g-folder.jpg"), "is a folder"));
        symlink("nowhere.JPEG", folder.join("h-dangling.JPEG")).unwrap();
        expected.push((format!("{class}/h-dangling.JPEG"), "cannot be read"));
        let secret = folder.join("i-secret.JPEG");
        fs::write(&secret, &sound).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o0)).unwrap();
        match permissions_count {
            true => expected.push((format!("{class}/i-secret.JPEG"), "cannot be read")),
            false => println!("not tested: this user (root?) reads files without permission"),
        }
        let name = std::ffi::OsStr::from_bytes(b"j-\xff\xfe.JPEG");
        match fs::write(folder.join(name), &sound) {
            Ok(()) => expected.push((format!("{class}/j-"), "not UTF-8")),
            Err(why) => println!("not tested: a name that is not UTF-8 ({why})"),
        }
    }
    expected
}

/// Peak resident memory of a command in kB, where `/proc` says it: it is read until the command ends.
#[cfg(unix)]
fn peak_kb(before: &[&str], args: &[&str]) -> (Output, u64) {
    let words: Vec<&str> = [before, &[env!("CARGO_BIN_EXE_repro")], args].concat();
    let mut child = Command::new(words[0])
        .args(&words[1..])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kb = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        peak = kb.unwrap_or(peak).max(peak);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    (child.wait_with_output().unwrap(), peak)
}

#[cfg(unix)]
#[test]
fn twenty_damaged_files_of_ten_kinds_are_all_found() {
    let data = tempfile::tempdir().unwrap();
    let root = imagenette(data.path());
    let place = data.path().display().to_string();
    let sound = repro(&["data", "verify", "imagenette", "--data-root", &place]);
    assert_eq!(sound.status.code(), Some(0), "{}", stdout(&sound));
    assert!(stdout(&sound).contains("40 files checked") && stdout(&sound).contains("no damage"));
    assert!(stdout(&sound).contains("20 train, 20 test: a subset; complete are 9,469 and 3,925"));
    let user = as_a_user(data.path());
    let expected = damage(&root, user.is_some());
    let args = ["data", "verify", "imagenette", "--data-root", &place, "--json"];
    let (damaged, peak) = peak_kb(&user.unwrap_or_default(), &args);
    assert_eq!(damaged.status.code(), Some(1), "{}", String::from_utf8_lossy(&damaged.stderr));
    let report: serde_json::Value = serde_json::from_slice(&damaged.stdout).unwrap();
    let said: Vec<&str> =
        report["damaged"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    for (file, words) in &expected {
        let line = said.iter().find(|line| line.contains(file.as_str()));
        let line = line.unwrap_or_else(|| panic!("{file} was not found: {said:#?}"));
        assert!(line.contains(words), "{file}: {line}");
    }
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    assert!(peak < 200_000, "{peak} kB in memory: a header of 50,000 × 50,000 px is 7.5 GB");
    println!("{} damaged files found, {peak} kB in memory at most", said.len());
    let text = repro(&["data", "verify", "imagenette", "--data-root", &place]);
    assert!(stdout(&text).contains(" DAMAGED or missing"), "{}", stdout(&text));
}

#[test]
fn celeba_in_its_archive_is_verified_member_by_member() {
    use std::io::Write;
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("celeba");
    fs::create_dir_all(&root).unwrap();
    let mut zip = zip::ZipWriter::new(fs::File::create(root.join("img_align_celeba.zip")).unwrap());
    let mut list = String::new();
    let mut last = Vec::new();
    for number in 1..=8u8 {
        let method =
            if number % 2 == 0 { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
        let options = zip::write::FileOptions::default().compression_method(method);
        let mut jpeg = std::io::Cursor::new(Vec::new());
        picture(218, 178, number * 30).write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
        last = jpeg.into_inner();
        zip.start_file(format!("img_align_celeba/{number:06}.jpg"), options).unwrap();
        zip.write_all(&last).unwrap();
        list += &format!("{number:06}.jpg {}\n", if number > 6 { 2 } else { 0 });
    }
    zip.finish().unwrap();
    drop(zip);
    fs::write(root.join("list_eval_partition.txt"), list).unwrap();
    let place = data.path().display().to_string();
    let verified = repro(&["data", "verify", "celeba", "--data-root", &place]);
    assert_eq!(verified.status.code(), Some(0), "{}", stdout(&verified));
    for words in
        ["6 train, 2 test: a subset", "8 files checked", "img_align_celeba.zip: not the official one"]
    {
        assert!(stdout(&verified).contains(words), "{words}: {}", stdout(&verified));
    }
    let packed = datasets::open("celeba", &[data.path().to_path_buf()]).unwrap();
    let signals = packed.load_many(Split::Train, &[0, 1, 5], 178).unwrap();
    let fingerprint = packed.fingerprint().unwrap();

    fs::create_dir(root.join("img_align_celeba")).unwrap();
    for number in 1..=8u8 {
        let file = root.join(format!("img_align_celeba/{number:06}.jpg"));
        picture(218, 178, number * 30).save(file).unwrap();
    }
    let unpacked = datasets::open("celeba", &[data.path().to_path_buf()]).unwrap();
    assert_eq!(unpacked.load_many(Split::Train, &[0, 1, 5], 178).unwrap(), signals);
    assert_eq!(unpacked.fingerprint().unwrap(), fingerprint, "packed or not, the contents count");

    fs::remove_dir_all(root.join("img_align_celeba")).unwrap();
    let mut bytes = fs::read(root.join("img_align_celeba.zip")).unwrap();
    let stored = bytes.windows(last.len()).position(|window| window == last).unwrap();
    bytes[stored + last.len() / 2] ^= 0x10;
    fs::write(root.join("img_align_celeba.zip"), bytes).unwrap();
    let damaged = repro(&["data", "verify", "celeba", "--data-root", &place]);
    assert_eq!(damaged.status.code(), Some(1));
    assert!(stdout(&damaged).contains("000008.jpg: does not have the checksum"), "{}", stdout(&damaged));
}

#[test]
fn every_kind_is_listed_and_the_shipped_ones_are_complete() {
    let output = repro(&["data", "list", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for (row, kind) in rows.as_array().unwrap().iter().zip(datasets::KINDS) {
        assert_eq!(row["name"], kind.name);
        if kind.shipped {
            assert_eq!(row["signals"], row["expected"], "{}", kind.name);
            assert_eq!(row["fingerprint"].as_str().unwrap().len(), 64);
        }
    }
    assert!(stdout(&repro(&["data", "list"])).contains("get it: data-scripts/celeba.sh"));
}

#[test]
fn a_preview_is_a_picture_and_licensed_ones_stay_out_of_the_repository() {
    let dir = tempfile::tempdir().unwrap();
    let sheet = dir.path().join("sheet.png").display().to_string();
    let made = repro(&["data", "preview", "silhouettes", "--signals", "4", "--side", "32", "--out", &sheet]);
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let picture = image::open(&sheet).unwrap();
    assert!(picture.width() > 2 * 2 * 32 && picture.height() > 2 * 32);
    imagenette(dir.path());
    let place = dir.path().display().to_string();
    let inside = Path::new(env!("CARGO_MANIFEST_DIR")).join("sheet.png").display().to_string();
    let refused = repro(&["data", "preview", "imagenette", "--data-root", &place, "--out", &inside]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("may not be shared"));
    assert!(!Path::new(&inside).exists());
    let outside = repro(&["data", "preview", "imagenette", "--data-root", &place, "--out", &sheet]);
    assert_eq!(outside.status.code(), Some(0), "{}", String::from_utf8_lossy(&outside.stderr));
}

fn shipped() -> Vec<PathBuf> {
    vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data")]
}

#[test]
fn signals_loaded_ahead_or_from_the_cache_are_those_loaded_at_once() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["photos", "silhouettes"] {
        let plain = Data::new(shipped(), None).open(name).unwrap();
        let key = Key::root(7);
        let count = plain.set.len(Split::Train);
        let draw = move |step| tasks_of_step(&key, step, 3, count);
        let expected: Vec<_> =
            (5..23).map(|step| plain.set.load_many(Split::Train, &draw(step), 24).unwrap()).collect();
        for pass in ["cold", "warm"] {
            let set = Data::new(shipped(), Some(dir.path().to_path_buf())).open(name).unwrap();
            let mut ahead = Ahead::begin(set, 24, 5..23, draw.clone());
            let mut grids = Vec::new();
            for (step, expected) in (5..23).zip(&expected) {
                for (samples, signal) in ahead.signals(step).unwrap().iter().zip(expected) {
                    assert_eq!(*samples.targets, signal.values, "{name}, {pass}, step {step}");
                    grids.push(samples.coords.clone());
                }
            }
            assert!(grids.windows(2).all(|pair| Arc::ptr_eq(&pair[0], &pair[1])), "engines share one grid");
        }
    }
}

#[test]
fn an_end_before_the_last_step_ends_the_thread() {
    let set = Data::new(shipped(), None).open("silhouettes").unwrap();
    let mut ahead = Ahead::begin(set, 16, 0..1_000_000, |_| vec![0, 1, 2]);
    assert_eq!(ahead.signals(0).unwrap().len(), 3);
    assert!(ahead.signals(2).is_err(), "steps are asked for in order");
    drop(ahead); // joins the thread
}

/// Two writers of the same signals, and a reader that never sees half of one.
#[test]
fn two_processes_may_share_a_cache() {
    let dir = tempfile::tempdir().unwrap();
    let values: Vec<f32> = (0..178 * 178 * 3).map(|i| (i % 256) as f32 / 255.0).collect();
    let caches: Vec<Cache> = (0..3).map(|_| Cache::new(dir.path(), "fingerprint")).collect();
    std::thread::scope(|scope| {
        for writer in &caches[..2] {
            scope.spawn(|| (0..200).for_each(|i| writer.write(Split::Train, i % 5, 178, &values)));
        }
        for _ in 0..200 {
            for index in 0..5 {
                if let Some(read) = caches[2].read(Split::Train, index, 178) {
                    assert!(read == values);
                }
            }
        }
    });
    assert!((0..5).all(|index| caches[2].read(Split::Train, index, 178).is_some_and(|read| read == values)));
}

/// A disk of 256 kB, if this user may mount one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_cache_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(dir.path()).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        println!("not tested: a full disk (this user may not mount one)");
        return;
    }
    let place = dir.path().to_path_buf();
    let worked = std::panic::catch_unwind(|| {
        let plain = Data::new(shipped(), None).open("silhouettes").unwrap();
        let set = Data::new(shipped(), Some(place.clone())).open("silhouettes").unwrap();
        let indices: Vec<usize> = (0..40).collect();
        let signals = set.train(&indices, 64).unwrap(); // 40 × 48 kB
        for (samples, signal) in signals.iter().zip(plain.set.load_many(Split::Train, &indices, 64).unwrap())
        {
            assert_eq!(*samples.targets, signal.values);
        }
        let again = Data::new(shipped(), Some(place.clone())).open("silhouettes").unwrap();
        assert!(again.train(&indices, 64).unwrap().iter().zip(&signals).all(|(a, b)| a.targets == b.targets));
    });
    Command::new("umount").arg(dir.path()).status().unwrap();
    worked.unwrap();
}
