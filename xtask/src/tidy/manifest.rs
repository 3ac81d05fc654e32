//! Rules on the crates' manifests: dependencies point one way, and large ones have one place.

use super::violation::Violation;

/// Our crates, and which of ours each may depend on. A development dependency is free: a test needs an engine.
const MAY_USE: &[(&str, &[&str])] = &[
    ("inr-core", &[]),
    ("inr-burn", &["inr-core"]),
    ("datasets", &[]),
    ("meta", &["inr-core"]),
    ("prune", &["inr-core"]),
    ("repro", &["inr-core", "inr-burn", "datasets", "meta", "prune"]),
    ("xtask", &[]),
];

/// Dependencies that take minutes to build, by the beginning of their names, and the one crate that has each.
const ONLY_IN: &[(&str, &str)] = &[("burn", "inr-burn"), ("tch", "inr-burn"), ("polars", "repro")];

/// A line of a table of dependencies.
struct Dependency<'a> {
    name: &'a str,
    line: usize,
    development: bool,
}

/// The name of the crate that a file is the manifest of.
pub fn crate_of(file: &str) -> Option<&str> {
    let folder = file.strip_suffix("/Cargo.toml")?;
    Some(folder.rsplit('/').next().unwrap_or(folder))
}

/// Every violation in the manifest of the crate `name`.
pub fn check(file: &str, name: &str, manifest: &str) -> Vec<Violation> {
    let Some((_, may_use)) = MAY_USE.iter().find(|(ours, _)| *ours == name) else {
        let sentence = format!("say in xtask/src/tidy/manifest.rs which of our crates `{name}` may use");
        return vec![Violation::new(file, 1, "dependencies", sentence)];
    };
    let complaint = |dependency: Dependency| {
        let sentence = complaint(name, may_use, &dependency)?;
        Some(Violation::new(file, dependency.line, "dependencies", sentence))
    };
    dependencies(manifest).into_iter().filter_map(complaint).collect()
}

fn complaint(name: &str, may_use: &[&str], dependency: &Dependency) -> Option<String> {
    let other = dependency.name;
    let ours = MAY_USE.iter().any(|(ours, _)| *ours == other);
    let home = ONLY_IN.iter().find(|(large, _)| !ours && is_part_of(other, large)).map(|(_, home)| *home);
    match home {
        _ if name == "xtask" => Some(format!("xtask builds in a second because it has no `{other}`")),
        _ if ours && !dependency.development && !may_use.contains(&other) => {
            Some(format!("`{name}` must not depend on `{other}`: dependencies point one way"))
        }
        Some(home) if home != name => Some(format!("only `{home}` depends on `{other}`")),
        _ => None,
    }
}

/// `burn-store` is part of `burn`, `burnish` is not.
fn is_part_of(name: &str, large: &str) -> bool {
    name.strip_prefix(large).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The dependencies a manifest lists, each with its line.
fn dependencies(manifest: &str) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    let mut table = "";
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_end_matches(']');
        }
        let Some((development, inner)) = table_of(table) else { continue };
        let name = match line.starts_with('[') {
            true => inner, // [dependencies.NAME]
            false if inner.is_empty() => line.split(['=', '.', ' ', '#']).next().unwrap_or(""),
            false => "",
        };
        if !name.is_empty() {
            found.push(Dependency { name: name.trim_matches('"'), line: index + 1, development });
        }
    }
    found
}

/// Whether a table has dependencies for development, and the one it is about, if it is about one.
fn table_of(table: &str) -> Option<(bool, &str)> {
    let at = table.rfind("dependencies")?;
    let inner = table[at + "dependencies".len()..].trim_start_matches('.');
    Some((table[..at].ends_with("dev-"), inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(name: &str, manifest: &str) -> Vec<usize> {
        check("Cargo.toml", name, manifest).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn dependencies_point_one_way() {
        let manifest = "[package]\nname = \"meta\"\n[dependencies]\ninr-core.workspace = true\nprune = { path = \"x\" }\n";
        assert_eq!(lines("meta", manifest), [5]);
        assert_eq!(lines("inr-core", manifest), [4, 5]);
        assert_eq!(lines("repro", manifest), []);
        assert_eq!(lines("meta", "[dependencies.repro]\npath = \"x\""), [1]);
        assert_eq!(lines("meta", "[target.'cfg(unix)'.dependencies]\ndatasets = \"1\""), [2]);
    }

    #[test]
    fn tests_may_use_what_they_like_of_ours() {
        assert_eq!(lines("meta", "[dev-dependencies]\ninr-burn.workspace = true"), []);
        assert_eq!(lines("xtask", "[dev-dependencies]\ntempfile.workspace = true"), [2]);
    }

    #[test]
    fn large_dependencies_have_one_home() {
        assert_eq!(lines("inr-burn", "[dependencies]\nburn.workspace = true"), []);
        assert_eq!(lines("meta", "[dev-dependencies]\nburn-store = \"0.22\""), [2]);
        assert_eq!(lines("inr-core", "[dependencies]\npolars = \"1\"\nburnish = \"1\""), [2]);
    }

    #[test]
    fn a_new_crate_has_to_be_placed() {
        assert_eq!(lines("viewer", ""), [1]);
        assert_eq!(crate_of("crates/meta/Cargo.toml"), Some("meta"));
        assert_eq!(crate_of("Cargo.toml"), None);
    }
}
