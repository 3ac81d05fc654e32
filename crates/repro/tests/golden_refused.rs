//! A golden trajectory that is not whole, not of one network or not of its log's sizes is refused before anything is
//! computed, with the file and the key or leaf. The trajectory is small and made here; no program ever computed its
//! numbers, so that as it is, it is read whole and not met (exit code 4).

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use inr_core::file::{TensorFile, save};
use inr_core::{Key, Layout, Params, Siren};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};

/// Values and fits a trajectory of one dense step and two rounds of one step holds.
const COUNTS: &[(&str, usize)] = &[
    ("losses (relative)", 30),
    ("meta-gradient of step 0 (per leaf)", 6),
    ("parameters after a phase (per leaf)", 18),
    ("survivors (count)", 2),
    ("masks (entries)", 5),
    ("PSNR at a fit's start (dB)", 6),
    ("PSNR at any step (dB)", 21),
    ("PSNR after the last step (dB)", 6),
    ("PSNR at the start, replayed network (dB)", 6),
    ("PSNR at any step, replayed network (dB)", 21),
    ("PSNR after the last, replayed network (dB)", 6),
];

fn siren(width: usize) -> Siren {
    Siren::new(2, width, 2, 3, 20.0)
}

/// A network of a width; in a round with masks that keep all but the first weight of a matrix.
fn network(width: usize, name: &str) -> Params<f64> {
    let params: Params<f64> = siren(width).init(&Key::root(1).derive(name));
    if !name.starts_with("round") {
        return params;
    }
    let sizes = params.layout().weight_leaves().map(|leaf| leaf.len() as u32).collect::<Vec<_>>();
    let kept = sizes.into_iter().map(|size| (1..size).collect()).collect();
    params.narrowed(Arc::new(Layout::sparse(siren(width), kept)))
}

fn write_network(dir: &Path, name: &str, params: &Params<f64>) {
    save(&dir.join(format!("{name}.safetensors")), params, None, &[]).unwrap();
}

fn write_signals(dir: &Path, shape: [usize; 3], names: &[&str]) {
    let bytes = 0.25f64.to_le_bytes().repeat(shape.iter().product());
    let view = || TensorView::new(Dtype::F64, shape.to_vec(), &bytes).unwrap();
    let views = names.iter().map(|name| (*name, view()));
    std::fs::write(dir.join("signals.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();
}

fn log() -> Value {
    let phases = ["dense", "round1", "round2"];
    let steps = phases.iter().enumerate().map(
        |(i, phase)| json!({"phase": phase, "step": i, "outer_loss": 0.1, "task_losses": vec![[0.1; 3]; 3]}),
    );
    let fits = phases.iter().flat_map(|phase| {
        [("adam", 4), ("sgd2", 3)].map(|(optimiser, values)| {
            json!({"at": phase, "signal": 0, "optimiser": optimiser, "psnr_db_by_step": vec![7.0; values]})
        })
    });
    json!({
        "config": {"dtype": "f64", "width": 4, "res": 5, "w0": 20.0, "seed": 0, "outer": 1, "retrain": 1, "rounds": 2,
                   "beta": 1e-4, "alpha": 0.01, "fit": 3, "tests": 1, "fit_last_only": false, "no_pth": true},
        "train_files": ["a.png", "b.png"], "test_files": ["c.png"],
        "steps": steps.collect::<Vec<_>>(),
        "prune": [{"round": 1, "kept": [5, 14, 11]}, {"round": 2, "kept": [4, 12, 9]}],
        "fits": fits.collect::<Vec<_>>(),
    })
}

struct Trajectory(tempfile::TempDir);

impl Trajectory {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["init", "meta_grad_step0", "dense", "round1", "round2"] {
            write_network(dir.path(), name, &network(4, name));
        }
        write_signals(dir.path(), [3, 5, 5], &["train.0", "train.1", "test.0"]);
        let trajectory = Self(dir);
        trajectory.write_log(&log());
        trajectory
    }

    fn dir(&self) -> &Path {
        self.0.path()
    }

    fn write_log(&self, log: &Value) {
        std::fs::write(self.dir().join("log.json"), log.to_string()).unwrap();
    }

    fn golden(&self, more: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_repro"))
            .arg("golden")
            .arg(self.dir())
            .args(more)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    fn is_refused(&self, words: &[&str]) {
        let (code, _, error) = self.golden(&[]);
        assert_eq!(code, Some(1), "{words:?}: {error}");
        assert!(words.iter().all(|word| error.contains(word)), "{words:?}: {error}");
    }
}

/// The log with a value at a JSON pointer replaced, refused with these words.
fn log_is_refused(pointer: &str, value: Value, words: &[&str]) {
    let trajectory = Trajectory::new();
    let mut log = log();
    *log.pointer_mut(pointer).unwrap() = value;
    trajectory.write_log(&log);
    trajectory.is_refused(&[&["log.json"], words].concat());
}

#[test]
fn all_that_a_trajectory_holds_is_compared_and_counted() {
    let (code, text, _) = Trajectory::new().golden(&[]);
    assert_eq!(code, Some(4), "{text}");
    assert!(
        text.contains("holds 3 outer steps, 2 prunings, 6 fits and the networks after dense, round1, round2")
    );
    let (_, json, _) = Trajectory::new().golden(&["--json"]);
    let deviations: Vec<Value> = serde_json::from_str(&json).unwrap();
    let counts = deviations
        .iter()
        .map(|d| (d["quantity"].as_str().unwrap(), d["compared"].as_u64().unwrap() as usize));
    assert_eq!(counts.collect::<Vec<_>>(), COUNTS);
    assert!(deviations.iter().any(|d| d["verdict"] == "EXCEEDED"));
}

#[test]
fn a_trajectory_of_its_ends_says_what_it_does_not_hold() {
    let trajectory = Trajectory::new();
    std::fs::remove_file(trajectory.dir().join("round1.safetensors")).unwrap();
    let mut log = log();
    log["config"]["fit_last_only"] = true.into();
    log["fits"].as_array_mut().unwrap().retain(|fit| fit["at"] != "round1");
    trajectory.write_log(&log);
    let (code, text, error) = trajectory.golden(&[]);
    assert_eq!(code, Some(4), "{error}");
    assert!(
        text.contains("after dense, round2; no networks, of which nothing is compared, after round1"),
        "{text}"
    );
    std::fs::remove_file(trajectory.dir().join("round2.safetensors")).unwrap();
    trajectory.is_refused(&["round2.safetensors"]);
}

#[test]
fn the_words_of_a_precision_are_read_and_others_refused() {
    for (word, precision) in [
        ("f32", "f32"),
        ("float32", "f32"),
        ("torch.float32", "f32"),
        ("float64", "f64"),
        ("torch.float64", "f64"),
    ] {
        let trajectory = Trajectory::new();
        let mut log = log();
        log["config"]["dtype"] = word.into();
        trajectory.write_log(&log);
        let (code, text, _) = trajectory.golden(&[]);
        assert_eq!(code, Some(4), "{text}");
        assert!(text.contains(&format!("({precision}) on native in {precision}")), "{text}");
        assert_eq!(text.contains("1.0e-9"), precision == "f64", "{text}");
    }
    for word in ["f16", "bf16", "torch.bfloat16", "double", "float", "F64", "float46", ""] {
        log_is_refused("/config/dtype", word.into(), &["config.dtype", "expected f32 or f64"]);
    }
}

#[test]
fn a_log_that_holds_less_or_other_than_its_config_says_is_refused() {
    log_is_refused("/steps", json!([]), &["steps: 0; expected 3"]);
    log_is_refused("/fits", json!([]), &["fits: 0; expected 6"]);
    log_is_refused("/prune", json!([]), &["prune: 0 prunings; expected 2"]);
    log_is_refused("/prune/1/round", 1.into(), &["prune[1].round: 1; expected 2"]);
    log_is_refused("/prune/1/kept", json!([4, 12]), &["prune[1].kept: 2 counts"]);
    log_is_refused("/steps/1/phase", "round2".into(), &["steps[1]", "expected \"round1\""]);
    log_is_refused("/steps/2/step", 1.into(), &["steps[2]", "step 1"]);
    log_is_refused("/steps/0/task_losses", json!([[0.1, 0.1, 0.1]]), &["steps[0].task_losses"]);
    log_is_refused("/steps/0/task_losses/2", json!([0.1]), &["steps[0].task_losses"]);
    log_is_refused("/steps/0/outer_loss", Value::Null, &["not a golden log"]);
    for phase in ["final", "init", "round3", "Dense", ""] {
        log_is_refused("/fits/4/at", phase.into(), &["fits[4].at", "expected one of dense, round1, round2"]);
    }
    log_is_refused("/fits/0/optimiser", "adamw".into(), &["fits[0].optimiser", "adamw", "adam or sgd2"]);
    log_is_refused("/fits/0/signal", 1.into(), &["fits[0].signal: 1"]);
    log_is_refused("/fits/1/optimiser", "adam".into(), &["fits[1].psnr_db_by_step"]);
    log_is_refused("/fits/2", log()["fits"][0].clone(), &["fits[2]", "logged twice"]);
    log_is_refused("/fits/0/psnr_db_by_step", json!([7.0]), &["fits[0].psnr_db_by_step: 1 values"]);
    log_is_refused("/test_files", json!([]), &["test_files: 0; expected 1"]);
    log_is_refused("/config/fit", 0.into(), &["fits[0].psnr_db_by_step"]);
    log_is_refused("/config/fit_last_only", true.into(), &["fits[2].at", "dense, round2"]);
}

#[test]
fn what_would_not_be_looked_at_is_refused() {
    for (pointer, key) in [("", "criterion"), ("/config", "order"), ("/fits/0", "lr"), ("/steps/0", "masks")]
    {
        let trajectory = Trajectory::new();
        let mut log = log();
        log.pointer_mut(pointer).unwrap()[key] = "random".into();
        trajectory.write_log(&log);
        trajectory.is_refused(&["log.json", &format!("unknown field `{key}`")]);
    }
    let trajectory = Trajectory::new();
    let mut log = log();
    log["layout"] = "first coordinate = column".into();
    trajectory.write_log(&log);
    trajectory.is_refused(&["log.json", "layout", "first coordinate = column"]);
    let trajectory = Trajectory::new();
    write_network(trajectory.dir(), "round3", &network(4, "round3"));
    trajectory.is_refused(&["round3.safetensors", "belongs to no phase"]);
    let trajectory = Trajectory::new();
    std::fs::remove_file(trajectory.dir().join("round1.safetensors")).unwrap();
    trajectory.is_refused(&["round1.safetensors"]);
}

#[test]
fn sizes_of_a_config_are_those_of_the_tensors_before_anything_is_allocated() {
    for (key, file, value) in [
        ("width", "init.safetensors", json!(1_000_000)),
        ("width", "init.safetensors", json!(0)),
        ("res", "signals.safetensors", json!(1u64 << 63)),
        ("res", "signals.safetensors", json!(200_000)),
        ("res", "signals.safetensors", json!(0)),
        ("rounds", "log.json", json!(u64::MAX)),
        ("outer", "log.json", json!(u64::MAX)),
        ("retrain", "log.json", json!(u64::MAX)),
        ("fit", "log.json", json!(u64::MAX)),
        ("tests", "log.json", json!(u64::MAX)),
        ("w0", "log.json", json!(0.0)),
        ("alpha", "log.json", json!(-0.01)),
        ("beta", "log.json", json!(0)),
        ("width", "log.json", json!(4.5)),
    ] {
        let trajectory = Trajectory::new();
        let mut log = log();
        log["config"][key] = value;
        trajectory.write_log(&log);
        trajectory.is_refused(&[file]);
    }
    let trajectory = Trajectory::new();
    write_signals(trajectory.dir(), [3, 5, 6], &["train.0", "train.1", "test.0"]);
    trajectory.is_refused(&["signals.safetensors", "train.0", "[3, 5, 6]", "[3, 5, 5]"]);
    for names in [&["train.0", "test.0"][..], &["train.0", "train.2", "test.0"], &["train.0", "train.1"]] {
        let trajectory = Trajectory::new();
        write_signals(trajectory.dir(), [3, 5, 5], names);
        trajectory.is_refused(&["signals.safetensors"]);
    }
}

#[test]
fn networks_of_another_shape_are_refused_with_file_leaf_and_both_shapes() {
    for name in ["init", "meta_grad_step0", "dense", "round2"] {
        let trajectory = Trajectory::new();
        write_network(trajectory.dir(), name, &network(6, name));
        trajectory.is_refused(&[
            &format!("{name}.safetensors"),
            "layers.0.linear.weight",
            "[6, 2]",
            "[4, 2]",
        ]);
    }
    let deeper: Params<f64> = Siren::new(2, 4, 3, 3, 20.0).init(&Key::root(1));
    for name in ["meta_grad_step0", "dense"] {
        let trajectory = Trajectory::new();
        write_network(trajectory.dir(), name, &deeper);
        trajectory.is_refused(&[
            &format!("{name}.safetensors"),
            "layers.2.linear.weight",
            "[4, 4]",
            "[3, 4]",
        ]);
    }
    let solid: Params<f64> = Siren::new(3, 4, 2, 1, 20.0).init(&Key::root(1));
    let trajectory = Trajectory::new();
    write_network(trajectory.dir(), "init", &solid);
    trajectory.is_refused(&["init.safetensors", "layers.0.linear.weight", "[4, 3]", "[4, 2]"]);
}

#[test]
fn masks_are_where_a_round_leaves_them_and_the_frequency_is_the_logs() {
    let trajectory = Trajectory::new();
    write_network(trajectory.dir(), "round1", &network(4, "dense"));
    trajectory.is_refused(&["round1.safetensors", "weight_mask"]);
    for name in ["init", "dense", "meta_grad_step0"] {
        let trajectory = Trajectory::new();
        write_network(trajectory.dir(), name, &network(4, "round1"));
        trajectory.is_refused(&[&format!("{name}.safetensors"), "has masks"]);
    }
    let trajectory = Trajectory::new();
    let path = trajectory.dir().join("dense.safetensors");
    save(&path, &network(4, "dense"), None, &[("w0", "30".into())]).unwrap();
    assert_eq!(TensorFile::read(&path).unwrap().w0().unwrap(), Some(30.0));
    trajectory.is_refused(&["dense.safetensors", "w0 is 30", "config.w0 is 20"]);
}

#[test]
fn a_replay_that_leaves_the_finite_numbers_and_a_tolerance_that_is_none_are_errors() {
    let trajectory = Trajectory::new();
    let mut log = log();
    log["config"]["alpha"] = json!(1e300);
    trajectory.write_log(&log);
    trajectory.is_refused(&["replay diverged at step 0"]);
    let (code, _, error) = Trajectory::new().golden(&["--tol-losses", "nan"]);
    assert_eq!(code, Some(1), "{error}");
}
