//! Verdicts in words.

use std::fmt::Write as _;

use crate::claims::{Status, Verdict, together};
use crate::words::numbers::{TERMINAL_COLUMNS, clip, signed_to};
use crate::words::quantities::Quantity;

/// A ratio further off than this is told beside the verdict.
const TOLD: f64 = 0.05;

impl Verdict {
    /// `holds`, `does not hold (1 seed)`, `undecided`, …
    pub fn words(&self) -> String {
        let words = match self.status {
            Status::Holds => "holds",
            Status::DoesNotHold => "does not hold",
            Status::Undecided => "undecided",
            Status::NotMeasured if self.exact > 0 => "not judged: every pair has an exact fit",
            Status::NotMeasured => "not measured",
            Status::PremiseFails => {
                let weights = self.premise.map_or(String::new(), |it| format!(", {}", it.text()));
                return format!("not judged: its premise is false{weights}");
            }
            Status::NotEvaluated => "not evaluated at this size",
        };
        if self.seeds == 1 { format!("{words} (1 seed)") } else { words.to_owned() }
    }

    /// ✓, ✗ or ?.
    pub fn mark(&self) -> char {
        match self.status {
            Status::Holds => '✓',
            Status::DoesNotHold => '✗',
            _ => '?',
        }
    }

    /// `+1.20 ± 0.10 dB over 3 seeds × 16 signals, 95 % [+0.80, +1.50]`; empty if nothing was measured.
    pub fn difference_text(&self) -> String {
        let Some(mean) = self.mean else { return String::new() };
        let plus = |number: f64| if number >= 0.0 { "+" } else { "" };
        let seeds = if self.seeds == 1 { "1 seed".into() } else { format!("{} seeds", self.seeds) };
        let signals = self.signals.map_or(String::new(), |signals| format!(" × {signals} signals"));
        let kind = self.quantity.kind();
        let text = |number: f64| signed_to(number * kind.scale, kind.digits);
        let ends = |[low, high]: [f64; 2]| {
            format!(", 95 % [{}{}, {}{}]", plus(low), text(low), plus(high), text(high))
        };
        let interval = self.interval.map_or(String::new(), ends);
        let spread = self.sd.map_or(String::new(), |sd| format!(" ± {}", text(sd)));
        let unit = match kind.unit {
            "" => kind.label.to_string(),
            unit if self.quantity == Quantity::Psnr => unit.to_string(),
            unit => format!("{unit} {}", kind.label),
        };
        let (mean, remarks) = (text(mean), self.remarks_text());
        format!(
            "{}{mean}{spread} {unit} over {seeds}{signals}{interval}{remarks}",
            plus(self.mean.unwrap_or(0.0))
        )
    }

    /// `; left out: 1 signal fitted exactly, 1 seed without both sides; 1,062 weights against 556`; empty if there is
    /// nothing of the kind to tell.
    fn remarks_text(&self) -> String {
        let plural = |count: usize, what: &str, why: &str| match count {
            0 => None,
            1 => Some(format!("1 {what} {why}")),
            count => Some(format!("{count} {what}s {why}")),
        };
        let parts = [
            plural(self.exact, "signal", "fitted exactly"),
            plural(self.seeds_left_out, "seed", "without both sides"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let left_out =
            if parts.is_empty() { String::new() } else { format!("; left out: {}", parts.join(", ")) };
        let told = self.premise.filter(|premise| (premise.share() - 1.0).abs() > TOLD);
        left_out + &told.map_or(String::new(), |premise| format!("; {}", premise.text()))
    }
}

/// Verdicts as terminal text: a claim, and a line for each data set it is checked on.
pub fn verdicts_text(verdicts: &[Verdict]) -> String {
    let mut out = String::new();
    for of_one_claim in verdicts.chunk_by(|a, b| a.name == b.name && a.text == b.text) {
        let _ = writeln!(out, "{}", clip(&of_one_claim[0].text, TERMINAL_COLUMNS));
        for verdict in of_one_claim {
            let words = [verdict.words(), verdict.difference_text()];
            let words: Vec<String> = words.into_iter().filter(|text| !text.is_empty()).collect();
            let line = format!("  {} {}: {}", verdict.mark(), verdict.dataset, words.join(", "));
            for part in line
                .split("; ")
                .enumerate()
                .map(|(i, part)| format!("{}{part}", if i > 0 { "      " } else { "" }))
            {
                let _ = writeln!(out, "{}", clip(&part, TERMINAL_COLUMNS));
            }
        }
    }
    if let Some(together) = together(verdicts) {
        let _ = writeln!(out, "{together}");
    }
    out
}
