//! Where numbers come from, in pairs of a name and what is to be said: `provenance.csv`.

use std::path::Path;

use anyhow::{Context, Result};
use inr_core::file::write_atomically;

const FILE: &str = "provenance.csv";

/// Where the numbers come from: (name, value), in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provenance(pub Vec<(String, String)>);

impl Provenance {
    /// Writes it beside the rows, as it may be passed on: folders of this machine are written DIR.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn write(&self, folder: &Path) -> Result<()> {
        Ok(write_atomically(&folder.join(FILE), self.csv()?.as_bytes())?)
    }

    /// That of a folder.
    ///
    /// # Errors
    /// If the file is missing or damaged.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let place = || path.display().to_string();
        let mut reader = csv::Reader::from_path(&path).with_context(place)?;
        Ok(Self(reader.deserialize().collect::<Result<_, _>>().with_context(place)?))
    }

    fn csv(&self) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["name", "value"])?;
        for (name, value) in &self.0 {
            let words: Vec<String> = value.split(' ').map(without_folder).collect();
            writer.write_record([name.as_str(), &words.join(" ")])?;
        }
        Ok(String::from_utf8(writer.into_inner().context(FILE)?)?)
    }
}

/// `/a/b` → `DIR`, `--out=/a/b` → `--out=DIR`, other words as they are.
fn without_folder(word: &str) -> String {
    match word.rsplit_once('=') {
        Some((flag, value)) if value.starts_with('/') => format!("{flag}=DIR"),
        _ if word.starts_with('/') || word.starts_with("'/") => "DIR".into(),
        _ => word.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provenance_for_a_record_names_no_folder_of_this_machine() {
        let pairs = [
            ("command", "cargo xtask repro table1 --out /tmp/x --set a=1/2 --data-root=/a"),
            ("machine", "x, y"),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_string(), value.to_string()));
        let csv = Provenance(pairs.into()).csv().unwrap();
        let expected = "name,value\ncommand,cargo xtask repro table1 --out DIR --set a=1/2 --data-root=DIR\nmachine,\"x, y\"\n";
        assert_eq!(csv, expected);
    }
}
