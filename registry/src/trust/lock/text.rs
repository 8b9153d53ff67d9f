//! The text of a lock: sorted, one digest a line, so that a difference shows what changed.

use std::fmt::{self, Write as _};

use super::model::{Digest, Lock};
use super::parse::{DIGEST_START, SCHEMA};

/// Stands above every lock that is written.
const HEAD: &str = "\
# Which bytes may run as which planner. Keep it under version control.
# `registry lock` rewrites this file as a whole: comments of your own are lost.
";

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}schema = {SCHEMA}")?;
        for (name, entry) in &self.planners {
            writeln!(f, "\n[planners.{name}]")?;
            if let Some(min) = &entry.min_version {
                writeln!(f, "min_version = \"{min}\"")?;
            }
            if !entry.versions.is_empty() {
                writeln!(f, "\n[planners.{name}.versions]")?;
            }
            for (version, digests) in &entry.versions {
                list(f, &format!("\"{version}\""), digests.iter().map(shown))?;
            }
        }
        if !self.revoked_digests.is_empty() || !self.revoked_keys.is_empty() {
            writeln!(f, "\n[revoked]")?;
            list(f, "digests", self.revoked_digests.iter().map(shown))?;
            list(f, "keys", self.revoked_keys.iter().map(ToString::to_string))?;
        }
        Ok(())
    }
}

fn list(
    f: &mut fmt::Formatter<'_>,
    key: &str,
    texts: impl ExactSizeIterator<Item = String>,
) -> fmt::Result {
    if texts.len() == 0 {
        return writeln!(f, "{key} = []");
    }
    let mut lines = String::new();
    for text in texts {
        writeln!(lines, "    \"{text}\",")?;
    }
    writeln!(f, "{key} = [\n{lines}]")
}

fn shown(digest: &Digest) -> String {
    format!("{DIGEST_START}{}", blake3::Hash::from(*digest))
}

#[cfg(test)]
mod tests {
    use super::super::LockEntry;
    use super::*;

    #[test]
    fn a_lock_reads_back_as_it_was_written_and_in_one_order() {
        let mut lock = Lock::default();
        for (name, version, byte) in [
            ("zeta", "1.0.0", 9),
            ("alpha", "1.10.0", 3),
            ("alpha", "1.9.0", 2),
            ("alpha", "1.9.0", 1),
        ] {
            lock.add(
                &name.parse().unwrap(),
                &version.parse().unwrap(),
                [byte; 32].into(),
            );
        }
        let entry: &mut LockEntry = lock.planners.get_mut("alpha").unwrap();
        entry.min_version = Some("1.9.0".parse().unwrap());
        let revoked = [
            &format!("blake3:{}", "07".repeat(32)),
            "00aa11bb22cc33dd",
            "else",
        ];
        assert_eq!(revoked.map(|text| lock.revoke(text)), [true, true, false]);
        let digest = |byte: u8| format!("    \"blake3:{}\",\n", format!("{byte:02x}").repeat(32));
        let text = lock.to_string();
        let expected = format!(
            "{HEAD}schema = 1\n\n[planners.alpha]\nmin_version = \"1.9.0\"\n\n[planners.alpha.versions]\n\
             \"1.9.0\" = [\n{}{}]\n\"1.10.0\" = [\n{}]\n\n[planners.zeta]\n\n[planners.zeta.versions]\n\
             \"1.0.0\" = [\n{}]\n\n[revoked]\ndigests = [\n{}]\nkeys = [\n    \"00AA11BB22CC33DD\",\n]\n",
            digest(1),
            digest(2),
            digest(3),
            digest(9),
            digest(7)
        );
        assert_eq!(text, expected);
        assert_eq!(Lock::parse(&text), Ok(lock));
        assert_eq!(
            Lock::parse(&Lock::default().to_string()),
            Ok(Lock::default())
        );
    }
}
