//! Where numbers come from: program, compiler, machine.

use std::process::Command;

/// Engine, revision, compiler, processor and threads of this process.
pub fn here(engine: &str) -> Vec<(String, String)> {
    [
        ("engine", engine.to_string()),
        ("program", format!("repro {}", env!("CARGO_PKG_VERSION"))),
        ("revision", revision()),
        ("compiler", env!("BUILT_BY").to_string()),
        ("processor", processor()),
        ("threads", rayon::current_num_threads().to_string()),
        ("system", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
    ]
    .map(|(key, value)| (key.to_string(), value))
    .to_vec()
}

/// The git revision of the source, and whether it was changed since; `unknown` outside a checkout.
fn revision() -> String {
    let git = |args: &[&str]| {
        let output = Command::new("git").arg("-C").arg(crate::place::workspace()).args(args).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
    };
    match (git(&["rev-parse", "--short=12", "HEAD"]), git(&["status", "--porcelain", "--untracked-files=no"]))
    {
        (Some(revision), Some(changes)) if changes.is_empty() => revision,
        (Some(revision), _) => format!("{revision}, changed since"),
        _ => "unknown".into(),
    }
}

fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        info.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    model.unwrap_or(std::env::consts::ARCH).trim().to_string()
}
