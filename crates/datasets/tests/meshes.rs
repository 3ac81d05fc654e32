//! Damaged meshes: each is an error that names the file and says what to do, or a counted drop.

mod fixture;

use datasets::{DataError, DataSet, Places, Split, open, survey};
use fixture::{assert_says, message, write_box, write_meshes};

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

/// A plus sign of twelve corners, one unit high: its area is 5, its caps are concave at every other corner.
fn plus(first: usize, backwards: bool) -> String {
    let outline = "1 0 2 0 2 1 3 1 3 2 2 2 2 3 1 3 1 2 0 2 0 1 1 1";
    let numbers: Vec<&str> = outline.split(' ').collect();
    let corners =
        |z: i32| -> String { numbers.chunks(2).map(|p| format!("v {} {} {z}\n", p[0], p[1])).collect() };
    let face = |mut corners: Vec<usize>| {
        if backwards {
            corners.reverse();
        }
        let words: Vec<String> = corners.iter().map(|corner| (corner + 1).to_string()).collect();
        format!("f {}\n", words.join(" "))
    };
    let bottom = face((0..12).map(|i| (24 + first - i) % 12).collect());
    let top = face((0..12).map(|i| 12 + (first + i) % 12).collect());
    let sides: String = (0..12).map(|i| face(vec![i, (i + 1) % 12, 12 + (i + 1) % 12, 12 + i])).collect();
    corners(0) + &corners(1) + &bottom + &top + &sides
}

/// The signed distance to the plus sign, by the outline's segments: a prism's.
fn plus_distance([x, y, z]: [f64; 3]) -> f64 {
    let (x, y) = (x.abs(), y.abs());
    let bar = |a: f64, b: f64| {
        let (u, v) = (x - a, y - b);
        u.max(0.0).hypot(v.max(0.0)) + u.max(v).min(0.0)
    };
    let inside = bar(1.5, 0.5).min(bar(0.5, 1.5));
    let corner = if x.max(y) > 1.5 { inside } else { inside.max(-(0.5 - x).hypot(0.5 - y)) };
    let flat = if x < 0.5 && y < 0.5 { -(0.5 - x).hypot(0.5 - y) } else { corner };
    let high = z.abs() - 0.5;
    flat.max(0.0).hypot(high.max(0.0)) + flat.max(high).min(0.0)
}

#[test]
fn a_concave_prism_is_the_same_solid_from_every_first_corner() {
    let data = tempfile::tempdir().unwrap();
    let root = write_meshes(data.path());
    for first in 0..12 {
        std::fs::write(root.join(format!("plus{first}.obj")), plus(first, first % 2 == 1)).unwrap();
    }
    let set = open("meshes", &[data.path().to_path_buf()]).unwrap();
    let farthest = (1.5f64 * 1.5 + 0.5 * 0.5 + 0.5 * 0.5).sqrt();
    let scale = farthest * 1.03;
    let mut seen = 0;
    for split in [Split::Train, Split::Test] {
        for index in (0..set.len(split)).filter(|&index| set.name(split, index).starts_with("plus")) {
            let signal = set.load(split, index, 12).unwrap();
            let Places::Points(points) = &signal.places else { panic!("no points") };
            for (p, d) in points.chunks_exact(3).zip(&signal.values) {
                let exact = plus_distance([0, 1, 2].map(|axis| f64::from(p[axis]) * scale)) / scale;
                assert!((f64::from(*d) - exact).abs() < 1e-6, "{}: {d}, {exact} at {p:?}", signal.name);
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 12);
}

/// The corners of a quad drawn from both sides, each side from another corner, are one face.
#[test]
fn faces_drawn_from_both_sides_are_one_face_whatever_they_begin_with() {
    let data = tempfile::tempdir().unwrap();
    let root = write_meshes(data.path());
    write_box(&root.join("twice.obj"), 0.7);
    let text = std::fs::read_to_string(root.join("twice.obj")).unwrap();
    let back = |line: &str| {
        let mut corners: Vec<&str> = line.strip_prefix("f ")?.split(' ').collect();
        corners.reverse();
        Some(format!("f {}\n", corners.join(" ")))
    };
    let sides: String = text.lines().filter_map(back).collect();
    std::fs::write(root.join("twice.obj"), format!("{text}{sides}")).unwrap();
    let set = open("meshes", &[data.path().to_path_buf()]).unwrap();
    assert_eq!(set.remarks(), Vec::<String>::new());
    let index = (0..set.files()).find(|&index| set.file(index) == "twice.obj").unwrap();
    assert_says(&set.check_file(index).unwrap().unwrap(), &["12 that repeat"]);
}

#[test]
fn faces_that_cross_themselves_are_named_with_their_line() {
    let bow = "v 0 0 0\nv 1 1 0\nv 1 0 0\nv 0 1 0\n# a comment\nf 1 2 3 4\n";
    let uneven = bow.replace("v 1 1 0", "v 3 3 0").replace("v 1 0 0", "v 3 0 0");
    for text in [bow, &uneven] {
        assert_says(&message(with_mesh(text.as_bytes())), &["odd.obj", "line 6", "crosses itself", REMEDY]);
    }
}

/// The remark on a box with these lines behind it, for who verifies.
fn remark_on_a_box_with(lines: &str) -> Result<Option<String>, DataError> {
    let data = tempfile::tempdir().unwrap();
    let file = write_meshes(data.path()).join("low.obj");
    std::fs::write(&file, std::fs::read_to_string(&file).unwrap() + lines).unwrap();
    let set = open("meshes", &[data.path().to_path_buf()])?;
    let index = (0..set.files()).find(|&index| set.file(index) == "low.obj").unwrap();
    set.check_file(index)
}

#[test]
fn points_lines_and_curves_are_left_out_which_is_said() {
    assert_eq!(remark_on_a_box_with("g all\ns off\nusemtl grey\nvn 0 0 1\n").unwrap(), None);
    let said = remark_on_a_box_with("p 1\nl 1 2 3\ncstype bezier\ndeg 3\ncurv 0 1 1 2 3 4\nend\n").unwrap();
    assert_says(&said.unwrap(), &["left out: 3 points, lines or curves", "no surface"]);
}

#[test]
fn surfaces_that_are_not_read_are_refused_and_not_passed_over() {
    for (line, what) in [
        ("surf 0 1 0 1 1 2 3 4", "a free-form surface"),
        ("bzp 1 2 3 4 5 6 7 8 1 2 3 4 5 6 7 8", "a Bézier patch"),
        ("call other.obj", "the contents of another file"),
        ("csh echo f 1 2 3", "the output of a program"),
    ] {
        let keyword = line.split(' ').next().unwrap();
        let said = message(remark_on_a_box_with(&format!("# more\n{line}\n")));
        assert_says(&said, &["low.obj", &format!("`{keyword}` in line 17"), what, REMEDY]);
    }
}

#[test]
fn every_damaged_mesh_is_named_to_who_verifies_and_the_others_are_used() {
    let data = tempfile::tempdir().unwrap();
    let root = write_meshes(data.path());
    std::fs::write(root.join("sheet.obj"), format!("{TRIANGLE}f 1 2 3\n")).unwrap();
    std::fs::write(root.join("short.obj"), "v 0 0\n").unwrap();
    std::fs::write(root.join("wild.obj"), format!("{TRIANGLE}f 1 2 9\n")).unwrap();
    std::fs::write(root.join("scan.ply"), "ply\n").unwrap();
    let survey = survey("meshes", &[data.path().to_path_buf()]).unwrap();
    let trouble: Vec<String> = survey.trouble.iter().map(ToString::to_string).collect();
    assert_eq!(trouble.len(), 2, "{trouble:?}");
    assert_says(&trouble[0], &["short.obj", "line 1"]);
    assert_says(&trouble[1], &["wild.obj", "line 4"]);
    let set = survey.set.unwrap();
    assert_eq!(set.files(), 3);
    assert_says(&set.remarks().join("; "), &["open sheets", "sheet.obj", "1 file", "scan.ply"]);
}

#[cfg(unix)]
#[test]
fn links_to_meshes_and_folders_are_followed_and_broken_ones_and_cycles_named() {
    use std::os::unix::fs::symlink;
    let data = tempfile::tempdir().unwrap();
    let root = write_meshes(data.path());
    let store = data.path().join("store");
    write_box(&store.join("kiln.obj"), 0.4);
    write_box(&store.join("lamp.obj"), 0.6);
    symlink(&store, root.join("linked")).unwrap();
    symlink("../store/lamp.obj", root.join("relative.obj")).unwrap();
    let files = || {
        let set = open("meshes", &[data.path().to_path_buf()])?;
        Ok::<usize, DataError>(set.files())
    };
    assert_eq!(files().unwrap(), 6);
    symlink("nowhere.obj", root.join("broken.obj")).unwrap();
    assert_says(&files().unwrap_err().to_string(), &["broken.obj", "cannot be read", "Mend the link"]);
    symlink("..", store.join("up")).unwrap();
    symlink(&root, store.join("back")).unwrap();
    let survey = survey("meshes", &[data.path().to_path_buf()]).unwrap();
    let trouble: Vec<String> = survey.trouble.iter().map(ToString::to_string).collect();
    assert_says(&trouble.join("; "), &["broken.obj", "linked/back", "loop"]);
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
