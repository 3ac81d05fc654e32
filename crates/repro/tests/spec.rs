//! Experiment files: what is merged, and what is refused with which words.

use std::path::{Path, PathBuf};

use repro::experiment::{Experiment, Overrides};
use repro::recipe::{METHODS, Stage, cells, load, parse};

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/table1.toml")
}

fn profile(name: &str) -> Overrides {
    Overrides { profile: name.into(), ..Overrides::default() }
}

fn set(assignments: &[&str]) -> Overrides {
    Overrides { set: assignments.iter().map(|s| s.to_string()).collect(), ..profile("smoke") }
}

fn text() -> String {
    std::fs::read_to_string(file()).unwrap()
}

/// The error of a changed file or command line, with its whole chain.
fn refused(text: &str, overrides: &Overrides) -> String {
    format!("{:#}", parse(text, overrides).expect_err("must be refused"))
}

#[test]
fn the_paper_profile_is_the_papers_protocol() {
    let e = load(&file(), &profile("paper")).unwrap();
    assert_eq!((e.network.width, e.network.sine_layers, e.network.w0), (256, 4, 200.0));
    assert_eq!((e.meta.inner_steps, e.meta.inner_lr, e.meta.outer_lr, e.meta.tasks), (2, 1e-2, 1e-5, 3));
    assert_eq!((e.meta.dense_steps, e.meta.round_steps, e.prune.fraction), (150_000, 30_000, 0.2));
    assert_eq!((e.signal.resolution, e.fit.lr, e.fit.steps), (178, 1e-4, 100));
    assert_eq!(e.axes.dataset, ["celeba", "imagenette", "sdf2d"]);
}

#[test]
fn every_experiment_reads_in_every_profile_and_shares_the_dense_training_of_the_table() {
    let folder = file().parent().unwrap().to_path_buf();
    let names = repro::experiment::names(&folder);
    assert!(names.len() >= 7, "{names:?}");
    for profile_name in ["smoke", "desk", "paper"] {
        let table = load(&file(), &profile(profile_name)).unwrap();
        for name in &names {
            let e = load(&folder.join(format!("{name}.toml")), &profile(profile_name)).unwrap();
            assert_eq!(&e.name, name);
            assert!(!cells(&e).is_empty() && !e.figures.is_empty(), "{name}");
            let settings = |e: &Experiment| (e.network, e.signal, e.meta.clone(), e.prune);
            // Shapes in space have networks and signals of their own, accelerated trainings numbers of steps.
            if e.surface.is_none() && e.accelerate.is_none() {
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
        assert_eq!(e.meta.dense_steps, 5 * e.meta.round_steps, "{name}");
        assert_eq!((e.meta.inner_steps, e.meta.order, e.meta.tasks), (2, paper.meta.order, 3), "{name}");
        assert_eq!(
            (e.prune, e.row.clone(), e.network.sine_layers),
            (paper.prune, paper.row.clone(), 4),
            "{name}"
        );
    }
}

#[test]
fn the_papers_widths_and_rounds_come_out_of_the_recipe() {
    let e = load(&file(), &profile("paper")).unwrap();
    for cell in cells(&e) {
        let width = cell.network().unwrap().width;
        let expected = match (cell.method, cell.dataset.as_str()) {
            ("dense-narrow", "celeba") => 76,
            ("dense-narrow", "imagenette") => 68,
            ("dense-narrow", "sdf2d") => 94,
            _ => 256,
        };
        assert_eq!(width, expected, "{}", cell.name());
        let rounds = cell.stages.iter().filter(|s| matches!(s, Stage::Round(_))).count();
        assert_eq!(rounds, if cell.method == "dense-narrow" { 0 } else { cell.round });
    }
}

/// An experiment of one line on one data set, of all methods' demands.
fn one_row(row: &str) -> String {
    let text = text();
    let (head, rest) = text.split_at(text.find("# Round k has").unwrap());
    let tail = &rest[rest.find("# The set of the paper").unwrap()..];
    format!("{head}\n{row}\n[fit_pruning]\nrounds = \"described\"\n{tail}")
}

#[test]
fn every_method_makes_a_chain_that_leads_to_a_fit() {
    for method in METHODS.iter().filter(|method| !method.is_interpolation()) {
        let schedule = match method.is_scheduled() {
            true => "schedule = { criterion = \"magnitude\", path = \"cubic\", carry = \"everything\" }",
            false => "",
        };
        let row = format!("[[row]]\nmethod = \"{}\"\nrounds = [3]\n{schedule}\n", method.name);
        let e = parse(&one_row(&row), &profile("smoke")).unwrap();
        for cell in cells(&e) {
            assert!(cell.fit().is_some(), "{}", method.name);
            assert!(matches!(cell.stages[0], Stage::Dense(_)), "{}", method.name);
            assert_eq!(cell.fit().unwrap().prunings.is_empty(), !method.prunes_fits(), "{}", method.name);
        }
    }
}

/// The stages of one line of `photos`.
fn stages(row: &str, profile_name: &str, changed: impl Fn(String) -> String) -> Vec<Stage> {
    let e = parse(&changed(one_row(row)), &profile(profile_name)).unwrap();
    cells(&e).remove(0).stages
}

#[test]
fn a_method_that_prunes_while_it_fits_keeps_the_ladders_counts() {
    let of = |method: &str, rounds: &str| {
        let row = format!("[[row]]\nmethod = \"{method}\"\nrounds = [14]\n");
        let stages = stages(&row, "paper", |text| text.replace("\"described\"", rounds));
        let fit = stages.iter().find_map(|stage| if let Stage::Fit(fit) = stage { Some(fit) } else { None });
        let fit = fit.expect("a fit is among the stages");
        fit.prunings.iter().map(|p| (p.after_step, p.keep)).collect::<Vec<_>>()
    };
    assert_eq!(of("maml-oneshot", "\"described\""), [(50, 8_704)]);
    assert_eq!(of("maml-oneshot", "\"released\""), [(50, 10_880)], "the released code is one round behind");
    let imp = of("maml-imp", "\"described\"");
    assert_eq!((imp.len(), imp[0], imp[13]), (14, (6, 158_311), (93, 8_704)));
    assert_eq!(of("maml-imp", "\"released\"").len(), 13);
}

#[test]
fn schedules_take_as_many_outer_steps_and_end_with_as_many_weights() {
    let row = |schedule: &str| {
        format!("[[row]]\nname = \"x\"\nmethod = \"scheduled\"\nrounds = [14]\nschedule = {{ {schedule} }}\n")
    };
    let rounds = |schedule: &str| {
        let stages = stages(&row(schedule), "desk", |text| text);
        let round = |stage: Stage| if let Stage::Round(round) = stage { Some(round) } else { None };
        stages.into_iter().filter_map(round).collect::<Vec<_>>()
    };
    let geometric = |fraction: &str| {
        rounds(&format!(
            "criterion = \"magnitude\", path = \"geometric\", fraction = {fraction}, carry = \"everything\""
        ))
    };
    let counts = ["0.1", "0.36", "0.5", "1.0"].map(|fraction| {
        let rounds = geometric(fraction);
        assert_eq!(rounds.iter().map(|r| r.train.steps).sum::<u64>(), 14 * 300, "{fraction}");
        // The last pruning ends at the ladder's count, by the fraction if that gives it.
        assert!(matches!(rounds.last().unwrap().keep, None | Some(556)), "{fraction}");
        rounds.len()
    });
    assert_eq!(counts, [30, 7, 5, 1]);
    let cubic = rounds("criterion = \"layer-magnitude\", path = \"cubic\", carry = \"nothing\"");
    assert_eq!((cubic.len(), cubic[13].keep), (14, Some(556)));
    // The paper's own schedule is the paper's own stages: they share their runs.
    let paper = stages("[[row]]\nmethod = \"meta-sparse-inr\"\nrounds = [14]\n", "desk", |text| text);
    let paper: Vec<_> = paper.into_iter().filter(|stage| matches!(stage, Stage::Round(_))).collect();
    assert_eq!(geometric("0.2").into_iter().map(Stage::Round).collect::<Vec<_>>(), paper);
}

#[test]
fn data_sets_are_crossed_where_the_file_says_so() {
    let crossed =
        text().replace("seed = [42, 43, 44]", "seed = [42]\nfit_on = [\"photos\", \"silhouettes\"]");
    let e = parse(&crossed, &profile("smoke")).unwrap();
    let names: Vec<String> = cells(&e).iter().map(|cell| cell.name()).collect();
    assert!(names.contains(&"photos-to-silhouettes/meta-sparse-inr/k14/seed42".to_string()), "{names:?}");
    for cell in cells(&e) {
        let Stage::Dense(dense) = &cell.stages[0] else { panic!("a chain begins with a network") };
        assert_eq!(cell.trained_on.as_ref(), Some(&dense.dataset));
        assert_eq!(cell.fit().unwrap().dataset, cell.dataset);
    }
}

#[test]
fn superresolution_fits_small_and_judges_large() {
    let e = load(&file().with_file_name("superresolution.toml"), &profile("desk")).unwrap();
    let (mut rendered, mut enlarged) = (0, 0);
    for cell in cells(&e) {
        let view =
            cell.stages.iter().find_map(|s| if let Stage::Judge(view) = s { Some(view) } else { None });
        let factor = view.and_then(|view| view.render).expect("it is judged on finer signals");
        assert_eq!(
            (cell.dataset.clone(), cell.resolution()),
            (format!("{}-x{factor}", cell.source()), 32 * factor)
        );
        match (cell.fit(), &cell.stages[0]) {
            (Some(fit), _) => {
                rendered += 1;
                assert_eq!(fit.resolution, 32);
            }
            (None, Stage::Upscale(upscale)) => {
                enlarged += 1;
                assert_eq!((upscale.factor, upscale.resolution), (factor, 32));
            }
            _ => panic!("{}", cell.name()),
        }
    }
    assert!(rendered > 0 && enlarged > 0);
    let bicubic = "[[row]]\nmethod = \"bicubic\"\nrounds = [0]\n";
    let error = refused(&one_row(bicubic), &profile("smoke"));
    assert!(error.contains("[superresolution]"), "{error}");
}

#[test]
fn schedules_and_figures_that_cannot_be_are_refused() {
    let refuse = |row: &str| refused(&one_row(row), &profile("smoke"));
    let scheduled = |schedule: &str| {
        refuse(&format!("[[row]]\nmethod = \"scheduled\"\nrounds = [3]\nschedule = {{ {schedule} }}\n"))
    };
    let error = scheduled("criterion = \"magnitud\", path = \"cubic\", carry = \"nothing\"");
    assert!(error.contains("did you mean `magnitude`"), "{error}");
    let error = scheduled("criterion = \"saliency\", path = \"cubic\", carry = \"nothing\"");
    assert!(error.contains("batches"), "{error}");
    let error = scheduled("criterion = \"random\", path = \"geometric\", carry = \"nothing\"");
    assert!(error.contains("fraction"), "{error}");
    let error = refuse("[[row]]\nmethod = \"scheduled\"\nrounds = [3]\n");
    assert!(error.contains("needs a schedule"), "{error}");
    let error = refused(&text().replace("\"dots\"", "\"dot\""), &profile("smoke"));
    assert!(error.contains("did you mean `dots`"), "{error}");
    let imp = "[[row]]\nmethod = \"maml-imp\"\nrounds = [3]\n";
    let error =
        refused(&one_row(imp).replace("[fit_pruning]\nrounds = \"described\"", ""), &profile("smoke"));
    assert!(error.contains("[fit_pruning]"), "{error}");
}

#[test]
fn set_replaces_a_key_and_keeps_its_type() {
    let e = parse(&text(), &set(&["meta.outer_lr=1e-3", "network.w0=30", "fit.optimiser=sgd"])).unwrap();
    assert_eq!((e.meta.outer_lr, e.network.w0), (1e-3, 30.0));
    let error = refused(&text(), &set(&["meta.outer_rl=1"]));
    assert!(error.contains("outer_rl") && error.contains("did you mean `outer_lr`"), "{error}");
    let error = refused(&text(), &set(&["network.width=wide"]));
    assert!(error.contains("expected a integer") && error.contains("width"), "{error}");
    let error = refused(&text(), &set(&["meta.outer_lr"]));
    assert!(error.contains("key=value"), "{error}");
}

#[test]
fn seeds_and_datasets_of_the_command_line_win() {
    let overrides = Overrides { datasets: Some(vec!["celeba".into()]), seeds: Some(5), ..profile("paper") };
    let e = parse(&text(), &overrides).unwrap();
    assert_eq!(e.axes.seed, [42, 43, 44, 45, 46]);
    assert_eq!(e.axes.dataset, ["celeba"]);
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_known_one() {
    let error = refused(&text().replace("inner_steps = 2", "inner_step = 2"), &profile("smoke"));
    assert!(error.contains("inner_step`") && error.contains("did you mean `inner_steps`"), "{error}");
    let error = refused(&text().replace("[prune]", "[prunes]"), &profile("smoke"));
    assert!(error.contains("prune"), "{error}");
    let error = refused(&(text() + "\n[profile.smoke.fits]\nsteps = 3\n"), &profile("desk"));
    assert!(error.contains("profile.smoke") && error.contains("did you mean `fit`"), "{error}");
}

#[test]
fn wrong_types_and_values_name_their_place() {
    for (from, to, words) in [
        ("width = 256", "width = \"wide\"", vec!["[network]", "width"]),
        ("width = 256", "width = 0", vec!["[network]", "positive"]),
        ("order = \"second\"", "order = \"third\"", vec!["third", "second"]),
        ("fraction = 0.2", "fraction = 1.5", vec!["[prune]", "between 0 and 1"]),
        ("seed = [42, 43, 44]", "seed = []", vec!["seed is empty"]),
        ("seed = [42, 43, 44]", "seed = [42, 42]", vec!["42 is named twice"]),
        ("\"photos\", \"silhouettes\"]\nseed", "\"photoz\"]\nseed", vec!["photoz", "did you mean `photos`"]),
        (
            "method = \"random-pruning\"\nrounds",
            "method = \"random\"\nrounds",
            vec!["random", "random-pruning"],
        ),
    ] {
        let changed = text().replace(from, to);
        assert_ne!(changed, text(), "{from} is not in the file");
        // The smoke profile replaces some values; desk keeps the axes.
        let error = refused(&changed, &profile("desk"));
        for word in words {
            assert!(error.contains(word), "{to}: {error}");
        }
    }
    let error = refused("width = = 3", &profile("smoke"));
    assert!(error.contains("not TOML"), "{error}");
}

#[test]
fn a_missing_experiment_or_profile_is_answered_with_those_there_are() {
    let error = format!("{:#}", load(&file().with_file_name("tabel1.toml"), &profile("desk")).unwrap_err());
    assert!(error.contains("did you mean `table1`"), "{error}");
    let error = refused(&text(), &profile("huge"));
    assert!(error.contains("huge") && error.contains("desk"), "{error}");
}

#[test]
fn a_rows_own_settings_are_its_alone() {
    let row = |set: &str| {
        format!(
            "[[row]]\nmethod = \"meta-sparse-inr\"\nrounds = [2]\n{set}\n[[row]]\nmethod = \"dense\"\nrounds = [0]\n"
        )
    };
    let set = "name = \"wide\"\nset = { network = { width = 20 }, meta = { round_steps = 3 }, fit = { steps = 7 } }";
    let e = parse(&one_row(&row(set)), &profile("smoke")).unwrap();
    let cells = cells(&e);
    let [wide, dense] = &cells[..2] else { panic!("two lines") };
    assert_eq!((wide.line.as_str(), wide.dense.width, dense.dense.width), ("wide", 20, 16));
    let Stage::Round(round) = &wide.stages[1] else { panic!("a round follows") };
    assert_eq!((round.train.steps, round.train.network.width), (3, 20));
    assert_eq!((wide.fit().unwrap().fit.steps, dense.fit().unwrap().fit.steps), (7, 20));
    for (set, words) in [
        ("set = { network = { widht = 20 } }", ["meta-sparse-inr: set", "did you mean `width`"]),
        ("set = { axes = { seed = [1] } }", ["meta-sparse-inr: set", "axes"]),
        ("set = { meta = { tasks = 0 } }", ["meta-sparse-inr: set", "tasks"]),
    ] {
        let error = refused(&one_row(&row(set)), &profile("smoke"));
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
}

#[test]
fn an_accelerated_chain_differs_in_its_first_and_last_stage_and_shares_what_lies_between() {
    let folder = file().parent().unwrap().to_path_buf();
    let e = load(&folder.join("accelerated.toml"), &profile("smoke")).unwrap();
    let trainings = |method: &str| -> Vec<_> {
        let cell = cells(&e).into_iter().find(|cell| cell.method == method).unwrap();
        let train = |stage| match stage {
            Stage::Dense(train) => Some(train),
            Stage::Round(round) => Some(round.train),
            _ => None,
        };
        cell.stages.into_iter().filter_map(train).collect()
    };
    let (sparse, narrow) = (trainings("meta-sparse-inr"), trainings("dense-narrow"));
    assert_eq!(sparse.iter().map(|t| t.resolution).collect::<Vec<_>>(), [&[8][..], &[16; 14]].concat());
    let steps: Vec<u64> = sparse.iter().map(|t| t.steps).collect();
    assert_eq!((steps[0], steps[1], steps[13], steps[14]), (20, 4, 4, 40));
    for (i, train) in sparse.iter().enumerate() {
        let accelerated = train.accelerated.as_ref().unwrap();
        assert_eq!((accelerated.coordinates, accelerated.warm_up), (if i == 14 { 128 } else { 64 }, 10));
        assert_eq!(accelerated.reptile.map(|r| (r.steps, r.rate)), (i == 14).then_some((5, 0.3)));
        assert_eq!(
            (accelerated.decay_steps, accelerated.probe.is_some()),
            if i == 14 { (40, true) } else { (0, false) }
        );
    }
    let only = narrow[0].accelerated.as_ref().unwrap();
    assert_eq!((narrow.len(), narrow[0].resolution, only.decay_steps), (1, 16, 40));
    assert_eq!(only.coordinates, 128);
    let text = std::fs::read_to_string(folder.join("accelerated.toml")).unwrap();
    let error = refused(&text.replace("rate = 0.3", "rate = 1.5"), &profile("paper"));
    assert!(error.contains("last_reptile") && error.contains("(0, 1]"), "{error}");
    // What the paper's experiments ask for is hashed as it was before there were departures from it.
    let Stage::Dense(dense) = &stages("[[row]]\nmethod = \"dense\"\nrounds = [0]\n", "smoke", |text| text)[0]
    else {
        panic!("a dense stage comes first")
    };
    assert!(!serde_json::to_string(dense).unwrap().contains("accelerated"));
}

#[test]
fn numbers_that_are_no_numbers_or_beyond_memory_are_refused_with_their_key() {
    for (assignment, key) in [
        ("network.w0=inf", "w0"),
        ("network.w0=nan", "w0"),
        ("network.w0=-1", "w0"),
        ("meta.outer_lr=nan", "outer_lr"),
        ("meta.inner_lr=inf", "inner_lr"),
        ("meta.inner_lr=nan", "inner_lr"),
        ("prune.fraction=nan", "fraction"),
        ("fit.lr=inf", "lr"),
        ("fit.lr=1e-300", "lr"),
        ("fit.steps=4294967296", "steps"),
        ("network.width=1000000", "width"),
        ("network.sine_layers=4294967296", "sine_layers"),
        ("signal.resolution=1000000", "resolution"),
        ("meta.tasks=-1", "tasks"),
        ("meta.dense_steps=9223372036854775807", "dense_steps"),
        ("test.signals=9223372036854775807", "signals"),
    ] {
        let error = refused(&text(), &set(&[assignment]));
        assert!(error.contains(key), "{assignment}: {error}");
    }
    let row = |rounds: &str| format!("[[row]]\nmethod = \"meta-sparse-inr\"\nrounds = [{rounds}]\n");
    for rounds in
        ["4294967296", "9223372036854775807", "10000, 9999, 9998, 9997, 9996, 9995, 9994, 9993, 9992"]
    {
        let error = refused(&one_row(&row(rounds)), &profile("smoke"));
        assert!(error.contains("rounds") && error.contains("0000"), "{rounds}: {error}");
    }
    let huge = Overrides { seeds: Some(usize::MAX), ..profile("smoke") };
    assert!(refused(&text(), &huge).contains("--seeds"));
    assert!(refused(&text(), &Overrides { seeds: Some(0), ..profile("smoke") }).contains("--seeds 0"));
}

#[test]
fn a_name_is_a_folder_of_its_own_and_nothing_else() {
    for name in [
        "../../x",
        "/tmp/x",
        "",
        ".",
        "..",
        "runs",
        "cache",
        "all",
        "a/b",
        "A",
        "a b",
        "caf\u{e9}",
        "-x",
        "a.b",
    ] {
        let error =
            refused(&text().replace("name = \"table1\"", &format!("name = \"{name}\"")), &profile("smoke"));
        assert!(error.contains("name = "), "{name}: {error}");
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.toml");
    for (like, words) in
        [("../table1", "like = "), ("/etc/table1", "like = "), ("two-step", "itself like another")]
    {
        std::fs::copy(file().with_file_name("two-step.toml"), dir.path().join("two-step.toml")).unwrap();
        std::fs::write(&path, format!("like = \"{like}\"\nname = \"x\"\n")).unwrap();
        let error = format!("{:#}", load(&path, &profile("smoke")).unwrap_err());
        assert!(error.contains(words), "{like}: {error}");
    }
}

#[test]
fn axes_that_would_be_left_out_without_a_word_are_refused() {
    let overrides = Overrides { datasets: Some(vec!["photos".into()]), ..profile("smoke") };
    let row = "[[row]]\nmethod = \"dense\"\nrounds = [0]\ndatasets = [\"celeba\"]\n";
    assert!(refused(&one_row(row), &overrides).contains("no [[row]] is asked on photos"));
    let empty = "[[row]]\nmethod = \"dense\"\nrounds = [0]\ndatasets = []\n";
    assert!(refused(&one_row(empty), &profile("smoke")).contains("datasets is empty"));
    let slow = "[[row]]\nmethod = \"scheduled\"\nrounds = [3]\nschedule = { criterion = \"magnitude\", path = \"geometric\", fraction = 1e-9, carry = \"everything\" }\n";
    assert!(refused(&one_row(slow), &profile("smoke")).contains("removes none"));
}
