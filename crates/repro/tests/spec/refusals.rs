//! What is refused, and with which words.

use repro::experiment::Overrides;
use repro::recipe::load;

use crate::texts::{changed, file, one_row, profile, refused, set, text};

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
        // The smoke profile replaces some values; desk keeps the axes.
        let error = refused(&changed(&text(), from, to), &profile("desk"));
        for word in words {
            assert!(error.contains(word), "{to}: {error}");
        }
    }
    let error = refused("width = = 3", &profile("smoke"));
    assert!(error.contains("not TOML"), "{error}");
}

#[test]
fn schedules_that_cannot_be_are_refused() {
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

#[test]
fn data_sets_that_are_not_known_are_refused_wherever_they_are_named() {
    for (from, to, place) in [
        ("[dataset.celeba]", "[dataset.celebra]", "[dataset]"),
        ("compare_with = \"imagenette\"", "compare_with = \"imagenet\"", "compare_with"),
        ("datasets = [\"celeba\"]", "datasets = [\"celebra\"]", "datasets"),
        ("[[expect]]\ndataset = \"celeba\"", "[[expect]]\ndataset = \"celebra\"", "[[expect]]"),
        ("round = 14 }", "round = 14, trained_on = \"photoz\" }", "trained_on"),
    ] {
        let error = refused(&changed(&text(), from, to), &profile("smoke"));
        assert!(error.contains(place) && error.contains("did you mean"), "{to}: {error}");
    }
}

#[test]
fn a_method_is_asked_for_what_it_does() {
    let schedule = "schedule = { criterion = \"magnitude\", path = \"cubic\", carry = \"everything\" }";
    let row = format!("[[row]]\nmethod = \"dense\"\nrounds = [0]\n{schedule}\n");
    assert!(refused(&one_row(&row), &profile("smoke")).contains("only the method `scheduled`"));
    let empty = "[[row]]\nmethod = \"dense\"\nrounds = []\n";
    assert!(refused(&one_row(empty), &profile("smoke")).contains("rounds is empty"));
    let bicubic = "[[row]]\nmethod = \"bicubic\"\nrounds = [0]\n";
    assert!(refused(&one_row(bicubic), &profile("smoke")).contains("[superresolution]"));
    let fit = "[[row]]\nmethod = \"dense\"\nrounds = [0]\nfit = { steps = 7 }\n";
    assert!(refused(&one_row(fit), &profile("smoke")).contains("`fit`"));
}

#[test]
fn data_sets_are_crossed_or_enlarged_and_not_both() {
    let row = "[[row]]\nmethod = \"dense\"\nrounds = [0]\n[superresolution]\nresolution = 8\nfactors = [2]\n";
    let crossed = "seed = [42]\nfit_on = [\"photos\"]";
    let error = refused(&changed(&one_row(row), "seed = [42, 43, 44]", crossed), &profile("smoke"));
    assert!(error.contains("leave one out"), "{error}");
}
