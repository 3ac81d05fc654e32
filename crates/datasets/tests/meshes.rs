//! Damaged meshes and samples: each is an error that names the file and says what to do, or a counted drop.

mod fixture;

use datasets::{Choice, DataError, DataSet, HeldSizes, Places, Split, open};
use fixture::{
    Array, assert_says, deep_sdf_rows, message, write_box, write_deep_sdf, write_meshes, write_npz,
};
use std::path::Path;

const REMEDY: &str = "take it out of the folder";
const TRIANGLE: &str = "v 0 0 0\nv 1 0 0\nv 0 1 0\n";

/// Opens `meshes` with one more file of this text.
fn with_mesh(text: &[u8]) -> Result<DataSet, DataError> {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(write_meshes(data.path()).join("odd.obj"), text).unwrap();
    open("meshes", &[data.path().to_path_buf()])
}

#[test]
fn a_mesh_that_cannot_be_used_is_named_with_the_reason_and_the_remedy() {
    let cases: [(&[u8], &str); 12] = [
        (b"", "no faces"),
        (b"This is a letter,\nnot a mesh.\n", "no faces"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1", "no OBJ that can be read (position parse error)"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nv 1 1 1\n", "no faces"),
        (b"v 0 0 zero\n", "position parse error"),
        (b"v 0 0 nan\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "1 corners of its faces are no finite numbers"),
        (b"v inf 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "no finite numbers"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 4\n", "out of bounds"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 0 1 2\n", "no OBJ that can be read"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf -4 -3 -2\n", "no OBJ that can be read"),
        (b"v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\nf 1 1 2\n", "none of its 2 triangles has an area"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n\xff\xfe\n", "read error"),
    ];
    for (text, reason) in cases {
        assert_says(&message(with_mesh(text)), &["odd.obj", reason, REMEDY]);
    }
}

/// A file that ends within a face is an OBJ still; what is left of the mesh is what counts.
#[test]
fn quads_polygons_negative_indices_and_cut_faces_are_read() {
    let data = tempfile::tempdir().unwrap();
    let root = write_meshes(data.path());
    write_box(&root.join("quads.obj"), 0.7);
    let text = std::fs::read_to_string(root.join("quads.obj")).unwrap();
    let negative: String = text
        .lines()
        .map(|line| match line.strip_prefix("f ") {
            Some(face) => {
                let back = face.split(' ').map(|index| (index.parse::<i64>().unwrap() - 9).to_string());
                format!("f {}\n", back.collect::<Vec<String>>().join(" "))
            }
            None => format!("{line}\n"),
        })
        .collect();
    std::fs::write(root.join("negative.obj"), negative).unwrap();
    std::fs::write(root.join("cut.obj"), &text[..text.len() - 4]).unwrap(); // `f 2 4 8 6` becomes `f 2 4`
    let hexagon = "v 2 0 0\nv 1 0 2\nv -1 0 2\nv -2 0 0\nv -1 0 -2\nv 1 0 -2\nv 0 3 0\n\
                   f 1 2 3 4 5 6\nf 1 7 2\nf 2 7 3\nf 3 7 4\nf 4 7 5\nf 5 7 6\nf 6 7 1\n";
    std::fs::write(root.join("pyramid.obj"), hexagon).unwrap();
    let set = open("meshes", &[data.path().to_path_buf()]).unwrap();
    let values = |name: &str| {
        for split in [Split::Train, Split::Test] {
            if let Some(index) = (0..set.len(split)).find(|&index| set.name(split, index) == name) {
                return set.load(split, index, 8).unwrap().values;
            }
        }
        panic!("{name} is not there");
    };
    for name in ["quads.obj", "negative.obj", "cut.obj", "pyramid.obj"] {
        let inside = values(name).iter().filter(|d| **d < 0.0).count();
        assert!(inside > 50, "{name}: {inside} of 512 are inside");
    }
}

#[test]
fn dropped_triangles_are_counted_and_sheets_left_out() {
    let data = tempfile::tempdir().unwrap();
    let root = write_meshes(data.path());
    std::fs::write(root.join("sheet.obj"), format!("{TRIANGLE}f 1 2 3\n")).unwrap();
    let set = open("meshes", &[data.path().to_path_buf()]).unwrap();
    assert_eq!(set.len(Split::Train) + set.len(Split::Test), 3);
    assert_says(&set.remarks().join("; "), &["open sheets", "sheet.obj"]);
}

#[test]
fn one_family_alone_cannot_be_split() {
    let data = tempfile::tempdir().unwrap();
    write_box(&data.path().join("meshes/box.obj"), 1.0);
    write_box(&data.path().join("meshes/box-low.obj"), 0.5);
    assert_says(
        &message(open("meshes", &[data.path().to_path_buf()])),
        &["meshes", "one family", "other names"],
    );
}

// -------------------------------------------------------------------------------------- ShapeNetCore

#[test]
fn shapenet_core_follows_its_lists() {
    let data = tempfile::tempdir().unwrap();
    let root = fixture::write_shapenet(data.path());
    let set = open("shapenet3d", &[data.path().to_path_buf()]).unwrap();
    let names =
        |split| (0..set.len(split)).map(|i| set.name(split, i)[..12].to_string()).collect::<Vec<String>>();
    assert_eq!(names(Split::Train), ["02691156/aa0", "02691156/bb0", "03001627/aa1", "03001627/bb1"]);
    assert_eq!(names(Split::Test), ["02691156/dd0", "03001627/dd1"]);
    assert_says(&set.remarks().join("; "), &["02691156 (airplane), 03001627"]);
    assert_eq!(set.choose(Split::Test, Choice::Stratified { count: 2 }).unwrap(), [0, 1]);
    let images = open("shapenet-sdf", &[data.path().to_path_buf()]).unwrap();
    assert_eq!((images.len(Split::Train), images.len(Split::Test)), (24, 12));
    std::fs::create_dir_all(root.join("03001627/ff")).unwrap();
    std::fs::remove_file(root.join("all.csv")).unwrap();
    let set = open("shapenet3d", &[data.path().to_path_buf()]).unwrap();
    assert_eq!(set.len(Split::Train) + set.len(Split::Test), 8);
    assert_says(&set.remarks().join("; "), &["1 models have no", "no all.csv"]);
}

#[test]
fn damaged_lists_are_named() {
    let spoilt = |file: &str, text: &str| {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(fixture::write_shapenet(data.path()).join(file), text).unwrap();
        message(open("shapenet3d", &[data.path().to_path_buf()]))
    };
    assert_says(&spoilt("all.csv", "id,model\n1,2\n"), &["all.csv", "no column `modelId`", "SHREC16"]);
    assert_says(
        &spoilt("all.csv", "modelId,split\naa,trian\n"),
        &["all.csv", "line 2", "train, val or test"],
    );
    assert_says(&spoilt("taxonomy.json", "[{"), &["taxonomy.json", "no JSON", "shapenet.org"]);
}

// ------------------------------------------------------------------------------------------- DeepSDF

fn samples(data: &Path, name: &str) -> std::path::PathBuf {
    data.join("shapenet3d/SdfSamples/ShapeNetV2/02691156").join(name)
}

fn deep_sdf(data: &Path) {
    for name in ["a.npz", "b.npz", "c.npz"] {
        write_deep_sdf(&samples(data, name), deep_sdf_rows(1.0, 3000), deep_sdf_rows(-1.0, 1000));
    }
}

#[test]
fn deep_sdf_samples_are_half_outside_and_held_apart() {
    let data = tempfile::tempdir().unwrap();
    deep_sdf(data.path());
    let mut pos = deep_sdf_rows(1.0, 3000);
    for row in 0..7 {
        pos[row * 400 + row % 4] = if row == 3 { f32::INFINITY } else { f32::NAN };
    }
    write_deep_sdf(&samples(data.path(), "b.npz"), pos, deep_sdf_rows(-1.0, 1000));
    let set = open("shapenet3d", &[data.path().to_path_buf()]).unwrap();
    assert_says(&set.remarks().join("; "), &["7 rows of its samples are not finite"]);
    let signal = set.load(Split::Test, 0, 10).unwrap();
    assert_eq!(signal.values.iter().filter(|d| **d < 0.0).count(), 500);
    assert!(signal.values.iter().all(|d| d.is_finite()));
    let Places::Points(points) = &signal.places else { panic!("no points") };
    let held = set.held(0, HeldSizes { samples: 400, surface: 100, grid: 8 }).unwrap().unwrap();
    assert_eq!((held.near.values.len(), held.uniform.values.len(), held.grid.len()), (400, 400, 0));
    assert!(
        held.near.values.iter().all(|d| d.abs() < 0.1) && held.uniform.values.iter().all(|d| d.abs() >= 0.1)
    );
    for p in held.surface.chunks_exact(3) {
        let off = (p.iter().map(|x| x * x).sum::<f32>().sqrt() - 0.5).abs();
        assert!(off < 0.02, "{off}");
    }
    for held in held.near.coords.chunks_exact(3).chain(held.uniform.coords.chunks_exact(3)) {
        assert!(points.chunks_exact(3).all(|fitted| fitted != held), "{held:?} was fitted");
    }
}

#[test]
fn damaged_samples_are_named_with_the_reason_and_the_remedy() {
    let spoilt = |spoil: &dyn Fn(&Path)| {
        let data = tempfile::tempdir().unwrap();
        deep_sdf(data.path());
        spoil(&samples(data.path(), "b.npz"));
        message(open("shapenet3d", &[data.path().to_path_buf()]))
    };
    let one = |name: &'static str, shape: &'static [u64], count: usize| {
        move |file: &Path| write_npz(file, &[Array { name, shape, values: vec![0.5f32; count] }])
    };
    let cases: [(Spoil, &str); 7] = [
        (&one("points", &[2, 4], 8), "no array `pos` (found: points)"),
        (&one("pos", &[8, 3], 24), "shape [8, 3]"),
        (&one("pos", &[16], 16), "shape [16]"),
        (&one("pos", &[8, 4], 32), "no array `neg`"),
        (
            &|file| write_npz(file, &[Array { name: "pos", shape: &[2, 4], values: vec![1i32; 8] }]),
            "has the type <i4",
        ),
        (&|file| std::fs::write(file, "no archive").unwrap(), "no npz archive"),
        (
            &|file| write_deep_sdf(file, vec![f32::NAN; 40], deep_sdf_rows(-1.0, 50)),
            "`pos` has 0 rows of finite numbers",
        ),
    ];
    for (spoil, reason) in cases {
        assert_says(&spoilt(spoil), &["b.npz", reason, REMEDY]);
    }
}

/// Damages a file.
type Spoil<'a> = &'a dyn Fn(&Path);

/// DeepSDF's lists part the models where both are there.
#[test]
fn deep_sdf_lists_are_followed() {
    let data = tempfile::tempdir().unwrap();
    deep_sdf(data.path());
    let list = |part: &str, models: &str| {
        let text = format!(r#"{{"ShapeNetV2": {{"02691156": [{models}]}}}}"#);
        std::fs::write(data.path().join(format!("shapenet3d/sv2_planes_{part}.json")), text).unwrap();
    };
    list("train", r#""c", "a", "elsewhere""#);
    list("test", r#""b""#);
    let set = open("shapenet3d", &[data.path().to_path_buf()]).unwrap();
    assert_eq!((set.len(Split::Train), set.len(Split::Test)), (2, 1));
    assert!(set.name(Split::Test, 0).ends_with("b.npz"));
}

/// A list of another form, or a shape in both parts, is refused by name; one list alone is followed, with a remark.
#[test]
fn deep_sdf_lists_are_followed_or_refused() {
    let lists: [(&str, &str, &str); 5] = [
        (r#"["a", "b"]"#, r#"{"ShapeNetV2": {"02691156": ["c"]}}"#, "the list is an array"),
        (r#"{"ShapeNetV2": ["a"]}"#, r#"{"ShapeNetV2": {"02691156": ["c"]}}"#, "`ShapeNetV2` is an array"),
        (r#"{"ShapeNetV2": {"02691156": [1]}}"#, "{}", "is a number"),
        ("{}", r#"{"ShapeNetV2": {"02691156": ["c"]}}"#, "lists no model"),
        (
            r#"{"ShapeNetV2": {"02691156": ["a", "c"]}}"#,
            r#"{"ShapeNetV2": {"02691156": ["c"]}}"#,
            "for train and for test",
        ),
    ];
    for (train, test, reason) in lists {
        let data = tempfile::tempdir().unwrap();
        deep_sdf(data.path());
        std::fs::write(data.path().join("shapenet3d/sv2_train.json"), train).unwrap();
        std::fs::write(data.path().join("shapenet3d/sv2_test.json"), test).unwrap();
        assert_says(&message(open("shapenet3d", &[data.path().to_path_buf()])), &[reason]);
    }
    let data = tempfile::tempdir().unwrap();
    deep_sdf(data.path());
    let only = r#"{"ShapeNetV2": {"02691156": ["a"]}}"#;
    std::fs::write(data.path().join("shapenet3d/sv2_test.json"), only).unwrap();
    let set = open("shapenet3d", &[data.path().to_path_buf()]).unwrap();
    assert_eq!((set.len(Split::Train), set.len(Split::Test)), (2, 1));
    assert_says(&set.remarks().join("; "), &["there is no *_train.json", "sv2_test.json"]);
}

/// A flipped bit, one row of the wrong sign, a shape in millimetres: each is named, and all of them are.
#[test]
fn every_damaged_file_of_deep_sdf_is_named() {
    let data = tempfile::tempdir().unwrap();
    deep_sdf(data.path());
    let mut bytes = std::fs::read(samples(data.path(), "a.npz")).unwrap();
    bytes[20_003] ^= 1;
    std::fs::write(samples(data.path(), "a.npz"), bytes).unwrap();
    let mut one_wrong = deep_sdf_rows(1.0, 3000);
    one_wrong[4 * 70 + 3] *= -1.0;
    write_deep_sdf(&samples(data.path(), "b.npz"), one_wrong, deep_sdf_rows(-1.0, 1000));
    let far = deep_sdf_rows(1.0, 3000).iter().map(|x| x * 100.0).collect();
    write_deep_sdf(&samples(data.path(), "c.npz"), far, deep_sdf_rows(-1.0, 1000));
    let survey = datasets::survey("shapenet3d", &[data.path().to_path_buf()]).unwrap();
    let said: Vec<String> = survey.trouble.iter().map(ToString::to_string).collect();
    assert_says(
        &said.join("; "),
        &["a.npz: `pos` is damaged", "1 of 3000 rows of `pos` have d < 0", "c.npz: a coordinate"],
    );
}

/// The shared meshes and planes, where they are.
#[test]
fn shared_meshes_and_planes_open_and_load() {
    let Some(folder) = fixture::licensed() else { return };
    for (name, few) in [("meshes", 20), ("shapenet3d", 2), ("shapenet-sdf", 100)] {
        if !folder.join(if name == "shapenet3d" { "shapenet_planes" } else { "meshes" }).is_dir() {
            println!("not there, so not tested: {name} in {}", folder.display());
            continue;
        }
        let set = open(name, std::slice::from_ref(&folder)).unwrap();
        println!(
            "{set:?}: {} train, {} test; {:?}",
            set.len(Split::Train),
            set.len(Split::Test),
            set.remarks()
        );
        assert!(set.len(Split::Train) >= few, "{name}: {}", set.len(Split::Train));
        for split in [Split::Train, Split::Test] {
            let signal = set.load(split, 0, 16).unwrap();
            assert!(signal.values.iter().all(|value| value.is_finite()), "{}", signal.name);
        }
    }
}
