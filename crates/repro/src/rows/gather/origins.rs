//! Where numbers come from: of which command, machines, revisions and data.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;

use crate::plan::Session;
use crate::rows::provenance::Provenance;
use crate::rows::row::Row;
use crate::screen;
use crate::words::quoting;

/// Where the numbers of a session come from: command, machines, revisions, licences, fingerprints, times.
///
/// # Errors
/// If a data set can no longer be opened.
pub fn origins(session: &Session, rows: &[Row]) -> Result<Provenance> {
    let experiment = &session.experiment;
    let seeds: Vec<String> = experiment.axes.seed.iter().map(u64::to_string).collect();
    let mut pairs = vec![
        ("command".to_string(), command()),
        ("profile".to_string(), experiment.profile.clone()),
        ("seeds".to_string(), seeds.join(", ")),
    ];
    pairs.extend(session.provenance.iter().map(|(key, value)| (format!("tables by: {key}"), value.clone())));
    // Numbers may come from earlier sessions: each distinct machine, engine and revision is named.
    let mut origins: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut wall_s = 0.0;
    for job in &session.plan.jobs {
        let Some(manifest) = session.store.manifest(&job.id) else { continue };
        wall_s += manifest.wall_s;
        for (key, value) in manifest.provenance {
            origins.entry(key).or_default().insert(value);
        }
    }
    for (key, values) in origins {
        let values: Vec<String> = values.into_iter().collect();
        pairs.push((format!("numbers by: {key}"), values.join("; ")));
    }
    pairs.push(("work in all".into(), screen::clock(Duration::from_secs_f64(wall_s))));
    let mut named = BTreeSet::new();
    for job in &session.plan.jobs {
        let name = job.stage.dataset();
        if named.insert(name.to_string()) {
            let licence = datasets::kind(name).map_or("", |kind| kind.licence);
            pairs.push((format!("data: {name}"), format!("{licence}; fingerprint {}", job.fingerprint)));
            let remarks = session.data.open(name)?.set.remarks().into_iter();
            pairs.extend(remarks.map(|remark| (format!("data: {name}"), remark)));
        }
    }
    pairs.push(("failed rows".into(), rows.iter().filter(|row| row.err.is_some()).count().to_string()));
    Ok(Provenance(pairs))
}

/// The command that makes this page again.
fn command() -> String {
    let mut words = std::env::args_os().skip(1).peekable();
    words.next_if(|first| first == "run");
    format!("cargo xtask repro {}", quoting::command_line(words))
}
