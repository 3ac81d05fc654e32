//! Files that are not used, in a sentence with their number and the first names. What a person should know of a data
//! set is said in such sentences; a run, its provenance and `data verify` show them.

/// Names in a sentence.
pub(crate) const NAMED: usize = 8;

/// "2 files … are left out: a, b"; nothing of no file. `why` follows the number.
pub(crate) fn left_out(files: &[String], why: &str) -> Option<String> {
    let number = if files.len() == 1 { "1 file".to_string() } else { format!("{} files", files.len()) };
    (!files.is_empty()).then(|| format!("left out: {number} {why}: {}", first_names(files, NAMED)))
}

/// "a, b, c, …": so many of them.
pub(crate) fn first_names<T: AsRef<str>>(names: &[T], count: usize) -> String {
    let first: Vec<&str> = names.iter().take(count).map(AsRef::as_ref).collect();
    first.join(", ") + if names.len() > count { ", …" } else { "" }
}
