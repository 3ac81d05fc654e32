//! Lines of a table: names that a reader could take for each other are refused when the file is read.

use std::path::Path;

use repro::experiment::Overrides;
use repro::recipe::parse;

/// Table 1 in its smallest profile, with these rows and no claims; where `fit_on` names data sets, crossed.
fn parsed(rows: &str, fit_on: &[&str]) -> Result<(), String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/table1.toml");
    let mut table: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let rows: toml::Table = rows.parse().unwrap();
    table.insert("row".into(), rows["row"].clone());
    table.insert("claim".into(), toml::Value::Array(vec![]));
    table.insert("expect".into(), toml::Value::Array(vec![]));
    table.insert("gallery".into(), toml::Value::Array(vec![]));
    if !fit_on.is_empty() {
        let fit_on = fit_on.iter().map(|name| toml::Value::from(*name)).collect::<Vec<_>>();
        table["axes"].as_table_mut().unwrap().insert("fit_on".into(), fit_on.into());
    }
    let overrides = Overrides { profile: "smoke".into(), ..Overrides::default() };
    let text = toml::to_string(&table).unwrap();
    parse(&text, &overrides).map(|_| ()).map_err(|error| format!("{error:#}"))
}

fn rows(first: &str, second: &str) -> String {
    let row = |line: &str| format!("[[row]]\n{line}\n");
    row(first) + &row(second)
}

fn named(name: &str, lr: f64) -> String {
    format!(
        "method = 'meta-sparse-inr'\nrounds = [2]\nname = \"{name}\"\nset = {{ meta = {{ outer_lr = {lr} }} }}"
    )
}

const NARROW: &str = "method = 'dense-narrow'\nrounds = [2]";

#[test]
fn a_name_is_not_another_lines_label_with_its_width() {
    let error = parsed(&rows(NARROW, &named("Dense-Narrow w12", 1e-3)), &[]).unwrap_err();
    assert!(error.contains("shown alike") && error.contains("choose another name"), "{error}");
    assert!(parsed(&rows(NARROW, &named("dense-narrow  W8", 1e-3)), &[]).is_err());
    assert_eq!(parsed(&rows(NARROW, &named("Dense-Narrow, wide", 1e-3)), &[]), Ok(()));
}

#[test]
fn names_differ_in_what_a_terminal_shows_of_them() {
    let long = "a line whose name goes on and on, ";
    let [one, other] = ["one", "other"].map(|end| format!("{long}{end}"));
    let error = parsed(&rows(&named(&one, 1e-3), &named(&other, 2e-3)), &[]).unwrap_err();
    assert!(error.contains("shown alike"), "{error}");
    assert_eq!(parsed(&rows(&named("one", 1e-3), &named("other", 2e-3)), &[]), Ok(()));
}

#[test]
fn where_data_sets_are_crossed_a_name_does_not_end_as_their_labels_do() {
    let two = rows(&named("a", 1e-3), &named("a from photos", 2e-3));
    let crossed = ["photos", "silhouettes"];
    let error = parsed(&two, &crossed).unwrap_err();
    assert!(error.contains("shown alike"), "{error}");
    assert_eq!(parsed(&two, &[]), Ok(()));
}

#[test]
fn rows_that_differ_in_any_setting_need_names() {
    let row = |more: &str| format!("method = 'meta-sparse-inr'\nrounds = [2]\n{more}");
    for more in [
        "set = { fit = { steps = 7 } }",
        "set = { network = { w0 = 17.0 } }",
        "set = { signal = { resolution = 16 } }",
        "set = { prune = { fraction = 0.5 } }",
        "set = { test = { signals = 3 } }",
    ] {
        let refused = parsed(&rows(&row(""), &row(more)), &[]).unwrap_err();
        assert!(refused.contains("name"), "{more}: {refused}");
        // Other rounds do not make them one line either.
        let other_round = row(more).replace("[2]", "[3]");
        assert!(parsed(&rows(&row(""), &other_round), &[]).is_err(), "{more}");
        assert_eq!(parsed(&rows(&row(""), &row(&format!("name = 'b'\n{more}"))), &[]), Ok(()), "{more}");
    }
}
