//! ShapeNetCore's folders and lists, and DeepSDF's samples and lists: what is damaged is named with what to do, what is
//! not there or not used is said.

mod fixture;

use datasets::{Choice, HeldSizes, Places, Split, open, survey};
use fixture::{Array, assert_says, deep_sdf_rows, message, write_deep_sdf, write_npz};
use std::io::Write;
use std::path::Path;

const REMEDY: &str = "take it out of the folder";

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

/// `all.csv` of the small ShapeNetCore, changed, and what opening it gives.
fn with_list(change: impl Fn(String) -> String) -> Result<datasets::DataSet, datasets::DataError> {
    let data = tempfile::tempdir().unwrap();
    let list = fixture::write_shapenet(data.path()).join("all.csv");
    std::fs::write(&list, change(std::fs::read_to_string(&list).unwrap())).unwrap();
    open("shapenet3d", &[data.path().to_path_buf()])
}

#[test]
fn a_model_in_two_parts_is_refused_with_both_lines_and_one_that_is_listed_twice_alike_is_not() {
    let another = |line: &str| with_list(|list| format!("{list}\n{line}\n")).map(|set| set.len(Split::Train));
    for line in
        ["9,02691156,02691156,aa0,test", "9,03001627,03001627,aa0,test", "9,03001627,03001627,aa0,val"]
    {
        let part = line.rsplit(',').next().unwrap();
        let lines =
            ["all.csv", "aa0", "for train in line 2", &format!("for {part} in line 13"), "Take one of"];
        assert_says(&message(another(line)), &lines);
    }
    assert_eq!(another("9,03001627,03001627,aa0,train").unwrap(), 4);
}

#[test]
fn listed_models_without_a_mesh_and_models_that_are_not_used_are_named() {
    let said = with_list(|list| {
        list.replace("bb1,train", "other,train")
            + "8,04530566,04530566,xx,train\n9,04530566,04530566,yy,val\n"
    });
    let said = said.unwrap().remarks();
    assert_says(
        &said.join("; "),
        &[
            "3 of 9 models that all.csv lists for train or test have no mesh: 02691156/ee0, 03001627/ee1, 03001627/other",
            "1 of 9 models that all.csv lists for train or test are of synsets that are not there: 04530566",
            "1 models are not in all.csv and are left out: 03001627/bb1",
            "2 models are for validation in all.csv and are left out: 02691156/cc0, 03001627/cc1",
        ],
    );
}

#[test]
fn hidden_files_are_no_models() {
    let data = tempfile::tempdir().unwrap();
    let root = fixture::write_shapenet(data.path());
    for hidden in [".DS_Store", "02691156/.DS_Store", "02691156/._aa0"] {
        std::fs::write(root.join(hidden), "x").unwrap();
    }
    let said = open("shapenet3d", &[data.path().to_path_buf()]).unwrap().remarks().join("; ");
    assert!(!said.contains(".DS_Store") && !said.contains("._aa0"), "{said}");
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
    let survey = survey("shapenet3d", &[data.path().to_path_buf()]).unwrap();
    let said: Vec<String> = survey.trouble.iter().map(ToString::to_string).collect();
    assert_says(
        &said.join("; "),
        &["a.npz: `pos` is damaged", "1 of 3000 rows of `pos` have d < 0", "c.npz: a coordinate"],
    );
}

#[test]
fn hidden_files_among_the_samples_are_neither_read_nor_counted() {
    let data = tempfile::tempdir().unwrap();
    deep_sdf(data.path());
    let plain = open("shapenet3d", &[data.path().to_path_buf()]).unwrap();
    let beside = samples(data.path(), "a.npz").parent().unwrap().to_path_buf();
    for hidden in [".DS_Store", "._a.npz", ".hidden.npz", "../.DS_Store", "../._x.npz", "../../.DS_Store"] {
        std::fs::write(beside.join(hidden), "no archive").unwrap();
    }
    std::fs::create_dir_all(beside.join("../.Trashes")).unwrap();
    std::fs::copy(samples(data.path(), "a.npz"), beside.join("../.Trashes/a.npz")).unwrap();
    let survey = survey("shapenet3d", &[data.path().to_path_buf()]).unwrap();
    let set = survey.set.unwrap();
    assert!(survey.trouble.is_empty(), "{:?}", survey.trouble);
    assert_eq!((set.files(), set.remarks()), (plain.files(), plain.remarks()));
    assert_eq!(set.fingerprint().unwrap(), plain.fingerprint().unwrap());
}

/// The rows of the ball whose |d| lies in a range.
fn rows_within(sign: f64, range: std::ops::Range<f32>) -> Vec<f32> {
    let rows = deep_sdf_rows(sign, 3000);
    rows.chunks_exact(4).filter(|row| range.contains(&row[3].abs())).flatten().copied().collect()
}

#[test]
fn samples_that_are_all_near_or_all_far_are_said() {
    for (range, lack) in [(0.0..0.09, "sdf_uniform is empty"), (0.11..0.4, "sdf_near is empty")] {
        let data = tempfile::tempdir().unwrap();
        for name in ["a.npz", "b.npz", "c.npz"] {
            let [pos, neg] = [1.0, -1.0].map(|sign| rows_within(sign, range.clone()));
            write_deep_sdf(&samples(data.path(), name), pos, neg);
        }
        let set = open("shapenet3d", &[data.path().to_path_buf()]).unwrap();
        let count = set.len(Split::Test);
        assert_says(
            &set.remarks().join("; "),
            &[&format!("{count} of its test shapes have no samples"), lack],
        );
        assert_says(&set.check_file(0).unwrap().unwrap(), &["have no samples", lack]);
        let held = set.held(0, HeldSizes { samples: 40, surface: 10, grid: 4 }).unwrap().unwrap();
        assert_eq!(held.uniform.values.is_empty(), lack.starts_with("sdf_uniform"));
        assert_eq!(held.near.values.is_empty(), lack.starts_with("sdf_near"));
    }
}

/// Writes an npz of these members: their names, and the shapes that their headers claim for 64 bytes of zeros.
fn write_claims(file: &Path, members: &[(&str, &str)]) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(file).unwrap());
    for (name, shape) in members {
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
        let header = format!("{header:117}\n");
        zip.start_file(*name, zip::write::FileOptions::default()).unwrap();
        zip.write_all(b"\x93NUMPY\x01\x00").unwrap();
        zip.write_all(&(header.len() as u16).to_le_bytes()).unwrap();
        zip.write_all(header.as_bytes()).unwrap();
        zip.write_all(&[0; 64]).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn archives_that_claim_too_much_or_hold_a_member_twice_are_refused() {
    let cases: [(&[(&str, &str)], &str); 4] = [
        (
            &[("pos.npy", "(5000001, 4)"), ("neg.npy", "(4, 4)")],
            "`pos` has 5000001 rows; the most is 5000000",
        ),
        (&[("pos.npy", "(5, 4)"), ("neg.npy", "(4, 4)")], "`pos` ends after 64 of 80 bytes: it is truncated"),
        (&[("pos.npy", "(3, 4)"), ("neg.npy", "(4, 4)")], "`pos` has more bytes than its header says"),
        (
            &[("pos.npy", "(4, 4)"), ("neg.npy", "(4, 4)"), ("pos.npy", "(4, 4)")],
            "holds the member pos.npy twice",
        ),
    ];
    for (members, reason) in cases {
        let data = tempfile::tempdir().unwrap();
        deep_sdf(data.path());
        write_claims(&samples(data.path(), "b.npz"), members);
        let said = message(open("shapenet3d", &[data.path().to_path_buf()]));
        assert_says(&said, &["b.npz", reason, REMEDY]);
    }
}

/// Who trains is told, who verifies has it among the trouble.
#[test]
fn listed_shapes_without_samples_are_named() {
    let data = tempfile::tempdir().unwrap();
    deep_sdf(data.path());
    let list = |part: &str, models: &str| {
        let text = format!(r#"{{"ShapeNetV2": {{"02691156": [{models}]}}}}"#);
        std::fs::write(data.path().join(format!("shapenet3d/sv2_{part}.json")), text).unwrap();
    };
    list("train", r#""a", "b", "gone", "lost""#);
    list("test", r#""c", "away""#);
    let train = "2 of 4 shapes listed in sv2_train.json have no samples: ShapeNetV2/02691156/gone, ShapeNetV2/02691156/lost";
    let test = "1 of 2 shapes listed in sv2_test.json have no samples: ShapeNetV2/02691156/away";
    let set = open("shapenet3d", &[data.path().to_path_buf()]).unwrap();
    assert_eq!((set.len(Split::Train), set.len(Split::Test)), (2, 1));
    assert_says(&set.remarks().join("; "), &[train, test]);
    let survey = survey("shapenet3d", &[data.path().to_path_buf()]).unwrap();
    let said: Vec<String> = survey.trouble.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert_says(&said.join("; "), &[train, test, "SdfSamples", "take them out of the list"]);
}
