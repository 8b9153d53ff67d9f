//! From the text of a lock to what it holds; whatever is not understood is an error with its line.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use blake3::Hash;
use semver::Version;
use serde::Deserialize;
use toml::Spanned;

use super::error::LockFault;
use super::key::RevokedKey;
use super::model::{Digest, Lock, LockEntry};
use crate::name::PlannerName;
use crate::scrub;

/// The form of the file that is known.
pub(super) const SCHEMA: u32 = 1;

/// What a digest begins with.
pub(super) const DIGEST_START: &str = "blake3:";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: Spanned<u32>,
    #[serde(default)]
    planners: BTreeMap<Spanned<String>, Entry>,
    #[serde(default)]
    revoked: Revoked,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    min_version: Option<Spanned<String>>,
    #[serde(default)]
    versions: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoked {
    #[serde(default)]
    digests: Vec<Spanned<String>>,
    #[serde(default)]
    keys: Vec<Spanned<String>>,
}

impl Lock {
    /// The lock that `text` writes down.
    ///
    /// # Errors
    /// [`LockFault`] with line and key of the first thing that is not understood.
    pub fn parse(text: &str) -> Result<Self, LockFault> {
        let file: File = toml::from_str(text).map_err(|error| LockFault {
            line: error.span().map_or(0, |span| line_at(text, span.start)),
            key: String::new(),
            what: scrub::shorten(&error.message().replace('\n', ", ")).into_owned(),
        })?;
        Reader { text }.lock(file)
    }
}

/// The form of a digest, `blake3:` and 64 hexadecimal digits in lower case.
pub(super) fn parse_digest(text: &str) -> Option<Hash> {
    let digits = text.strip_prefix(DIGEST_START)?;
    let is_lower = !digits.contains(|c: char| c.is_ascii_uppercase());
    Hash::from_hex(digits).ok().filter(|_| is_lower)
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn lock(&self, file: File) -> Result<Lock, LockFault> {
        if *file.schema.get_ref() != SCHEMA {
            let what = format!("is not {SCHEMA}, the only form that this version knows");
            return Err(self.fault(&file.schema, "schema", &what));
        }
        let mut lock = Lock::default();
        for (given, entry) in file.planners {
            let key = format!("planners.{}", given.get_ref());
            let name = PlannerName::parse(given.get_ref())
                .map_err(|_| self.fault(&given, &key, "is no planner name"))?;
            let entry = self.entry(&key, entry)?;
            if lock.planners.insert(name, entry).is_some() {
                return Err(self.fault(&given, &key, "is there twice"));
            }
        }
        lock.revoked_digests = self.digests("revoked.digests", file.revoked.digests)?;
        for given in file.revoked.keys {
            let key = RevokedKey::parse(given.get_ref()).ok_or_else(|| {
                let what = "is neither a key's id of 16 hexadecimal digits nor a public key";
                self.fault(&given, "revoked.keys", what)
            })?;
            if !lock.revoked_keys.insert(key) {
                return Err(self.fault(&given, "revoked.keys", "names a key twice"));
            }
        }
        Ok(lock)
    }

    fn entry(&self, key: &str, entry: Entry) -> Result<LockEntry, LockFault> {
        let min_version = entry.min_version.as_ref();
        let mut read = LockEntry {
            min_version: min_version
                .map(|given| self.version(&format!("{key}.min_version"), given))
                .transpose()?,
            versions: BTreeMap::new(),
        };
        for (given, digests) in entry.versions {
            let key = format!("{key}.versions.\"{}\"", given.get_ref());
            let version = self.version(&key, &given)?;
            let digests = self.digests(&key, digests)?;
            read.versions.insert(version, digests);
        }
        Ok(read)
    }

    fn version(&self, key: &str, given: &Spanned<String>) -> Result<Version, LockFault> {
        Version::from_str(given.get_ref())
            .map_err(|error| self.fault(given, key, &format!("is no version: {error}")))
    }

    fn digests(
        &self,
        key: &str,
        given: Vec<Spanned<String>>,
    ) -> Result<BTreeSet<Digest>, LockFault> {
        let mut digests = BTreeSet::new();
        for text in given {
            let digest = parse_digest(text.get_ref()).ok_or_else(|| {
                let what = "is no digest: blake3: and 64 hexadecimal digits in lower case";
                self.fault(&text, key, what)
            })?;
            if !digests.insert(*digest.as_bytes()) {
                return Err(self.fault(&text, key, "names a digest twice"));
            }
        }
        Ok(digests)
    }

    fn fault<T>(&self, at: &Spanned<T>, key: &str, what: &str) -> LockFault {
        LockFault {
            line: line_at(self.text, at.span().start),
            key: format!("{}: ", scrub::shorten(key)),
            what: what.to_owned(),
        }
    }
}

fn line_at(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        Lock::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn whatever_is_not_understood_is_named_with_its_line_and_key() {
        let digest = format!("\"blake3:{}\"", "ab".repeat(32));
        let bad = format!("\"blake3:{}\"", "AB".repeat(32));
        let two = format!("[{digest},\n{digest}]");
        let cases = [
            (
                "schema = 2",
                "line 1: schema: is not 1, the only form that this version knows",
            ),
            (
                "schema = 1\nextra = 1",
                "line 2: unknown field `extra`, expected one of `schema`, `planners`, `revoked`",
            ),
            (
                "schema = 1\n[planners.\"a b\"]",
                "line 2: planners.a b: is no planner name",
            ),
            (
                "schema = 1\n[planners.abc]\n[planners.ABC]",
                "line 2: planners.abc: is there twice",
            ),
            (
                "schema = 1\n[planners.abc]\nmin_version = \"1\"",
                "line 3: planners.abc.min_version: is no version: unexpected end of input while parsing major version number",
            ),
            (
                "schema = 1\n[planners.abc]\nfoo = 1",
                "line 3: unknown field `foo`, expected `min_version` or `versions`",
            ),
            (
                &format!("schema = 1\n[planners.abc.versions]\n\"1.0.0\" = [{bad}]"),
                "line 3: planners.abc.versions.\"1.0.0\": is no digest: blake3: and 64 hexadecimal digits in lower case",
            ),
            (
                &format!("schema = 1\n[planners.abc.versions]\n\"1.0.0\" = {two}"),
                "line 4: planners.abc.versions.\"1.0.0\": names a digest twice",
            ),
            (
                "schema = 1\n[revoked]\nkeys = [\"x\"]",
                "line 3: revoked.keys: is neither a key's id of 16 hexadecimal digits nor a public key",
            ),
        ];
        let found: Vec<_> = cases.iter().map(|(text, _)| fault(text)).collect();
        let expected: Vec<_> = cases.iter().map(|(_, fault)| (*fault).to_owned()).collect();
        assert_eq!(found, expected);
        assert_eq!(Lock::parse("").unwrap_err().line, 1);
        assert_eq!(Lock::parse("schema = 1\nschema = 1").unwrap_err().line, 2);
    }
}
