//! Nothing is left out in silence: what of a folder, a list or an archive is not used is used, refused, or said.

mod fixture;

use datasets::{DataSet, Split, open, survey};
use fixture::{assert_says, message};
use std::io::Write;
use std::path::Path;
use zip::CompressionMethod::{Deflated, Stored};

fn opened(name: &str, data: &Path) -> DataSet {
    open(name, &[data.to_path_buf()]).unwrap()
}

/// What a run says of a set: its remarks once it has a fingerprint.
fn said(name: &str, data: &Path) -> String {
    let set = opened(name, data);
    set.fingerprint().unwrap();
    set.remarks().join("\n")
}

fn refusal(name: &str, data: &Path) -> String {
    message(open(name, &[data.to_path_buf()]))
}

/// Makes every picture below a folder another one, of the same size: a byte behind its end.
fn differ(folder: &Path) {
    for (number, entry) in std::fs::read_dir(folder).unwrap().enumerate() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            differ(&path);
            continue;
        }
        let name = path.display().to_string();
        let bytes = [std::fs::read(&path).unwrap(), name.into_bytes(), vec![number as u8]].concat();
        std::fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn a_file_in_both_parts_is_said() {
    let data = tempfile::tempdir().unwrap();
    let root = fixture::write_celeba(data.path());
    assert_says(
        &said("celeba", data.path()),
        &["1 test files are training files too", "000004.jpg is img_align"],
    );
    differ(&root.join("img_align_celeba"));
    assert_eq!(said("celeba", data.path()), "");
    for name in ["photos", "silhouettes"] {
        assert!(!said(name, &fixture::shipped()).contains("training files too"), "{name}");
    }
}

#[test]
fn pictures_of_a_size_that_was_not_meant_are_said() {
    let data = tempfile::tempdir().unwrap();
    let root = fixture::write_celeba(data.path());
    differ(&root.join("img_align_celeba"));
    assert_eq!(said("celeba", data.path()), "");
    let picture = |name: &str, height, width| {
        fixture::write_picture(&root.join("img_align_celeba").join(name), height, width);
    };
    picture("000002.jpg", 128, 128);
    assert_says(
        &said("celeba", data.path()),
        &["1 of 3 pictures are smaller than 178 px and padded", "000002.jpg, 128 × 128 px"],
    );
    picture("000001.jpg", 300, 260); // img_celeba: in the wild
    assert_says(
        &said("celeba", data.path()),
        &["1 of 3 pictures are not 178 × 218 px", "000001.jpg, 260 × 300 px"],
    );
    picture("000001.jpg", 218, 177);
    assert_says(&said("celeba", data.path()), &["2 of 3 pictures are smaller than 178 px"]);
    let root = fixture::write_imagenette(data.path());
    differ(&root);
    assert_eq!(said("imagenette", data.path()), "");
    fixture::write_picture(&root.join("val/n02102040/a.JPEG"), 199, 400);
    std::fs::write(root.join("train/n01440764/b.JPEG"), "text").unwrap();
    assert_says(
        &said("imagenette", data.path()),
        &[
            "1 of 8 pictures are smaller than 200 px and enlarged",
            "400 × 199",
            "1 of 8 pictures cannot be decoded",
        ],
    );
}

#[test]
fn files_beside_the_listed_ones_are_said() {
    let data = tempfile::tempdir().unwrap();
    let root = fixture::write_celeba(data.path());
    fixture::write_picture(&root.join("img_align_celeba/000003.jpg"), 218, 178);
    fixture::write_picture(&root.join("img_align_celeba/000005.jpg"), 218, 178);
    std::fs::write(root.join("img_align_celeba/.DS_Store"), "hidden").unwrap();
    std::fs::write(root.join("img_align_celeba.zip"), "not looked at").unwrap();
    assert_says(
        &said("celeba", data.path()),
        &[
            "img_align_celeba.zip, for the folder",
            "1 file for validation, as in the paper's code: 000003.jpg",
            "2 files that list_eval_partition.txt does not name: .DS_Store, 000005.jpg",
        ],
    );
    let root = fixture::write_imagenette(data.path());
    for name in
        ["train/notes.txt", "train/n01440764/c.webp", "val/n01440764/.c.JPEG", "val/n01440764/deep/c.JPEG"]
    {
        std::fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        std::fs::write(root.join(name), "not used").unwrap();
    }
    assert_says(
        &said("imagenette", data.path()),
        &[
            "left out: 4 files",
            "train/notes.txt, train/n01440764/c.webp",
            "val/n01440764/.c.JPEG, val/n01440764/deep",
        ],
    );
    std::fs::create_dir(data.path().join("imagenette2-320")).unwrap();
    assert_says(&said("imagenette", data.path()), &["imagenette2 counts; not looked at", "imagenette2-320"]);
}

#[test]
fn shipped_kinds_say_what_their_lists_do_not_name_and_nothing_of_what_ships() {
    let shipped = [fixture::shipped()];
    for name in ["photos", "silhouettes"] {
        let set = open(name, &shipped).unwrap();
        assert!(set.remarks().is_empty(), "{:?}", set.remarks());
    }
    let data = tempfile::tempdir().unwrap();
    for (name, list) in [("photos", "LICENSES.tsv"), ("silhouettes", "SPLIT.tsv")] {
        let root = data.path().join(name);
        for file in ["b/a.jpg", "b/c.jpg", "b/more/d.PNG.jpg", ".e.jpg", "README.md"] {
            fixture::write_picture(&root.join(file).with_extension("jpg"), 220, 220);
        }
        std::fs::write(root.join(list), "file\tsplit\nb/a.jpg\ttest\nb/c.jpg\ttrain\n").unwrap();
        assert_says(
            &opened(name, data.path()).remarks().join("\n"),
            &["left out: 3 files", list, ".e.jpg", "b/more/d"],
        );
    }
}

#[test]
fn lists_with_detours_and_files_listed_twice_are_refused_and_all_are_named() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("photos");
    for name in ["a.jpg", "b.jpg"] {
        fixture::write_picture(&root.join(name), 220, 220);
    }
    for detour in ["./a.jpg", "x/../a.jpg", "/a.jpg", "..//a.jpg"] {
        let list = format!("file\tsplit\na.jpg\ttest\nb.jpg\ttrain\n{detour}\ttrain\n");
        std::fs::write(root.join("LICENSES.tsv"), list).unwrap();
        assert_says(&refusal("photos", data.path()), &["LICENSES.tsv", "not plain", detour, "Write each as"]);
    }
    let list =
        "file\tsplit\na.jpg\ttest\na.jpg\ttrain\nb.jpg\ttrain\nb.jpg\ttrain\nc.jpg\tvalid\nb.jpg\ttest\n";
    std::fs::write(root.join("LICENSES.tsv"), list).unwrap();
    let trouble = survey("photos", &[data.path().to_path_buf()]).unwrap().trouble;
    let all: Vec<String> = trouble.iter().map(ToString::to_string).collect();
    assert_says(&all.join("\n"), &["a.jpg is listed twice", "b.jpg is listed twice", "c.jpg"]);
}

/// A list as the programs of other systems save it: with a byte order mark, ends of lines of Windows, trailing blanks.
#[test]
fn lists_are_read_whatever_program_saved_them() {
    let data = tempfile::tempdir().unwrap();
    let celeba = fixture::write_celeba(data.path()).join("list_eval_partition.txt");
    let photos = data.path().join("photos");
    for name in ["a.jpg", "b.jpg"] {
        fixture::write_picture(&photos.join(name), 220, 220);
    }
    let photos = photos.join("LICENSES.tsv");
    std::fs::write(&photos, "file\tsplit\na.jpg\ttest\nb.jpg\ttrain\n").unwrap();
    for (name, list) in [("celeba", &celeba), ("photos", &photos)] {
        let plain = std::fs::read_to_string(list).unwrap();
        let fingerprint = opened(name, data.path()).fingerprint().unwrap();
        let windows = plain.replace('\n', "\r\n");
        for saved in [
            format!("\u{feff}{plain}"),
            format!("\u{feff}{windows}\r\n  \r\n"),
            plain.replace('\n', "  \n"),
            plain.trim_end().to_string(),
            plain.replacen('\n', "\n\u{feff}", 1),
        ] {
            std::fs::write(list, &saved).unwrap();
            assert_eq!(opened(name, data.path()).fingerprint().unwrap(), fingerprint, "{name}: {saved:?}");
        }
        let utf16: Vec<u8> = format!("\u{feff}{plain}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(list, utf16).unwrap();
        let file = list.file_name().unwrap().to_str().unwrap();
        assert_says(&refusal(name, data.path()), &[file, "UTF-16", "Save it as UTF-8"]);
        std::fs::write(list, b"file\tsplit\n\xe9.jpg 0\n").unwrap();
        assert_says(&refusal(name, data.path()), &[file, "not UTF-8", "Save it as UTF-8"]);
    }
}

#[test]
fn a_link_that_leads_nowhere_is_not_passed_over() {
    let data = tempfile::tempdir().unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", data.path().join("photos")).unwrap();
        let roots = [data.path().to_path_buf(), fixture::shipped()];
        assert_says(&message(open("photos", &roots)), &["photos/LICENSES.tsv", "cannot be read"]);
    }
}

fn jpeg(height: u32, width: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    fixture::pattern(height, width).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// An archive of CelebA with members of these names, two for training and one for test listed.
fn archive(data: &Path, names: &[&str]) {
    let root = data.join("celeba");
    std::fs::create_dir_all(&root).unwrap();
    std::fs::write(root.join("list_eval_partition.txt"), "1.jpg 0\n2.jpg 2\n").unwrap();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(root.join("img_align_celeba.zip")).unwrap());
    for (number, name) in names.iter().enumerate() {
        let method = if number % 2 == 0 { Stored } else { Deflated };
        zip.start_file(*name, zip::write::FileOptions::default().compression_method(method)).unwrap();
        zip.write_all(&jpeg(218 - number as u32, 178)).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn members_of_the_folder_count_and_others_are_said() {
    let data = tempfile::tempdir().unwrap();
    let right = ["img_align_celeba/1.jpg", "img_align_celeba/2.jpg"];
    archive(data.path(), &right);
    let (set, fingerprint) =
        (opened("celeba", data.path()), opened("celeba", data.path()).fingerprint().unwrap());
    assert!(set.remarks().is_empty());
    let others = [
        "img_celeba/1.jpg",
        "__MACOSX/img_align_celeba/1.jpg",
        "img_align_celeba/._2.jpg",
        "2.jpg",
        "img_align_celeba/deeper/1.jpg",
    ];
    archive(data.path(), &[&right[..], &others].concat());
    let set = opened("celeba", data.path());
    assert_eq!(set.fingerprint().unwrap(), fingerprint);
    assert_says(&set.remarks().join("\n"), &["left out: 5 files in img_align_celeba.zip", "2.jpg"]);
    for form in [["1.jpg", "2.jpg"], ["celeba/img_align_celeba/1.jpg", "celeba/img_align_celeba/2.jpg"]] {
        archive(data.path(), &form);
        assert_eq!(opened("celeba", data.path()).fingerprint().unwrap(), fingerprint, "{form:?}");
    }
    archive(data.path(), &["img_align_celeba\\1.jpg", "img_align_celeba\\2.jpg", "img_celeba\\1.jpg"]);
    assert_eq!(
        opened("celeba", data.path()).fingerprint().unwrap(),
        fingerprint,
        "a Windows program's names"
    );
}

#[test]
fn archives_that_hold_a_name_twice_are_refused() {
    let data = tempfile::tempdir().unwrap();
    for twice in [
        ["a/img_align_celeba/1.jpg", "b/img_align_celeba/1.jpg"],
        ["img_align_celeba/1.jpg", "img_align_celeba/1.jpg"],
        ["img_align_celeba/1.jpg", "img_align_celeba/1.JPG"],
        ["aligned/1.jpg", "wild/1.jpg"],
    ] {
        archive(data.path(), &[twice[0], twice[1], &twice[0].replace('1', "2")]);
        assert_says(
            &refusal("celeba", data.path()),
            &["img_align_celeba.zip", "twice", twice[0], twice[1], "Take one"],
        );
    }
    archive(data.path(), &["img_align_celeba.zip", "README.txt"]);
    assert_says(&refusal("celeba", data.path()), &["2 of 2 listed files are missing: 1.jpg, 2.jpg"]);
}

#[test]
fn folders_that_hold_a_name_twice_but_for_its_case_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let root = fixture::write_celeba(data.path());
    fixture::write_picture(&root.join("img_align_celeba/000001.JPG"), 218, 178);
    if root.join("img_align_celeba").read_dir().unwrap().count() == 4 {
        assert_says(
            &refusal("celeba", data.path()),
            &["img_align_celeba", "twice", "000001.JPG and 000001.jpg"],
        );
    }
}

#[test]
fn a_member_that_promises_too_much_is_refused_unread() {
    let data = tempfile::tempdir().unwrap();
    archive(data.path(), &["img_align_celeba/1.jpg"]);
    let root = data.path().join("celeba");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(root.join("img_align_celeba.zip")).unwrap());
    for name in ["1.jpg", "2.jpg"] {
        zip.start_file(name, zip::write::FileOptions::default().compression_method(Deflated)).unwrap();
        for _ in 0..70 {
            zip.write_all(&[0; 1 << 20]).unwrap();
        }
    }
    zip.finish().unwrap();
    let set = opened("celeba", data.path());
    assert_says(
        &message(set.load(Split::Train, 0, 32)),
        &["1.jpg", "promises 73400320 bytes", "67108864", "Get the archive again"],
    );
}
