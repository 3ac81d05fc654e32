//! The 3-D experiment as a person runs it, small; ShapeNet's layout in Table 1; what an experiment on shapes must say.

use std::path::Path;
use std::process::{Command, Output};

use repro::experiment::Overrides;
use repro::recipe::parse;
use repro::rows::{Row, SignalRow, read_rows};
use repro::words::quantities::Quantity;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn repro(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_repro")).args(args).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into()
}

#[test]
fn the_smoke_profile_gives_numbers_meshes_and_pictures() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().display().to_string();
    let run = repro(&["run", "shapenet3d", "--profile", "smoke", "--out", &out]);
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    let folder = dir.path().join("shapenet3d");
    let rows: Vec<Row> = read_rows(&folder.join("measurements.csv")).unwrap();
    assert_eq!(rows.len(), 3);
    for row in &rows {
        let (near, uniform) =
            (row.values[Quantity::SdfNear].unwrap(), row.values[Quantity::SdfUniform].unwrap());
        assert!(near > 0.0 && near < 1.0 && uniform > 0.0 && uniform < 2.0, "{row:?}");
        assert!(
            (0.0..=1.0).contains(&row.values[Quantity::Iou].unwrap()) && row.surfaces.unwrap() <= 4,
            "{row:?}"
        );
        assert!(row.values[Quantity::Psnr] > row.values[Quantity::PsnrStart], "{row:?}");
    }
    let runs = std::fs::read_dir(dir.path().join("runs")).unwrap().map(|run| run.unwrap().path());
    let shown: Vec<_> = runs.filter(|run| run.join("fit0.png").is_file()).collect();
    assert!(!shown.is_empty(), "no pictures");
    for (run, name) in shown.iter().flat_map(|run| {
        ["target0.png", "error0.png", "target0.ply", "fit0.ply", "fit2.png"].map(|name| (run, name))
    }) {
        assert!(run.join(name).is_file(), "{name} is not there");
    }
    let signals: Vec<SignalRow> = read_rows(&folder.join("signals.csv")).unwrap();
    assert_eq!(signals.iter().filter(|row| row.values[Quantity::Iou].is_some()).count(), 12);
    for (file, word) in [("index.html", "Chamfer"), ("table.md", "| IoU |"), ("table.txt", "Surfaces")] {
        assert!(std::fs::read_to_string(folder.join(file)).unwrap().contains(word), "{file}");
    }
    let printed = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(printed.contains("IoU"), "{printed}");
}

/// ShapeNetCore v2 in miniature: boxes.
fn write_shapenet(data: &Path) {
    let root = data.join("ShapeNetCore.v2");
    let mut list = String::from("id,synsetId,subSynsetId,modelId,split\n");
    for (i, split) in ["train", "train", "test"].iter().enumerate() {
        list += &format!("{i},02691156,02691156,model{i},{split}\n");
        let folder = root.join(format!("02691156/model{i}/models"));
        std::fs::create_dir_all(&folder).unwrap();
        let corner = |c: usize| [1, 2, 4].map(|bit| if c & bit == 0 { -1.0 } else { 1.0 });
        let line = |c: usize| {
            let [x, y, z] = corner(c);
            format!("v {x} {} {}\n", y * (0.4 + 0.3 * i as f64), z * 0.5)
        };
        let vertices: String = (0..8).map(line).collect();
        let faces = "f 1 3 4 2\nf 5 6 8 7\nf 1 2 6 5\nf 3 7 8 4\nf 1 5 7 3\nf 2 4 8 6\n";
        std::fs::write(folder.join("model_normalized.obj"), vertices + faces).unwrap();
    }
    std::fs::write(root.join("all.csv"), list).unwrap();
}

#[test]
fn table1_runs_on_shapenets_layout() {
    let dir = tempfile::tempdir().unwrap();
    write_shapenet(dir.path());
    let (data, out) = (dir.path().display().to_string(), dir.path().join("out").display().to_string());
    let mut args = vec!["run", "table1", "--profile", "smoke", "--datasets", "shapenet-sdf"];
    args.extend(["--data-root", &data, "--out", &out, "--set", "signal.resolution=8"]);
    args.extend(["--set", "network.width=8", "--set", "test.signals=2"]);
    let run = repro(&args);
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    let rows: Vec<Row> = read_rows(&dir.path().join("out/table1/measurements.csv")).unwrap();
    assert_eq!(rows.len(), 3);
    assert!(
        rows.iter().all(|row| row.err.is_none()
            && row.values[Quantity::Psnr].is_some()
            && row.values[Quantity::Iou].is_none()),
        "{rows:?}"
    );
}

#[test]
fn shapes_need_a_surface_section_and_networks_of_their_own() {
    let text = std::fs::read_to_string(Path::new(ROOT).join("experiments/shapenet3d.toml")).unwrap();
    let overrides = Overrides { profile: "smoke".into(), ..Overrides::default() };
    assert!(parse(&text, &overrides).is_ok());
    let without: String =
        text.lines().filter(|line| !line.contains("surface")).map(|l| format!("{l}\n")).collect();
    let without = without.replace("grid = 128\nsamples = 100_000\npoints = 30_000\n", "");
    let said = format!("{:#}", parse(&without, &overrides).unwrap_err());
    assert!(said.contains("[surface] is missing") && said.contains("analytic3d"), "{said}");
    let crossed = text.replace("seed = [42, 43, 44]", "seed = [42, 43, 44]\nfit_on = [\"photos\"]");
    let said = format!("{:#}", parse(&crossed, &overrides).unwrap_err());
    assert!(said.contains("cannot fit photos"), "{said}");
}
