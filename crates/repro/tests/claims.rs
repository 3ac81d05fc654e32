//! Claims and expectations on synthetic rows: what decides, what leaves open, what is not measured.

use repro::claims::{Status, Verdict, check_claims, check_expectations, together};
use repro::experiment::{CellRef, Claim, Expect};
use repro::rows::{Row, Rows, SignalRow, StepRow};
use repro::show::verdicts_text;
use repro::words::quantities::{Quantity, Values};

#[derive(serde::Deserialize)]
struct Claims {
    claim: Vec<Claim>,
}

fn claim() -> Claim {
    let text = "[[claim]]\nname = 'order'\ntext = 'sparse beats random'\n\
                better = { method = 'meta-sparse-inr', round = 14 }\n\
                worse = { method = 'random-pruning', round = 11 }\n";
    toml::from_str::<Claims>(text).unwrap().claim.remove(0)
}

/// A seed of one side on `photos`: a PSNR for each signal.
fn side(better: bool, seed: u64, psnr_db: &[f64]) -> Vec<SignalRow> {
    let (method, round) = if better { ("meta-sparse-inr", 14) } else { ("random-pruning", 11) };
    let signal = |(i, psnr_db): (usize, &f64)| SignalRow {
        dataset: "photos".into(),
        line: method.into(),
        round,
        seed: Some(seed),
        signal: format!("signal {i}"),
        values: Values::of([(Quantity::Psnr, *psnr_db)]),
        ..SignalRow::default()
    };
    psnr_db.iter().enumerate().map(signal).collect()
}

/// Both sides of a claim, from the differences of each seed and signal.
fn pairs(differences: &[&[f64]]) -> Vec<SignalRow> {
    let of_seed = |(seed, differences): (usize, &&[f64])| {
        let worse: Vec<f64> = (0..differences.len()).map(|i| 20.0 + seed as f64 + 3.0 * i as f64).collect();
        let better: Vec<f64> = worse.iter().zip(*differences).map(|(worse, d)| worse + d).collect();
        [side(true, seed as u64, &better), side(false, seed as u64, &worse)].concat()
    };
    differences.iter().enumerate().flat_map(of_seed).collect()
}

fn verdict(signals: &[SignalRow]) -> Verdict {
    check(signals, claim()).remove(0)
}

fn check(signals: &[SignalRow], claim: Claim) -> Vec<Verdict> {
    check_claims(&Rows { signals: signals.to_vec(), ..Rows::default() }, &[claim])
}

#[test]
fn a_claim_is_decided_by_the_interval_of_its_paired_differences() {
    let status = |differences: &[&[f64]]| verdict(&pairs(differences)).status;
    let up = [0.1, 0.3, 0.2, 0.2, 0.1, 0.3];
    let down = up.map(|d| -d);
    assert_eq!(status(&[&up, &up, &up]), Status::Holds);
    assert_eq!(status(&[&down, &down, &down]), Status::DoesNotHold);
    assert_eq!(status(&[&up, &up, &down]), Status::Undecided, "a seed disagrees");
    assert_eq!(status(&[&[0.1, 0.1, 0.1, 0.1, 0.1, -2.0]]), Status::Undecided, "a signal disagrees by far");
    assert_eq!(status(&[&up[..5], &up[..5]]), Status::Undecided, "five signals decide nothing");
}

#[test]
fn the_difference_is_told_with_its_spread_and_its_interval() {
    let found = verdict(&pairs(&[&[0.1; 6], &[0.2; 6], &[0.3; 6]]));
    assert!((found.mean.unwrap() - 0.2).abs() < 1e-9 && (found.sd.unwrap() - 0.1).abs() < 1e-9);
    let words = "+0.20 ± 0.10 dB over 3 seeds × 6 signals, 95 % [+0.10, +0.30]";
    assert_eq!(found.difference_text(), words);
}

#[test]
fn one_seed_says_so_and_missing_data_is_not_measured() {
    let words = |signals: &[SignalRow]| verdict(signals).words();
    assert_eq!(words(&pairs(&[&[0.5; 6]])), "holds (1 seed)");
    assert_eq!(words(&pairs(&[&[-0.5; 6]])), "does not hold (1 seed)");
    let ours = side(true, 0, &[25.0; 6]);
    assert_eq!(words(&ours), "not measured");
    assert_eq!(words(&[ours.clone(), side(false, 1, &[24.0; 6])].concat()), "not measured");
    let failed = SignalRow { err: Some("diverged".into()), ..side(false, 0, &[24.0]).remove(0) };
    assert_eq!(words(&[ours, vec![failed]].concat()), "not measured");
}

#[test]
fn only_signals_that_every_seed_has_on_both_sides_are_paired() {
    let mut signals = pairs(&[&[0.5, 0.6, 9.0], &[0.5, 0.6, 9.0]]);
    signals.retain(|row| row.signal != "signal 2" || row.seed == Some(0));
    let found = verdict(&signals);
    assert_eq!((found.seeds, found.signals), (2, Some(2)));
    assert!((found.mean.unwrap() - 0.55).abs() < 1e-9);
}

#[test]
fn a_claim_of_one_data_set_is_checked_there_only() {
    let only = Claim { datasets: Some(vec!["celeba".into()]), ..claim() };
    let verdicts = check(&pairs(&[&[0.5], &[0.6]]), only);
    assert_eq!((verdicts.len(), verdicts[0].status), (1, Status::NotMeasured));
    assert!(toml::from_str::<Claims>("[[claim]]\nname = 'a'\nbeter = 1\n").is_err());
}

#[test]
fn a_claim_may_name_the_data_set_trained_on() {
    let from = |trained_on: &str, psnr_db: f64| {
        let rows = side(true, 0, &[psnr_db; 6]).into_iter();
        rows.map(|row| SignalRow { trained_on: Some(trained_on.into()), ..row }).collect::<Vec<_>>()
    };
    let cell = |trained_on: Option<&str>| CellRef {
        method: "meta-sparse-inr".into(),
        round: 14,
        trained_on: trained_on.map(String::from),
    };
    let signals = [from("photos", 26.0), from("silhouettes", 24.0)].concat();
    let claim = Claim { better: cell(None), worse: cell(Some("silhouettes")), ..claim() };
    let found = &check(&signals, claim)[0];
    assert_eq!((found.status, found.mean), (Status::Holds, Some(2.0)));
}

#[test]
fn a_claim_may_be_said_of_steps_before_the_last() {
    let step = |row: SignalRow, step: usize, ahead_db: f64| StepRow {
        dataset: row.dataset,
        psnr_db: row.values[Quantity::Psnr].unwrap()
            + if row.line == "meta-sparse-inr" { ahead_db } else { 0.0 },
        line: row.line,
        round: row.round,
        seed: row.seed,
        signal: row.signal,
        step,
        ..StepRow::default()
    };
    // Behind after the last step, ahead by 2 dB after 10 steps, behind by 1 dB after 25.
    let signals = pairs(&[&[-0.5; 6], &[-0.5; 6]]);
    let at = |of: usize, ahead_db: f64| signals.iter().map(move |row| step(row.clone(), of, ahead_db));
    let rows = Rows {
        along: at(10, 2.5).chain(at(25, -0.5)).collect(),
        signals: signals.clone(),
        ..Rows::default()
    };
    let verdicts = check_claims(&rows, &[Claim { steps: vec![10, 25, 50], ..claim() }, claim()]);
    let found: Vec<_> =
        verdicts.iter().map(|v| (v.step, v.status, v.mean.map(|db| (db * 1e6).round() / 1e6))).collect();
    let expected = [
        (Some(10), Status::Holds, Some(2.0)),
        (Some(25), Status::DoesNotHold, Some(-1.0)),
        (Some(50), Status::NotMeasured, None),
        (None, Status::DoesNotHold, Some(-0.5)),
    ];
    assert_eq!(found, expected);
    assert_eq!(verdicts[0].text, "After 10 steps of the fit: sparse beats random");
    assert_eq!(verdicts[3].text, "sparse beats random");
}

#[test]
fn expectations_are_of_the_papers_size_only() {
    let expect = Expect {
        dataset: "photos".into(),
        method: "meta-sparse-inr".into(),
        round: 14,
        psnr_db: 25.7,
        tolerance_db: 0.5,
    };
    let status = |profile: &str, psnr_db: f64| {
        let row = Row {
            profile: profile.into(),
            dataset: "photos".into(),
            line: "meta-sparse-inr".into(),
            round: 14,
            seed: Some(0),
            values: Values::of([(Quantity::Psnr, psnr_db)]),
            ..Row::default()
        };
        check_expectations(&[row], std::slice::from_ref(&expect))[0].status
    };
    assert_eq!(status("paper", 26.1), Status::Holds);
    assert_eq!(status("paper", 26.3), Status::DoesNotHold);
    assert_eq!(status("desk", 25.7), Status::NotEvaluated);
}

#[test]
fn verdicts_of_claims_tested_together_are_counted() {
    let mut verdicts = vec![verdict(&pairs(&[&[0.1, 0.3, 0.2, 0.2, 0.1, 0.3]])); 3];
    assert!(together(&verdicts[..1]).is_none(), "one claim is tested alone anyway");
    assert_eq!(
        together(&verdicts).unwrap(),
        "All 3 decided of 3 stay so when tested together at 5 % (Holm)."
    );
    verdicts[1].p_value = Some(0.04);
    verdicts[2].p_value = Some(0.03);
    let words = "1 of 3 decided stay so when all 3 are tested together at 5 % (Holm).";
    assert_eq!(together(&verdicts).unwrap(), words);
    assert!(verdicts_text(&verdicts).ends_with(&format!("{words}\n")));
    // What is not measured is not tested.
    verdicts.push(verdict(&side(true, 0, &[25.0; 6])));
    assert_eq!(together(&verdicts).unwrap(), words);
}
