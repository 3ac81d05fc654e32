//! Rules on one Rust source: what may stand where.

use super::lexer::{Line, has_word, lines};
use super::violation::Violation;

/// A file longer than this is worth a look; the only rule that does not fail.
const LONGEST_FILE: usize = 400;

/// Name of the rule on the length of a file.
const LONG_FILE: &str = "long-file";

/// A rule on a line, and the places where it does not apply.
struct Rule {
    name: &'static str,
    broken: fn(&Line) -> bool,
    sentence: &'static str,
    /// Whole paths, or folders with a slash at the end.
    except: &'static [&'static str],
    /// Tests need not keep it.
    spares_tests: bool,
}

const RULES: &[Rule] = &[
    Rule {
        name: "cfg-feature",
        broken: |line| {
            has_word(&line.code, "cfg") && has_word(&line.code, "feature")
                || line.code.contains("cfg_attr(feature")
        },
        sentence: "what depends on a cargo feature is an engine: crates/repro/src/engines.rs, crates/inr-burn/src/device.rs",
        except: &["crates/inr-burn/src/device.rs", "crates/repro/src/engines.rs"],
        spares_tests: false,
    },
    Rule {
        name: "prints",
        broken: |line| {
            ["print!", "println!", "eprint!", "eprintln!", "dbg!"].iter().any(|m| has_word(&line.code, m))
        },
        sentence: "only crates/repro/src/screen.rs prints; return the value, or call a function there",
        except: &[
            "crates/repro/src/screen.rs",
            "crates/repro/src/main.rs",
            "crates/repro/build.rs",
            "crates/inr-core/examples/",
            "crates/datasets/examples/",
            "crates/repro/examples/",
            "xtask/",
        ],
        spares_tests: true,
    },
    Rule {
        name: "polars",
        broken: |line| has_word(&line.code, "polars"),
        sentence: "data frames are used in crates/repro/src/show/table/build.rs only; everything else takes rows",
        except: &["crates/repro/src/show/table/build.rs"],
        spares_tests: false,
    },
    Rule {
        name: "unwrap",
        broken: |line| line.code.contains(".unwrap()"),
        sentence: "return an error, or say with expect(..) why it cannot happen",
        except: &[],
        spares_tests: true,
    },
    Rule {
        name: "ignored-test",
        broken: |line| line.code.contains("#[ignore"),
        sentence: "a test runs or is deleted; what needs hardware or licensed data is a profile",
        except: &[],
        spares_tests: false,
    },
    Rule {
        name: "unfinished",
        broken: |line| {
            let code = ["todo!", "unimplemented!"].iter().any(|word| has_word(&line.code, word));
            code || [concat!("FIX", "ME"), "XXX"].iter().any(|word| has_word(&line.comment, word))
        },
        sentence: "finish it, or return an error that says what is missing",
        except: &[],
        spares_tests: false,
    },
];

/// Every violation in a source.
pub fn check(file: &str, source: &str) -> Vec<Violation> {
    let mut violations: Vec<Violation> = header(file, source).into_iter().collect();
    let rules: Vec<&Rule> = RULES.iter().filter(|rule| !excepted(file, rule)).collect();
    for (index, line) in lines(source).iter().enumerate() {
        let in_test = line.in_test || is_test(file);
        let kept = |rule: &&&Rule| !(rule.spares_tests && in_test) && (rule.broken)(line);
        let broken = rules.iter().filter(kept);
        violations.extend(broken.map(|rule| Violation::new(file, index + 1, rule.name, rule.sentence)));
    }
    violations.extend(long_file(file, source));
    violations
}

fn header(file: &str, source: &str) -> Option<Violation> {
    let sentence = "a file opens with `//!`: what it is for, the equation, the source";
    (!source.starts_with("//!")).then(|| Violation::new(file, 1, "header", sentence))
}

fn long_file(file: &str, source: &str) -> Option<Violation> {
    let count = source.lines().count();
    let sentence = format!("{count} lines; beyond {LONGEST_FILE} a file usually holds two things");
    (count > LONGEST_FILE).then(|| Violation::warning(file, count, LONG_FILE, sentence))
}

fn excepted(file: &str, rule: &Rule) -> bool {
    rule.except.iter().any(|place| file == *place || place.ends_with('/') && file.starts_with(place))
}

/// Files that are tests from beginning to end.
pub fn is_test(file: &str) -> bool {
    file.contains("/tests/") || file.ends_with("/tests.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "//! What it is for.\n";

    fn broken(file: &str, source: &str) -> Vec<(usize, &'static str)> {
        let source = format!("{HEADER}{source}");
        check(file, &source).into_iter().map(|violation| (violation.line, violation.rule)).collect()
    }

    /// A line that breaks each rule, for the test that none of them sleeps.
    const EXAMPLES: &[(&str, &str)] = &[
        ("cfg-feature", "#[cfg(feature = \"tch\")]"),
        ("cfg-feature", "#[cfg_attr(feature = \"tch\", allow(deprecated))]"),
        ("cfg-feature", "#[cfg(all(unix, feature = \"tch\"))]"),
        ("prints", "println!();"),
        ("prints", "dbg!(x);"),
        ("polars", "use polars::prelude::*;"),
        ("unwrap", "let x = y.unwrap();"),
        ("ignored-test", "#[ignore]"),
        ("unfinished", "todo!()"),
        ("unfinished", concat!("// FIX", "ME: later")),
    ];

    #[test]
    fn every_rule_finds_its_example_and_has_one() {
        for (rule, line) in EXAMPLES {
            assert_eq!(broken("crates/meta/src/x.rs", line), [(2, *rule)], "{line}");
        }
        for rule in RULES {
            assert!(EXAMPLES.iter().any(|(name, _)| *name == rule.name), "{} has no example", rule.name);
        }
    }

    #[test]
    fn places_and_tests_are_spared() {
        assert_eq!(broken("crates/repro/src/screen.rs", "println!();"), []);
        assert_eq!(broken("xtask/src/x.rs", "println!();"), []);
        assert_eq!(broken("crates/repro/src/show/table/build.rs", "use polars::prelude::*;"), []);
        assert_eq!(broken("crates/meta/tests/x.rs", "let x = y.unwrap();"), []);
        assert_eq!(broken("crates/meta/src/x.rs", "#[cfg(test)]\nmod tests { fn f() { y.unwrap(); } }"), []);
        assert_eq!(broken("crates/meta/src/x.rs", "y.unwrap_or(0); // .unwrap()\nsay(\"println!\");"), []);
    }

    #[test]
    fn a_file_opens_with_what_it_is_for() {
        assert_eq!(check("a.rs", "use b;")[0].rule, "header");
    }

    #[test]
    fn a_long_file_is_a_warning() {
        let found = check("a.rs", &(HEADER.to_string() + &"\n".repeat(LONGEST_FILE)));
        assert!(found.len() == 1 && found[0].is_warning);
    }
}
