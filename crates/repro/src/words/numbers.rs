//! Numbers and texts as people read them: in tables, legends, verdicts, on a terminal.

/// Widest line of the terminal table, in columns.
pub const TERMINAL_COLUMNS: usize = 100;

/// Widest label of a line in a terminal, in columns.
pub const LABEL_COLUMNS: usize = 34;

/// Two decimals, with a true minus sign.
pub fn signed(number: f64) -> String {
    format!("{number:.2}").replace('-', "−")
}

/// So many decimals, with a true minus sign.
pub fn signed_to(number: f64, digits: usize) -> String {
    format!("{number:.digits$}").replace('-', "−")
}

/// `[26.91, 28.40]`.
pub fn interval_text([low, high]: [f64; 2]) -> String {
    format!("[{}, {}]", signed(low), signed(high))
}

/// `197,888`; `–` if unknown.
pub fn count_text(count: Option<usize>) -> String {
    let Some(count) = count else { return "–".into() };
    let digits = count.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `4.4 %`; `–` if unknown.
pub fn kept_text(kept_fraction: Option<f64>) -> String {
    match kept_fraction.map(|kept| 100.0 * kept) {
        Some(percent) if percent >= 99.95 => format!("{percent:.0} %"),
        Some(percent) => format!("{percent:.1} %"),
        None => "–".into(),
    }
}

/// Cuts a text to so many columns, with … for what is left out.
pub fn clip(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    text.chars().take(columns - 1).chain(['…']).collect()
}
