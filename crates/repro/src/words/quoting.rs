//! Paths and words of the command line as people read them: bytes that are not UTF-8 are shown as �, so that a folder
//! with a name of another system's can be written into and is named as well as text can.

use std::ffi::OsString;
use std::path::Path;

use serde::Serializer;

/// A path in JSON; `serde`'s own form of it is an error where the path is not UTF-8.
///
/// # Errors
/// Those of the serializer.
pub fn path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// Words of a command line as one would type them: quoted where a shell would take them apart.
pub fn command_line(words: impl Iterator<Item = OsString>) -> String {
    let word = |word: OsString| {
        let word = word.to_string_lossy().into_owned();
        let is_plain = |c: char| c.is_alphanumeric() || "-_=+./,:@%�".contains(c);
        match !word.is_empty() && word.chars().all(is_plain) {
            true => word,
            false => format!("'{}'", word.replace('\'', r"'\''")),
        }
    };
    words.map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_take_them_apart() {
        let words =
            ["table1", "--only", "a|b", "--set", "about=it's", "", "--out=/tmp/x"].map(OsString::from);
        let line = command_line(words.into_iter());
        assert_eq!(line, r"table1 --only 'a|b' --set 'about=it'\''s' '' --out=/tmp/x");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_not_utf8_is_shown_lossily() {
        use std::os::unix::ffi::OsStringExt;
        let name = OsString::from_vec(b"caf\xe9".to_vec());
        assert_eq!(command_line([name.clone()].into_iter()), "caf\u{fffd}");
        let json = path(Path::new(&name), serde_json::value::Serializer).unwrap();
        assert_eq!(json, "caf\u{fffd}");
    }
}
