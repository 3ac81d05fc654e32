//! What a rule finds wrong.

/// One place where a rule does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// Path from the workspace's folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Name of the rule.
    pub rule: &'static str,
    /// What is wrong, in one sentence.
    pub sentence: String,
    /// Said, but no reason to fail.
    pub is_warning: bool,
}

impl Violation {
    /// A reason to fail.
    pub fn new(file: &str, line: usize, rule: &'static str, sentence: impl Into<String>) -> Self {
        Violation { file: file.into(), line, rule, sentence: sentence.into(), is_warning: false }
    }

    /// Worth a look.
    pub fn warning(file: &str, line: usize, rule: &'static str, sentence: impl Into<String>) -> Self {
        Violation { is_warning: true, ..Violation::new(file, line, rule, sentence) }
    }
}
