//! `claims.json` → a Markdown list: a claim a line, and on each data set what the measurements say of it.
//!
//! The file is an array of objects, a key a line, as `repro` writes it (crates/repro/src/claims/verdict.rs); the keys of
//! an object inside one (its premise: `times`, `better`, `worse`) are read as its own. This reads that form and no other
//! JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A verdict by the names of its keys; an array's parts are joined by a space.
type Verdict = BTreeMap<String, String>;

/// The list.
///
/// # Errors
/// If the text is not of the form above.
pub fn list(json: &str) -> Result<String, String> {
    let verdicts = parse(json)?;
    let mut out = String::new();
    for of_one_claim in verdicts.chunk_by(|a, b| a.get("text") == b.get("text")) {
        let _ = writeln!(out, "- *{}*:", key(&of_one_claim[0], "text")?);
        for verdict in of_one_claim {
            let _ = writeln!(out, "  - {}: {}", key(verdict, "dataset")?, sentence(verdict)?);
        }
    }
    Ok(out)
}

/// `**holds**, +2.85 ± 0.52 dB over 3 seeds × 16 signals, 95 % [+2.1, +3.4]`, as on the page.
fn sentence(verdict: &Verdict) -> Result<String, String> {
    let mut out = words(verdict)?;
    let Some(mean) = number(verdict, "mean_db") else { return Ok(out) };
    let _ = write!(out, ", {}", signed(mean));
    if let Some(sd) = number(verdict, "sd_db") {
        let _ = write!(out, " ± {sd:.2}");
    }
    let seeds = number(verdict, "seeds").unwrap_or_default();
    let _ = write!(out, " dB over {seeds} seed{}", if seeds == 1.0 { "" } else { "s" });
    if let Some(signals) = number(verdict, "signals") {
        let _ = write!(out, " × {signals} signals");
    }
    let ends: Vec<f64> = verdict
        .get("interval_db")
        .map_or(vec![], |ends| ends.split(' ').filter_map(|end| end.parse().ok()).collect());
    if let [low, high] = ends[..] {
        let _ = write!(out, ", 95 % [{}, {}]", signed(low), signed(high));
    }
    Ok(out + &left_out(verdict))
}

/// The status; of a claim that is not judged, the reason with it.
fn words(verdict: &Verdict) -> Result<String, String> {
    let is_exact = number(verdict, "exact").is_some();
    Ok(match key(verdict, "status")? {
        "premise-fails" => {
            let (worse, better) = (key(verdict, "worse")?, key(verdict, "better")?);
            format!("**not judged**: its premise is false, {worse} weights against {better}")
        }
        "not-measured" if is_exact => "**not judged**: every pair has an exact fit".into(),
        status => format!("**{}**", status.replace('-', " ")),
    })
}

/// `; left out: 1 signal fitted exactly, 2 seeds without both sides`; empty if nothing was.
fn left_out(verdict: &Verdict) -> String {
    let counts = [("exact", "signal", "fitted exactly"), ("seeds_left_out", "seed", "without both sides")];
    let part = |(name, what, why): (&str, &str, &str)| {
        let count = number(verdict, name)?;
        Some(format!("{count} {what}{} {why}", if count == 1.0 { "" } else { "s" }))
    };
    let parts: Vec<String> = counts.into_iter().filter_map(part).collect();
    if parts.is_empty() { String::new() } else { format!("; left out: {}", parts.join(", ")) }
}

fn signed(number: f64) -> String {
    format!("{number:+.2}").replace('-', "−")
}

fn key<'a>(verdict: &'a Verdict, name: &str) -> Result<&'a str, String> {
    verdict.get(name).map(String::as_str).ok_or_else(|| format!("a verdict without {name}"))
}

fn number(verdict: &Verdict, name: &str) -> Option<f64> {
    verdict.get(name)?.parse().ok()
}

fn parse(json: &str) -> Result<Vec<Verdict>, String> {
    let mut verdicts = Vec::new();
    let mut array: Option<(String, Vec<&str>)> = None;
    for line in json.lines().map(|line| line.trim().trim_end_matches(',')) {
        let last = verdicts.last_mut();
        match (line, &mut array, last) {
            ("{", None, _) => verdicts.push(Verdict::new()),
            ("]", Some((name, parts)), Some(last)) => {
                last.insert(std::mem::take(name), parts.join(" "));
                array = None;
            }
            (part, Some((_, parts)), _) => parts.push(part),
            ("[" | "]" | "[]" | "}" | "", None, _) => {}
            (line, None, Some(last)) => {
                let (name, value) = pair(line).ok_or_else(|| format!("cannot read `{line}`"))?;
                match value {
                    "[" => array = Some((name.into(), vec![])),
                    "null" => {}
                    value => drop(last.insert(name.into(), text(value))),
                }
            }
            (line, None, None) => return Err(format!("cannot read `{line}`")),
        }
    }
    Ok(verdicts)
}

/// `"name": value`.
fn pair(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix('"')?.split_once("\": ")
}

/// A string without its quotes and escapes, anything else as it is.
fn text(value: &str) -> String {
    match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
        Some(text) => text.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => value.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"[
  {
    "name": "half",
    "text": "A \"beats\" B, always",
    "dataset": "photos",
    "status": "does-not-hold",
    "mean_db": -0.852,
    "sd_db": 0.458,
    "interval_db": [
      -1.4,
      -0.3
    ],
    "seeds": 3,
    "signals": 16
  },
  {
    "name": "half",
    "text": "A \"beats\" B, always",
    "dataset": "silhouettes",
    "status": "not-measured",
    "mean_db": null,
    "sd_db": null,
    "interval_db": null,
    "seeds": 0,
    "signals": null
  }
]"#;

    #[test]
    fn a_claim_is_a_line_and_each_data_set_one_below_it() {
        let expected = "- *A \"beats\" B, always*:\n  - photos: **does not hold**, −0.85 ± 0.46 dB over 3 seeds × 16 signals, \
                        95 % [−1.40, −0.30]\n  - silhouettes: **not measured**\n";
        assert_eq!(list(JSON).as_deref(), Ok(expected));
        assert_eq!(list("[]").as_deref(), Ok(""));
    }

    #[test]
    fn another_form_is_an_error() {
        assert!(list("{\"a\": 1}").is_err());
        assert!(
            list("[\n  {\n    \"name\": \"a\"\n  }\n]").is_err_and(|error| error.contains("without text"))
        );
    }

    #[test]
    fn what_a_verdict_leaves_out_and_why_one_is_missing_is_said() {
        let verdict = |lines: &str| {
            let json =
                format!("[\n  {{\n    \"text\": \"A\",\n    \"dataset\": \"photos\",\n{lines}\n  }}\n]");
            list(&json).unwrap().lines().nth(1).unwrap().to_string()
        };
        let judged = verdict(
            "    \"status\": \"holds\",\n    \"mean_db\": 1.0,\n    \"seeds\": 2,\n    \"exact\": 1,\n    \"seeds_left_out\": 2",
        );
        let expected =
            "**holds**, +1.00 dB over 2 seeds; left out: 1 signal fitted exactly, 2 seeds without both sides";
        assert_eq!(judged, format!("  - photos: {expected}"));
        let premise = verdict(
            "    \"status\": \"premise-fails\",\n    \"seeds\": 1,\n    \"premise\": {\n      \"times\": 2.0,\n      \"better\": 1,\n      \"worse\": 1\n    }",
        );
        assert_eq!(premise, "  - photos: **not judged**: its premise is false, 1 weights against 1");
        let exact = verdict("    \"status\": \"not-measured\",\n    \"mean_db\": null,\n    \"exact\": 12");
        assert_eq!(exact, "  - photos: **not judged**: every pair has an exact fit");
    }
}
