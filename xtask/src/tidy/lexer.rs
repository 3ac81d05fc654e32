//! Splits a Rust source into code and comments, line by line, and knows which lines are tests.
//!
//! Not a parser: it knows comments, strings and characters, no more than is needed for a word in a message
//! not to count as code. Strings are emptied, so that braces left over are braces of the program.

/// One line of a source.
#[derive(Debug, Default, PartialEq)]
pub struct Line {
    /// What the compiler reads, strings emptied.
    pub code: String,
    /// What it does not.
    pub comment: String,
    /// Inside an item under `#[cfg(test)]`.
    pub in_test: bool,
}

/// Where the reader stands.
enum State {
    Code,
    LineComment,
    BlockComment { depth: usize },
    Text { hashes: Option<usize> }, // of a raw string; none: an ordinary one, with escapes
}

/// The lines of a source.
pub fn lines(source: &str) -> Vec<Line> {
    let mut lines = vec![Line::default()];
    let mut state = State::Code;
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        if first == '\n' {
            if matches!(state, State::LineComment) {
                state = State::Code;
            }
            lines.push(Line::default());
            rest = &rest[1..];
            continue;
        }
        let line = lines.last_mut().expect("there is one from the start");
        let taken = match state {
            State::Code => read_code(rest, line, &mut state),
            State::LineComment => keep(rest, first.len_utf8(), &mut line.comment),
            State::BlockComment { .. } => read_block_comment(rest, line, &mut state),
            State::Text { hashes } => read_text(rest, hashes, line, &mut state),
        };
        rest = &rest[taken..];
    }
    mark_tests(&mut lines);
    lines
}

/// Copies the next bytes; their number.
fn keep(rest: &str, count: usize, sink: &mut String) -> usize {
    sink.push_str(&rest[..count]);
    count
}

fn read_code(rest: &str, line: &mut Line, state: &mut State) -> usize {
    if rest.starts_with("//") {
        *state = State::LineComment;
        return keep(rest, 2, &mut line.comment);
    }
    if rest.starts_with("/*") {
        *state = State::BlockComment { depth: 1 };
        return keep(rest, 2, &mut line.comment);
    }
    if let Some((length, hashes)) = opens_text(rest, &line.code) {
        *state = State::Text { hashes };
        line.code.push('"');
        return length;
    }
    if let Some(length) = character(rest) {
        line.code.push_str("' '");
        return length;
    }
    keep(rest, rest.chars().next().map_or(1, char::len_utf8), &mut line.code)
}

/// Length of `"`, `r"`, `r##"` (behind the `b` or `c` they may have), and the number of hashes of a raw string.
fn opens_text(rest: &str, before: &str) -> Option<(usize, Option<usize>)> {
    if rest.starts_with('"') {
        return Some((1, None));
    }
    let prefix = before.trim_end_matches(['b', 'c']);
    let inside_word = prefix.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let hashes = rest.strip_prefix('r')?.bytes().take_while(|&byte| byte == b'#').count();
    let opens = rest[1 + hashes..].starts_with('"') && !inside_word;
    opens.then_some((2 + hashes, Some(hashes)))
}

/// Length of a character such as `'"'` or `'\''`; none for a lifetime.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    let first = inner.chars().next()?;
    if first == '\\' {
        return inner[2..].find('\'').map(|end| 1 + 2 + end + 1);
    }
    inner[first.len_utf8()..].starts_with('\'').then_some(first.len_utf8() + 2)
}

fn read_block_comment(rest: &str, line: &mut Line, state: &mut State) -> usize {
    let State::BlockComment { depth } = state else { return 0 };
    let length = match rest {
        _ if rest.starts_with("/*") => {
            *depth += 1;
            2
        }
        _ if rest.starts_with("*/") => {
            *depth -= 1;
            2
        }
        _ => rest.chars().next().map_or(1, char::len_utf8),
    };
    if *depth == 0 {
        *state = State::Code;
    }
    keep(rest, length, &mut line.comment)
}

fn read_text(rest: &str, hashes: Option<usize>, line: &mut Line, state: &mut State) -> usize {
    if hashes.is_none() && (rest.starts_with("\\\"") || rest.starts_with("\\\\")) {
        return 2;
    }
    let end = format!("\"{}", "#".repeat(hashes.unwrap_or(0)));
    if !rest.starts_with(&end) {
        return rest.chars().next().map_or(1, char::len_utf8);
    }
    *state = State::Code;
    line.code.push('"');
    end.len()
}

/// Marks the items under `#[cfg(test)]`: up to the brace that closes them, or to their semicolon.
fn mark_tests(lines: &mut [Line]) {
    let mut depth: Option<usize> = None; // of braces, within an item of tests
    for line in lines {
        let code = line.code.trim_start();
        if depth.is_none()
            && code.starts_with("#[cfg(")
            && has_word(code, "test")
            && !code.contains("not(test")
        {
            depth = Some(0);
        }
        line.in_test = depth.is_some();
        depth = depth.and_then(|depth| depth_after(depth, &line.code));
    }
}

/// The depth of braces after a line; none if the item ends in it.
fn depth_after(mut depth: usize, code: &str) -> Option<usize> {
    for c in code.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return None,
            '}' => depth -= 1,
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    Some(depth)
}

/// Whether `word` stands in `text` and is not part of a longer one.
pub fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let open = text[..at].ends_with(part) && word.starts_with(part);
        let goes_on = text[at + word.len()..].starts_with(part) && word.ends_with(part);
        !open && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(source: &str) -> String {
        lines(source).iter().map(|line| line.code.trim_end()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn comments_and_strings_are_no_code() {
        assert_eq!(code("a(); // b\n/* c /* d */ e */ f();"), "a();\n f();");
        assert_eq!(code(r#"say("a \" // b", 'x');"#), r#"say("", ' ');"#);
        assert_eq!(code("let s = r#\"a \" b\"#; c"), "let s = \"\"; c");
        assert_eq!(code("let s = b\"{\"; '\"' c"), "let s = b\"\"; ' ' c");
        assert_eq!(code("fn f<'a>(x: &'a str) {}"), "fn f<'a>(x: &'a str) {}");
        assert_eq!(code("'\\'' \"x\""), "' ' \"\"");
        assert_eq!(code("\"two\nlines\" f()"), "\"\n\" f()");
        assert_eq!(lines("a // b")[0].comment, "// b");
    }

    #[test]
    fn tests_end_with_their_brace_or_semicolon() {
        let source = "a\n#[cfg(test)]\nmod tests {\n  fn f() { \"}\" }\n}\nb\n#[cfg(test)]\nuse c;\nd";
        let inside: Vec<bool> = lines(source).iter().map(|line| line.in_test).collect();
        assert_eq!(inside, [false, true, true, true, true, false, true, true, false]);
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("a print!(x)", "print!"));
        assert!(!has_word("eprint!(x)", "print!"));
        assert!(!has_word("polars_core", "polars"));
    }
}
