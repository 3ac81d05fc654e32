//! Which file of a crate uses which: every path of every source, followed to the file that has the thing.
//!
//! A door passes things on (`pub use`); who takes one there uses the file behind it, not the door. So a parent and
//! its children make a circle only if the parent has code of its own that they use.

use std::collections::BTreeMap;

use super::imports::{Mention, Source, read};

/// Names from the crate's root: `["native", "plan"]`.
type Path = Vec<String>;

/// Re-exports of re-exports are followed so far; there are three at most.
const FOLLOWED: usize = 8;

/// That one file uses another.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// The file that imports, from the workspace's folder.
    pub from: String,
    /// The file it takes something of.
    pub to: String,
    /// The first line that does, from 1.
    pub line: usize,
    /// Only tests do.
    pub in_test: bool,
    /// By the program, and not by a door, which only passes on what its folder has.
    pub makes_circles: bool,
}

/// The sources of a crate by their modules.
pub struct Modules<'a> {
    /// As a binary calls the library beside it.
    name: String,
    sources: BTreeMap<Path, (&'a str, Source)>,
}

impl<'a> Modules<'a> {
    /// The sources (file, text) under `folder`/src.
    pub fn of(folder: &str, sources: &[(&'a str, &'a str)]) -> Self {
        let below = |file: &'a str| file.strip_prefix(folder)?.strip_prefix("/src/")?.strip_suffix(".rs");
        let has_library = sources.iter().any(|(file, _)| below(file) == Some("lib"));
        let module = |(file, text): &(&'a str, &'a str)| {
            Some((path_of(below(file)?, has_library), (*file, read(text))))
        };
        let name = folder.rsplit('/').next().unwrap_or(folder).replace('-', "_");
        Modules { name, sources: sources.iter().filter_map(module).collect() }
    }

    /// The files, but for the crate's own door (`lib.rs`), which belongs to no folder.
    pub fn files(&self) -> impl Iterator<Item = &'a str> {
        self.rooms().map(|(_, file, _)| file)
    }

    fn rooms(&self) -> impl Iterator<Item = (&Path, &'a str, &Source)> {
        let rooms = self.sources.iter().filter(|(path, (_, source))| !(path.is_empty() && source.is_door));
        rooms.map(|(path, (file, source))| (path, *file, source))
    }

    /// Every use of one of these files by another, once, in the order of their names.
    pub fn uses(&self) -> Vec<Use> {
        let mut found: BTreeMap<(&str, &str), (bool, usize)> = BTreeMap::new();
        for (path, file, source) in self.rooms() {
            for mention in &source.mentions {
                for target in self.followed(path, mention, FOLLOWED) {
                    let room = self.sources.get(&target).filter(|(_, to)| !(target.is_empty() && to.is_door));
                    let Some((other, _)) = room.filter(|(other, _)| *other != file) else { continue };
                    let seen = (mention.in_test || super::rust::is_test(file), mention.line);
                    let first = found.entry((file, other)).or_insert(seen);
                    *first = seen.min(*first); // a use of the program before one of its tests
                }
            }
        }
        let of = |((from, to), (in_test, line)): ((&str, &str), (bool, usize))| Use {
            from: from.into(),
            to: to.into(),
            line,
            in_test,
            makes_circles: !in_test && !self.is_door(from),
        };
        found.into_iter().map(of).collect()
    }

    fn is_door(&self, file: &str) -> bool {
        self.sources.values().any(|(name, source)| *name == file && source.is_door)
    }

    /// The modules that a mention in the module `at` takes something of.
    fn followed(&self, at: &[String], mention: &Mention, left: usize) -> Vec<Path> {
        self.absolute(at, mention, left).into_iter().flat_map(|path| self.target(&path, left)).collect()
    }

    /// A mention as names from the crate's root; nothing of other crates and of local names.
    fn absolute(&self, at: &[String], mention: &Mention, left: usize) -> Vec<Path> {
        let here = [at, &mention.inside].concat();
        let Some((first, rest)) = mention.path.split_first() else { return vec![] };
        match first.as_str() {
            "crate" => vec![rest.to_vec()],
            name if name == self.name && at == ["main"] => vec![rest.to_vec()],
            "self" => vec![[&here, rest].concat()],
            "super" => {
                let up = mention.path.iter().take_while(|part| *part == "super").count();
                vec![[&here[..here.len().saturating_sub(up)], &mention.path[up..]].concat()]
            }
            _ if self.sources.contains_key(&[&here[..], std::slice::from_ref(first)].concat()) => {
                vec![[&here, &mention.path[..]].concat()]
            }
            _ if left == 0 => vec![],
            name => {
                let named = |other: &&Mention| other.name.as_deref() == Some(name) && *other != mention;
                let others = self.mentions(at).filter(named);
                let absolute = others.flat_map(|other| self.absolute(at, other, left - 1));
                absolute.map(|path| [&path, rest].concat()).collect()
            }
        }
    }

    /// The module that has what a path from the root names: through `use`s of the modules on the way.
    fn target(&self, path: &[String], left: usize) -> Vec<Path> {
        let known =
            (0..=path.len()).take_while(|&n| self.sources.contains_key(&path[..n])).last().unwrap_or(0);
        let (module, rest) = path.split_at(known);
        let is_door = self.sources.get(module).is_some_and(|(_, source)| source.is_door);
        let Some((item, rest)) = rest.split_first().filter(|_| left > 0) else {
            return vec![module.to_vec()];
        };
        let passed_on = self.mentions(module).filter(|other| !other.in_test && other.inside.is_empty());
        let passed_on = passed_on.filter_map(|other| Some((other, other.name.as_deref()?)));
        let mut targets = Vec::new();
        for (other, name) in passed_on {
            let wanted = match (name, item.as_str()) {
                (name, item) if name == item && name != "*" => rest.to_vec(),
                ("*", _) if is_door => [std::slice::from_ref(item), rest].concat(),
                (_, "*") if is_door => vec![],
                _ => continue,
            };
            for path in self.absolute(module, other, left - 1) {
                let path = path.strip_suffix(&["*".to_string()]).unwrap_or(&path);
                targets.extend(self.target(&[path, &wanted].concat(), left - 1));
            }
        }
        if targets.is_empty() { vec![module.to_vec()] } else { targets }
    }

    fn mentions(&self, module: &[String]) -> impl Iterator<Item = &Mention> {
        self.sources.get(module).into_iter().flat_map(|(_, source)| &source.mentions)
    }
}

/// `native/mod` → `native`; the root for the crate's first file.
fn path_of(file: &str, has_library: bool) -> Path {
    let parts = file.split('/').map(String::from);
    match file {
        "lib" => vec![],
        "main" if !has_library => vec![],
        _ => parts.filter(|part| part != "mod").collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a/b → c` of the sources of a crate.
    fn arrows(sources: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<(String, &str)> =
            sources.iter().map(|(file, text)| (format!("crates/x-y/src/{file}.rs"), *text)).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (file.as_str(), *text)).collect();
        let short = |file: &str| file["crates/x-y/src/".len()..].trim_end_matches(".rs").to_string();
        let arrow = |used: &Use| {
            let test = if used.in_test { " in a test" } else { "" };
            format!("{} → {}{test}", short(&used.from), short(&used.to))
        };
        Modules::of("crates/x-y", &files).uses().iter().map(arrow).collect()
    }

    #[test]
    fn a_thing_taken_at_a_door_is_of_the_file_behind_it() {
        let crate_of = |taken: &str| {
            let door = "mod deep;\npub use deep::Thing;";
            arrows(&[
                ("lib", "mod a;\nmod b;\npub use b::*;"),
                ("a", taken),
                ("b/mod", door),
                ("b/deep", "pub struct Thing;"),
            ])
        };
        let taken = [
            "use crate::Thing;",
            "use crate::b::Thing as Other;",
            "use super::b::{deep::Thing};",
            "use crate::b;\nfn f() { b::Thing }",
            "fn f() -> crate::b::deep::Thing {}",
            "use super::*;",
        ];
        for taken in taken {
            assert!(crate_of(taken).contains(&"a → b/deep".to_string()), "{taken}: {:?}", crate_of(taken));
        }
        assert_eq!(crate_of("use std::b::Thing; fn f() { Thing::new(); c::d() }"), ["b/mod → b/deep"]);
    }

    #[test]
    fn tests_and_what_stands_in_them_are_marked() {
        let test = "#[cfg(test)]\nmod tests {\n use super::*;\n use crate::b::B;\n}";
        let sources = [("lib", ""), ("b", ""), ("b/tests", "use crate::a::A;"), ("a", test)];
        assert_eq!(arrows(&sources), ["a → b in a test", "b/tests → a in a test"]);
        assert_eq!(
            arrows(&[("lib", ""), ("b", ""), ("a", &format!("{test}\nfn f(b: crate::b::B) {{}}"))]),
            ["a → b"]
        );
    }

    #[test]
    fn a_binary_beside_a_library_uses_it_by_name() {
        assert_eq!(arrows(&[("lib", "mod a;"), ("main", "use x_y::a::run;"), ("a", "")]), ["main → a"]);
        assert_eq!(
            arrows(&[("main", "mod a;\nuse a::run;"), ("a", "fn f() { crate::root() }")]),
            ["a → main", "main → a"]
        );
    }
}
