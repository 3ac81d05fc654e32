//! What is merged from a file, a profile and the command line.

use repro::experiment::{Experiment, Overrides, names};
use repro::recipe::{load, parse};

use crate::texts::{cells, file, profile, refused, set, text};

#[test]
fn the_paper_profile_is_the_papers_protocol() {
    let experiment = load(&file(), &profile("paper")).unwrap();
    let e = experiment.settings;
    assert_eq!((e.network.width, e.network.sine_layers, e.network.w0), (256, 4, 200.0));
    assert_eq!((e.meta.inner_steps, e.meta.inner_lr, e.meta.outer_lr, e.meta.tasks), (2, 1e-2, 1e-5, 3));
    assert_eq!((e.meta.dense_steps, e.meta.round_steps, e.prune.fraction), (150_000, 30_000, 0.2));
    assert_eq!((e.signal.resolution, e.fit.lr, e.fit.steps), (178, 1e-4, 100));
    assert_eq!(experiment.axes.dataset, ["celeba", "imagenette", "sdf2d"]);
}

#[test]
fn every_experiment_reads_in_every_profile_and_shares_the_dense_training_of_the_table() {
    let folder = file().parent().unwrap().to_path_buf();
    let experiments = names(&folder).unwrap();
    assert!(experiments.len() >= 7, "{experiments:?}");
    for profile_name in ["smoke", "desk", "paper"] {
        let table = load(&file(), &profile(profile_name)).unwrap();
        for name in &experiments {
            let e = load(&folder.join(format!("{name}.toml")), &profile(profile_name)).unwrap();
            assert_eq!(&e.name, name);
            assert!(!cells(&e).is_empty() && !e.figures.is_empty(), "{name}");
            let settings = |e: &Experiment| {
                let s = &e.settings;
                (s.network, s.signal, s.meta.clone(), s.prune)
            };
            // Shapes in space have networks and signals of their own, accelerated trainings numbers of steps.
            if e.surface.is_none() && e.settings.accelerate.is_none() {
                assert_eq!(settings(&e), settings(&table), "{name} {profile_name}");
            }
        }
    }
}

#[test]
fn no_profile_changes_the_protocol() {
    let paper = load(&file(), &profile("paper")).unwrap();
    for name in ["desk", "smoke"] {
        let e = load(&file(), &profile(name)).unwrap();
        let (meta, papers) = (&e.settings.meta, &paper.settings);
        assert_eq!(meta.dense_steps, 5 * meta.round_steps, "{name}");
        assert_eq!((meta.inner_steps, meta.order, meta.tasks), (2, papers.meta.order, 3), "{name}");
        assert_eq!((e.settings.prune, e.settings.network.sine_layers), (papers.prune, 4), "{name}");
        assert_eq!(e.row, paper.row, "{name}");
    }
}

#[test]
fn set_replaces_a_key_and_keeps_its_type() {
    let e = parse(&text(), &set(&["meta.outer_lr=1e-3", "network.w0=30", "fit.optimiser=sgd"])).unwrap();
    assert_eq!((e.settings.meta.outer_lr, e.settings.network.w0), (1e-3, 30.0));
    let error = refused(&text(), &set(&["meta.outer_rl=1"]));
    assert!(error.contains("outer_rl") && error.contains("did you mean `outer_lr`"), "{error}");
    let error = refused(&text(), &set(&["network.width=wide"]));
    assert!(error.contains("expected a integer") && error.contains("width"), "{error}");
    let error = refused(&text(), &set(&["meta.outer_lr"]));
    assert!(error.contains("key=value"), "{error}");
}

#[test]
fn set_names_a_key_of_a_section() {
    for assignment in ["profile.smoke.fit.steps=3", "like=two-step", "=3", "meta.=3", ".meta=3"] {
        let error = refused(&text(), &set(&[assignment]));
        assert!(error.contains(assignment) && error.contains("a key of a section"), "{error}");
    }
    let error = refused(&text(), &set(&["row.method.x=3"]));
    assert!(error.contains("`row` has no keys below it (it is of type array)"), "{error}");
    let error = refused(&text(), &set(&["colour=red"]));
    assert!(error.contains("--set colour=red") && error.contains("unknown `colour`"), "{error}");
    let seeds = Overrides { seeds: Some(2), ..set(&["axes.seed=[]"]) };
    assert!(refused(&text(), &seeds).contains("seed is empty"));
}

#[test]
fn seeds_and_datasets_of_the_command_line_win() {
    let overrides = Overrides { datasets: Some(vec!["celeba".into()]), seeds: Some(5), ..profile("paper") };
    let e = parse(&text(), &overrides).unwrap();
    assert_eq!(e.axes.seed, [42, 43, 44, 45, 46]);
    assert_eq!(e.axes.dataset, ["celeba"]);
}

#[test]
fn a_missing_experiment_or_profile_is_answered_with_those_there_are() {
    let error = format!("{:#}", load(&file().with_file_name("tabel1.toml"), &profile("desk")).unwrap_err());
    assert!(error.contains("did you mean `table1`"), "{error}");
    let error = refused(&text(), &profile("huge"));
    assert!(error.contains("huge") && error.contains("desk"), "{error}");
}

#[test]
fn experiments_are_named_in_a_folder_that_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["b.toml", "a.toml", "notes.txt"] {
        std::fs::write(dir.path().join(name), "").unwrap();
    }
    assert_eq!(names(dir.path()).unwrap(), ["a", "b"]);
    let gone = format!("{:#}", names(&dir.path().join("gone")).unwrap_err());
    assert!(gone.contains("gone"), "{gone}");
    let error = format!("{:#}", load(&dir.path().join("gone/x.toml"), &profile("smoke")).unwrap_err());
    assert!(error.contains("no experiment") && error.contains("gone"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_files_name_that_is_not_utf8_is_said() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let named = |name: &[u8]| std::fs::write(dir.path().join(OsStr::from_bytes(name)), "").unwrap();
    named(b"notes\xff");
    assert_eq!(names(dir.path()).unwrap(), Vec::<String>::new());
    named(b"x\xff.toml");
    let error = format!("{:#}", names(dir.path()).unwrap_err());
    assert!(error.contains("not UTF-8") && error.contains("rename the file"), "{error}");
}
