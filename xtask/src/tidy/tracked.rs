//! Rules on every file of the repository: small, and the same on every machine.

use super::violation::Violation;

const MIB: usize = 1 << 20;

/// Where people's folders are. Written in two halves, as this file is checked too.
const HOMES: &[&str] =
    &[concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];

/// Every violation in a file, whatever its kind.
pub fn check(file: &str, bytes: &[u8]) -> Vec<Violation> {
    if bytes.len() > MIB {
        let sentence =
            format!("{} KiB; what is larger than 1 MiB is fetched by data-scripts/", bytes.len() >> 10);
        return vec![Violation::new(file, 1, "large-file", sentence)];
    }
    if bytes.contains(&0) {
        return vec![]; // a picture, not a text
    }
    let text = String::from_utf8_lossy(bytes);
    let sentence = "a path of one machine; write it relative to the repository or as an argument";
    let found = text.lines().enumerate().filter(|(_, line)| has_home(line));
    found.map(|(index, _)| Violation::new(file, index + 1, "machine-path", sentence)).collect()
}

/// Whether an absolute path of a machine begins somewhere in the line; one behind a letter or a brace goes on.
fn has_home(line: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || "._-~}/".contains(c);
    let begins = |(at, _): (usize, &str)| !line[..at].ends_with(goes_on) || line[..at].ends_with("://");
    HOMES.iter().any(|home| line.match_indices(home).any(begins))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_machine_are_found() {
        let home = HOMES[0];
        let text = format!("one\ncd {home}me\nsee https://example.org{home}page\n");
        let lines: Vec<usize> =
            check("a.md", text.as_bytes()).iter().map(|violation| violation.line).collect();
        assert_eq!(lines, [2]);
        assert!(has_home(&format!("\"file://{home}me\"")));
        assert!(!has_home(&format!("${{out}}{home}x")));
    }

    #[test]
    fn large_files_are_found() {
        assert_eq!(check("a.bin", &vec![0; MIB + 1])[0].rule, "large-file");
        assert_eq!(check("a.bin", &vec![0; MIB]), []);
    }
}
