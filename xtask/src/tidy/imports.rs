//! What a Rust source imports: its `use` declarations and the paths that stand in its code.
//!
//! Not a parser either: it reads the words that `lexer` calls code. What a macro or an attribute's text names
//! (`#[serde(with = "…")]`) is not seen, and neither is a method of a value that another function returned.

use super::lexer::{Line, lines};

/// A path as it is written, with the modules of the same file around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Mention {
    /// Its parts; `*` at the end takes everything.
    pub path: Vec<String>,
    /// What a `use` calls it in this file; `None` of a path in the code.
    pub name: Option<String>,
    /// The inline modules (`mod tests { … }`) it stands in, the outermost first.
    pub inside: Vec<String>,
    /// Line, from 1.
    pub line: usize,
    /// Under `#[cfg(test)]`.
    pub in_test: bool,
}

/// What a source says of other modules.
pub struct Source {
    /// Every `use`, and every path of two parts or more.
    pub mentions: Vec<Mention>,
    /// It has documentation, `mod` and `pub use` only, its tests apart.
    pub is_door: bool,
}

/// A word, `::`, or one other character.
struct Token<'a> {
    text: &'a str,
    line: usize,
    in_test: bool,
}

/// The tokens of a source and the place of the reader in it.
struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    /// Inline modules that are open, each with the depth of braces it was opened at.
    inside: Vec<(usize, String)>,
    depth: usize,
    mentions: Vec<Mention>,
}

/// Reads a source.
pub fn read(source: &str) -> Source {
    let lines = lines(source);
    let tokens: Vec<Token> =
        lines.iter().enumerate().flat_map(|(index, line)| tokens(index + 1, line)).collect();
    let mut reader = Reader { tokens: &tokens, at: 0, inside: Vec::new(), depth: 0, mentions: Vec::new() };
    while reader.at < tokens.len() {
        reader.step();
    }
    Source { mentions: reader.mentions, is_door: is_door(&tokens) }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn tokens(line: usize, Line { code, in_test, .. }: &Line) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let length = match () {
            () if part(first) => rest.find(|c| !part(c)).unwrap_or(rest.len()),
            () if rest.starts_with("::") => 2,
            () => first.len_utf8(),
        };
        found.push(Token { text: &rest[..length], line, in_test: *in_test });
        rest = rest[length..].trim_start();
    }
    found
}

impl Reader<'_> {
    /// The token so many places on; empty behind the end.
    fn ahead(&self, count: usize) -> &str {
        self.tokens.get(self.at + count).map_or("", |token| token.text)
    }

    /// Reads a declaration, a path, or one token.
    fn step(&mut self) {
        match (self.ahead(0), self.ahead(1)) {
            ("use", next) if next == "::" || next == "{" || is_word(next) => {
                self.at += 1;
                self.tree(Vec::new());
            }
            ("mod", name) if self.ahead(2) == "{" => {
                self.inside.push((self.depth, name.to_string()));
                self.depth += 1;
                self.at += 3;
            }
            ("{", _) => {
                self.depth += 1;
                self.at += 1;
            }
            ("}", _) => {
                self.depth = self.depth.saturating_sub(1);
                self.inside.pop_if(|(depth, _)| *depth == self.depth);
                self.at += 1;
            }
            (first, "::") if is_word(first) => self.path(),
            ("::", _) => self.at += 2, // of another crate, or behind `<T as Trait>`
            _ => self.at += 1,
        }
    }

    /// `crate::native::plan::Plan`.
    fn path(&mut self) {
        let at = self.at;
        let mut path = vec![self.ahead(0).to_string()];
        while self.ahead(1) == "::" && is_word(self.ahead(2)) {
            path.push(self.ahead(2).to_string());
            self.at += 2;
        }
        self.at += 1;
        while self.ahead(0) == "::" {
            self.at += 1; // before `<` or `{`: what follows is no part of the path
        }
        self.mention(at, path, None);
    }

    /// What a `use` takes behind `path`: one thing, or a list of such trees in braces.
    fn tree(&mut self, mut path: Vec<String>) {
        let at = self.at;
        loop {
            match self.ahead(0) {
                "::" if path.is_empty() => path.push("::".into()), // of another crate
                "::" => {}
                "{" => {
                    self.at += 1;
                    while !matches!(self.ahead(0), "}" | ";" | "") {
                        self.tree(path.clone());
                        self.at += usize::from(self.ahead(0) == ",");
                    }
                    self.at += 1;
                    return;
                }
                "as" => {
                    let name = self.ahead(1).to_string();
                    self.at += 2;
                    return self.mention(at, path, Some(name));
                }
                word if is_word(word) || word == "*" => path.push(word.to_string()),
                _ => break,
            }
            self.at += 1;
        }
        path.pop_if(|last| last == "self");
        let name = path.last().cloned();
        self.mention(at, path, name);
    }

    fn mention(&mut self, at: usize, path: Vec<String>, name: Option<String>) {
        let Some(Token { line, in_test, .. }) = self.tokens.get(at) else { return };
        let inside = self.inside.iter().map(|(_, name)| name.clone()).collect();
        self.mentions.push(Mention { path, name, inside, line: *line, in_test: *in_test });
    }
}

/// Whether there is nothing but `mod …;` and `pub use …;`, with attributes.
fn is_door(tokens: &[Token]) -> bool {
    let mut words = tokens.iter().filter(|token| !token.in_test).map(|token| token.text).peekable();
    while let Some(word) = words.next() {
        let is_public = word == "pub";
        let word = match word {
            "#" => {
                words.by_ref().take_while(|word| *word != "]").for_each(drop);
                continue;
            }
            "pub" if words.next_if_eq(&"(").is_some() => {
                words.by_ref().skip_while(|word| *word != ")").nth(1)
            }
            "pub" => words.next(),
            word => Some(word),
        };
        let declaration: Vec<&str> = words.by_ref().take_while(|word| *word != ";").collect();
        match word {
            Some("use") if is_public => {}
            Some("mod") if declaration.len() == 1 => {}
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(source: &str) -> Vec<String> {
        read(source).mentions.iter().map(|mention| mention.path.join("::")).collect()
    }

    #[test]
    fn trees_are_taken_apart() {
        let source = "use crate::{a::{self, B as C}, d::*};\npub(crate) use super::e;\nuse ::f::G;";
        assert_eq!(paths(source), ["crate::a", "crate::a::B", "crate::d::*", "super::e", "::::f::G"]);
        let names: Vec<_> = read(source).mentions.into_iter().map(|mention| mention.name.unwrap()).collect();
        assert_eq!(names, ["a", "C", "*", "e", "G"]);
    }

    #[test]
    fn paths_in_the_code_are_seen_and_those_in_texts_and_comments_are_not() {
        let source = "fn f(x: super::X) -> Vec<u8> {\n  crate::a::b(Vec::<u8>::new()); say(\"crate::c::d\"); // crate::e\n}";
        assert_eq!(paths(source), ["super::X", "crate::a::b", "Vec"]);
    }

    #[test]
    fn the_module_around_a_path_is_known() {
        let source = "use a::B;\nmod c {\n  fn f() { if x { super::d() } }\n}\n#[cfg(test)]\nmod tests {\n  use super::*;\n}\nuse e::F;";
        let read = read(source).mentions;
        let inside: Vec<_> = read.iter().map(|mention| mention.inside.concat()).collect();
        assert_eq!(inside, ["", "c", "tests", ""]);
        assert_eq!(
            read.iter().map(|mention| (mention.line, mention.in_test)).collect::<Vec<_>>(),
            [(1, false), (3, false), (7, true), (9, false)]
        );
    }

    #[test]
    fn a_door_has_modules_and_what_it_passes_on() {
        let door = "//! A door.\n#![forbid(unsafe_code)]\npub mod a;\n#[cfg(unix)]\nmod b;\npub(crate) use a::{B, C};\n#[cfg(test)]\nmod tests { fn f() {} }";
        assert!(read(door).is_door);
        for more in ["const X: usize = 1;", "mod c { }", "fn f() {}", "use a::B;"] {
            assert!(!read(&format!("{door}\n{more}")).is_door, "{more}");
        }
    }
}
