//! Which stages a row's chain has.

use repro::recipe::{METHODS, Stage, load, parse, siren};

use crate::texts::{cells, file, one_row, profile, refused, text};

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

#[test]
fn every_method_makes_a_chain_that_ends_with_a_fit() {
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
        let factor = cell.view.render.expect("it is judged on finer signals");
        let expected = (format!("{}-x{factor}", cell.source()), 32 * factor);
        assert_eq!((cell.dataset.clone(), cell.resolution()), expected);
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
fn a_network_is_made_for_a_data_set_that_is_known() {
    let network = load(&file(), &profile("smoke")).unwrap().settings.network;
    let shape = |dataset: &str| siren(&network, dataset).map(|siren| (siren.d_in(), siren.d_out()));
    assert_eq!((shape("photos").unwrap(), shape("analytic3d").unwrap()), ((2, 3), (3, 1)));
    let error = shape("photoz").unwrap_err().to_string();
    assert!(error.contains("photoz") && error.contains("photos"), "{error}");
}
