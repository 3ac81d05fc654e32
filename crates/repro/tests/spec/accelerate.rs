//! `[accelerate]`: what is left out is the paper's way, however it is left out.

use repro::experiment::{AccelerateSpec, Overrides, ProbeSpec};
use repro::recipe::{Stage, load, parse};

use crate::texts::{cells, changed, file, profile, refused, set, text};

fn accelerated() -> String {
    std::fs::read_to_string(file().with_file_name("accelerated.toml")).unwrap()
}

fn spec(text: &str, overrides: &Overrides) -> Option<AccelerateSpec> {
    parse(text, overrides).unwrap().settings.accelerate
}

#[test]
fn a_key_is_left_out_by_not_naming_it_or_by_the_word_paper() {
    let desk = spec(&accelerated(), &profile("desk")).unwrap();
    assert_eq!((desk.coordinates, desk.last_coordinates, desk.dense_resolution), (None, Some(128), None));
    assert_eq!(desk.probe, Some(ProbeSpec { every: 500, signals: 4 }));
    let paper = spec(&accelerated(), &profile("paper")).unwrap();
    assert_eq!((paper.coordinates, paper.last_steps), (Some(2048), Some(5000)));
    let without = set(&["accelerate.last_reptile=paper", "accelerate.warm_up=\"paper\""]);
    let smoke = spec(&accelerated(), &without).unwrap();
    assert_eq!((smoke.last_reptile, smoke.warm_up, smoke.decay_steps), (None, None, Some(40)));
    let named = Overrides { set: vec!["accelerate.coordinates=77".into()], ..profile("desk") };
    assert_eq!(spec(&accelerated(), &named).unwrap().coordinates, Some(77));
}

#[test]
fn a_key_that_the_file_leaves_out_can_be_set() {
    let asked = set(&["accelerate.warm_up=7", "accelerate.probe.every=10", "accelerate.probe.signals=2"]);
    let one = spec(&text(), &asked).unwrap();
    assert_eq!((one.warm_up, one.coordinates), (Some(7), None));
    assert_eq!(one.probe, Some(ProbeSpec { every: 10, signals: 2 }));
    let e = parse(&text(), &set(&["accelerate.coordinates=32"])).unwrap();
    let Stage::Dense(dense) = &cells(&e)[0].stages[0] else { panic!("a chain begins with a network") };
    assert_eq!(dense.accelerated.as_ref().unwrap().coordinates, Some(32));
    let error = refused(&text(), &set(&["accelerate.warm_upp=7"]));
    assert!(
        error.contains("--set accelerate.warm_upp=7") && error.contains("did you mean `warm_up`"),
        "{error}"
    );
    let error = refused(&text(), &set(&["accelerate.warm_up=soon"]));
    assert!(error.contains("--set accelerate.warm_up=soon") && error.contains("[accelerate]"), "{error}");
    let error = refused(&text(), &set(&["accelerat.warm_up=7"]));
    assert!(error.contains("did you mean `accelerate`"), "{error}");
    let error = refused(&text(), &set(&["accelerate.probe.every=10"]));
    assert!(error.contains("[accelerate]") && error.contains("signals"), "{error}");
}

#[test]
fn no_number_of_it_is_zero() {
    let keys =
        ["coordinates", "last_coordinates", "warm_up", "decay_steps", "last_steps", "dense_resolution"];
    for key in keys {
        let error = refused(&text(), &set(&[&format!("accelerate.{key}=0")]));
        assert!(error.contains(&format!("[accelerate]: {key} = 0")), "{error}");
        assert!(error.contains("leave the key out, or say \"paper\""), "{error}");
        assert!(refused(&text(), &set(&[&format!("accelerate.{key}=-1")])).contains("[accelerate]"));
    }
    for (probe, words) in [
        ("{ every = 0, signals = 1 }", "probe: every = 0 must be positive"),
        ("{ every = 1, signals = 0 }", "probe: signals = 0 must be 1 to test.signals = 4"),
        ("{ every = 1, signals = 5 }", "probe: signals = 5 must be 1 to test.signals = 4"),
    ] {
        let error = refused(&text(), &set(&[&format!("accelerate.probe={probe}")]));
        assert!(error.contains(words), "{error}");
    }
    let error = refused(&changed(&accelerated(), "rate = 0.3", "rate = 1.5"), &profile("paper"));
    assert!(error.contains("last_reptile") && error.contains("(0, 1]"), "{error}");
}

#[test]
fn a_chain_differs_in_its_first_and_last_stage_and_shares_what_lies_between() {
    let e = load(&file().with_file_name("accelerated.toml"), &profile("smoke")).unwrap();
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
        let coordinates = if i == 14 { 128 } else { 64 };
        assert_eq!((accelerated.coordinates, accelerated.warm_up), (Some(coordinates), Some(10)));
        assert_eq!(accelerated.reptile.map(|r| (r.steps, r.rate)), (i == 14).then_some((5, 0.3)));
        assert_eq!(
            (accelerated.decay_steps, accelerated.probe.is_some()),
            if i == 14 { (Some(40), true) } else { (None, false) }
        );
    }
    let only = narrow[0].accelerated.as_ref().unwrap();
    assert_eq!((narrow.len(), narrow[0].resolution, only.decay_steps), (1, 16, Some(40)));
    assert_eq!(only.coordinates, Some(128));
}

#[test]
fn what_is_left_out_is_hashed_as_it_always_was() {
    // What the paper's experiments ask for is hashed as it was before there were departures from it.
    let dense = |experiment: &str| {
        let e = load(&file().with_file_name(experiment), &profile("smoke")).unwrap();
        serde_json::to_value(&cells(&e)[0].stages[0]).unwrap()
    };
    assert!(dense("table1.toml").get("accelerated").is_none());
    let none = serde_json::json!({"coordinates": 0, "warm_up": 0, "decay_steps": 0, "probe": null});
    assert_eq!(dense("ablation.toml")["accelerated"], none);
}
