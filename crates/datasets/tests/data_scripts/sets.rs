//! What is particular to each data set: its layout, its checks, its words.

use crate::archives::{celeba, imagenette, sdf2d, sha256, tree, write, zip};
use crate::fixture::{sdf_array, write_npz};
use crate::run::{Ended, programs, run, scripts};
use crate::server::{Answer, Server};
use datasets::{Split, open};
use std::path::{Path, PathBuf};

const SCRIPTS: &[&str] = &["celeba.sh", "imagenette.sh", "learnit-sdf.sh", "shapenet.sh"];

/// All programs with unzip, and all with Python instead.
fn unzippers() -> Vec<tempfile::TempDir> {
    [programs(&[], &["unzip"]), programs(&["unzip"], &["python3"])].into_iter().flatten().collect()
}

struct Given {
    _folder: tempfile::TempDir,
    file: PathBuf,
    data: PathBuf,
}

fn given(name: &str, archive: &[u8]) -> Given {
    let folder = tempfile::tempdir().unwrap();
    let (file, data) = (write(folder.path(), name, archive), folder.path().join("data"));
    Given { _folder: folder, file, data }
}

impl Given {
    fn place(&self, script: &str, path: &Path, more: &[&str]) -> Ended {
        let args = [&["--from", self.file.to_str().unwrap()], more, &[self.data.to_str().unwrap()]].concat();
        run(script, path, &args)
    }
}

#[test]
fn the_scripts_that_kinds_name_are_here() {
    let named: Vec<&str> = datasets::KINDS.iter().filter_map(|kind| kind.script).collect();
    for script in &named {
        let file = script.strip_prefix("data-scripts/").unwrap();
        assert!(SCRIPTS.contains(&file) && scripts().join(file).is_file(), "{script}");
    }
    assert!(named.contains(&"data-scripts/celeba.sh"), "{named:?}");
}

#[test]
fn help_and_misuse() {
    let Some(path) = programs(&[], &[]) else { return };
    for script in SCRIPTS {
        let help = run(script, path.path(), &["--help"]);
        help.assert_done(&[&format!("usage: data-scripts/{script} "), "--from FILE", "--url URL"]);
        let cases: &[&[&str]] = &[
            &[],
            &["a", "b"],
            &["--from"],
            &["--size", "big", "--nonsense", "a"],
            &["--sha256", "12", "a"],
            &["--tries", "none", "a"],
            &["--from", "x", "--url", "y", "a"],
        ];
        for case in cases {
            let ended = run(script, path.path(), case);
            assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{script} {case:?}: {}", ended.err);
            assert!(ended.err.contains("usage: "), "{}", ended.err);
        }
    }
}

#[test]
fn celeba_is_placed_with_the_published_partition() {
    for path in unzippers() {
        let (archive, data) = (celeba(), tempfile::tempdir().unwrap());
        let server = Server::start(Answer::file(&archive).cut(&[1000]));
        let (url, sum) = (server.url("img_align_celeba.zip"), sha256(&archive));
        let args = ["--url", &url, "--sha256", &sum, "--pause", "0", data.path().to_str().unwrap()];
        if programs(&[], &["curl"]).is_some() {
            run("celeba.sh", path.path(), &args).assert_done(&["Read the agreement", "6 pictures"]);
            assert_eq!(server.asked(), [None, Some(1000)]);
            let list = std::fs::read_to_string(data.path().join("celeba/list_eval_partition.txt")).unwrap();
            assert!(list.starts_with(
                "000001.jpg 0\r\n162770.jpg 0\r\n162771.jpg 1\r\n182637.jpg 1\r\n182638.jpg 2\r\n"
            ));
            let set = open("celeba", &[data.path().to_path_buf()]).unwrap();
            assert_eq!((set.len(Split::Train), set.len(Split::Test)), (2, 2));
            set.load(Split::Test, 1, 178).unwrap();
            run("celeba.sh", path.path(), &args).assert_done(&["names 6 pictures", "nothing to do"]);
            std::fs::remove_file(data.path().join("celeba/img_align_celeba/202599.jpg")).unwrap();
            run("celeba.sh", path.path(), &args)
                .assert_refused(&["not complete: 1 pictures of its list are missing"]);
        }
    }
}

#[test]
fn celeba_of_a_mirror_and_of_none() {
    for path in unzippers() {
        let doubled = zip(&[("img_align_celeba/img_align_celeba/000001.jpg", b"a picture")]);
        let mirror = given("archive.zip", &doubled);
        mirror.place("celeba.sh", path.path(), &["--sha256", &sha256(&doubled)]).assert_done(&["1 pictures"]);
        assert_eq!(
            tree(&mirror.data),
            ["celeba/img_align_celeba/000001.jpg", "celeba/list_eval_partition.txt"]
        );
        // where torchvision leaves it
        std::fs::remove_dir_all(mirror.data.join("celeba")).unwrap();
        write(&mirror.data, "celeba/img_align_celeba.zip", &doubled);
        let args = ["--sha256", &sha256(&doubled), mirror.data.to_str().unwrap()];
        run("celeba.sh", path.path(), &args).assert_done(&["1 pictures"]);
        assert_eq!(tree(&mirror.data).len(), 3);
        let other = given("img_align_celeba.zip", &doubled);
        other.place("celeba.sh", path.path(), &[]).assert_refused(&[
            "another md5 than 00d2c5bc6d35e252742224ab0c1e8fcb",
            "in a browser from mmlab.ie.cuhk.edu.hk",
        ]);
        let faces = zip(&[("faces/000001.jpg", b"a picture")]);
        let faces_given = given("faces.zip", &faces);
        faces_given
            .place("celeba.sh", path.path(), &["--sha256", &sha256(&faces)])
            .assert_refused(&["has no folder img_align_celeba"]);
        assert_eq!(tree(&faces_given.data), [""; 0]);
    }
}

#[test]
fn the_160_archive_is_refused() {
    let Some(path) = programs(&[], &[]) else { return };
    let given = given("imagenette2-160.tgz", &imagenette());
    given.place("imagenette.sh", path.path(), &["--size", "160"]).assert_refused(&[
        "too small",
        "short side of 200 px",
        "--size 320",
    ]);
}

#[test]
fn learnit_is_looked_into() {
    for path in unzippers() {
        let archive = sdf2d();
        let good = given("downloaded.npz", &archive);
        let sum = sha256(&archive);
        good.place("learnit-sdf.sh", path.path(), &[]).assert_done(&[
            "no licence",
            &sum,
            "no checksum of it is published",
        ]);
        assert_eq!(open("sdf2d", std::slice::from_ref(&good.data)).unwrap().len(Split::Train), 2);
        good.place("learnit-sdf.sh", path.path(), &[]).assert_done(&["nothing to do", &sum]);
        assert!(good.file.is_file());

        let mut damaged = archive.clone();
        damaged[1000] ^= 1;
        let damaged = given("damaged.npz", &damaged);
        damaged.place("learnit-sdf.sh", path.path(), &[]).assert_refused(&["is damaged", "get it again"]);
        assert_eq!(tree(&damaged.data), [""; 0]);

        let file = good.file.with_file_name("other.npz");
        write_npz(&file, &[sdf_array("train_data", |i| i as u8)]);
        let other = given("other.npz", &std::fs::read(&file).unwrap());
        other
            .place("learnit-sdf.sh", path.path(), &[])
            .assert_refused(&["has no test_data.npy (it has: train_data.npy"]);
        let nothing = run("learnit-sdf.sh", path.path(), &[other.data.to_str().unwrap()]);
        nothing.assert_refused(&["no direct link", "www.matthewtancik.com/learnit", "silhouettes"]);
    }
}

#[test]
fn learnit_arrays_of_another_shape_are_refused() {
    use crate::fixture::Array;
    for path in unzippers() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("small.npz");
        let small = |name| Array { name, shape: &[2, 8, 8, 3], values: vec![0u8; 2 * 8 * 8 * 3] };
        write_npz(&file, &[small("train_data"), small("test_data")]);
        let small = given("small.npz", &std::fs::read(&file).unwrap());
        small.place("learnit-sdf.sh", path.path(), &[]).assert_refused(&["is not [n, 178, 178, 3]"]);
    }
}

#[test]
fn shapenet_categories_are_placed_one_by_one() {
    let mesh = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n";
    let members: &[(&str, &[u8])] = &[
        ("ShapeNetCore.v2/taxonomy.json", b"[]"),
        ("ShapeNetCore.v2/02691156/a1/models/model_normalized.obj", mesh),
        ("ShapeNetCore.v2/02691156/a1/models/model_normalized.mtl", b"not unpacked"),
        ("ShapeNetCore.v2/02691156/a2/models/model_normalized.obj", mesh),
        ("ShapeNetCore.v2/03001627/c1/models/model_normalized.obj", mesh),
    ];
    for path in unzippers() {
        let whole = given("ShapeNetCore.v2.zip", &zip(members));
        whole
            .place("shapenet.sh", path.path(), &["--only", "02691156"])
            .assert_done(&["registered users", "02691156 is in place: 2 meshes"]);
        let aeroplanes = [
            "ShapeNetCore.v2/02691156/a1/models/model_normalized.obj",
            "ShapeNetCore.v2/02691156/a2/models/model_normalized.obj",
        ];
        assert_eq!(tree(&whole.data)[..2], aeroplanes);
        assert_eq!(tree(&whole.data)[2..], ["ShapeNetCore.v2/taxonomy.json"]);
        whole.place("shapenet.sh", path.path(), &["--only", "02691156"]).assert_done(&["nothing to do"]);
        whole
            .place("shapenet.sh", path.path(), &[])
            .assert_done(&["02691156 is there already", "03001627 is in place: 1 meshes"]);
        assert_eq!(tree(&whole.data).len(), 4);
        whole
            .place("shapenet.sh", path.path(), &["--only", "04401088"])
            .assert_refused(&["has no category 04401088"]);

        // the zip of a category, without the folder above
        let one = given("03636649.zip", &zip(&[("03636649/l1/models/model_normalized.obj", mesh)]));
        one.place("shapenet.sh", path.path(), &[]).assert_done(&["03636649 is in place: 1 meshes"]);
        assert_eq!(tree(&one.data), ["ShapeNetCore.v2/03636649/l1/models/model_normalized.obj"]);
    }
}

#[test]
fn the_split_of_shapenet_is_placed_beside_the_categories() {
    let Some(path) = programs(&[], &[]) else { return };
    let list = given("all.csv", b"id,synsetId,subSynsetId,modelId,split\n1,02691156,02691156,a1,train\n");
    let place = |split: &Path| {
        run("shapenet.sh", path.path(), &["--split", split.to_str().unwrap(), list.data.to_str().unwrap()])
    };
    place(&list.file).assert_done(&["all.csv is in place: 2 lines"]);
    place(&list.file).assert_done(&["all.csv is in place: 2 lines"]);
    let other = write(list.file.parent().unwrap(), "other.csv", b"id,modelId,split\n");
    place(&other).assert_refused(&["is another list", "move it away"]);
    let page = write(list.file.parent().unwrap(), "page.csv", b"<html>");
    place(&page).assert_refused(&["names no model and split"]);
    assert_eq!(tree(&list.data), ["ShapeNetCore.v2/all.csv"]);
}

#[test]
fn other_versions_of_shapenet_are_refused() {
    for path in unzippers() {
        let old = given("ShapeNetCore.v1.zip", &zip(&[("02691156/a1/model.obj", b"v 0 0 0")]));
        old.place("shapenet.sh", path.path(), &[]).assert_refused(&["is ShapeNetCore v1", "register at"]);
        let other = given("other.zip", &zip(&[("readme.txt", b"nothing")]));
        other.place("shapenet.sh", path.path(), &[]).assert_refused(&["has no <synset>/<model>/models"]);
        assert_eq!((tree(&old.data), tree(&other.data)), (vec![], vec![]));
        run("shapenet.sh", path.path(), &[old.data.to_str().unwrap()]).assert_refused(&[
            "no open link",
            "huggingface.co",
            "--from FILE",
        ]);
    }
}
