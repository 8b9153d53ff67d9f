//! What a lock holds, and what it says of bytes.

use std::collections::{BTreeMap, BTreeSet};

use blake3::Hash;
use semver::Version;

use super::key::RevokedKey;
use super::parse::parse_digest;
use super::refusal::LockRefusal;
use crate::name::PlannerName;

/// Which bytes of which version may be which planner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    pub(super) planners: BTreeMap<PlannerName, LockEntry>,
    pub(super) revoked_digests: BTreeSet<Digest>,
    pub(super) revoked_keys: BTreeSet<RevokedKey>,
}

/// What is accepted of one planner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockEntry {
    pub(super) min_version: Option<Version>,
    pub(super) versions: BTreeMap<Version, BTreeSet<Digest>>,
}

/// BLAKE3 of a file's bytes, in the order of its digits.
pub(super) type Digest = [u8; blake3::OUT_LEN];

impl Lock {
    /// The planners, each with what is accepted of it, by name.
    pub fn planners(&self) -> impl ExactSizeIterator<Item = (&PlannerName, &LockEntry)> {
        self.planners.iter()
    }

    /// What is accepted of the planner `name`.
    pub fn entry(&self, name: &PlannerName) -> Option<&LockEntry> {
        self.planners.get(name)
    }

    /// Keys that count no longer, although their file trusts them.
    pub fn revoked_keys(&self) -> &BTreeSet<RevokedKey> {
        &self.revoked_keys
    }

    /// Digests that are never accepted again.
    pub fn revoked_digests(&self) -> impl ExactSizeIterator<Item = Hash> + '_ {
        self.revoked_digests.iter().copied().map(Hash::from)
    }

    /// Whether bytes may be the planner `name` of `version`. Without a digest, which is not always
    /// known before a file is loaded, it is judged by name and version alone.
    pub(crate) fn judge(
        &self,
        name: &PlannerName,
        version: &Version,
        digest: Option<&Hash>,
    ) -> Result<(), LockRefusal> {
        let name = || name.clone();
        if let Some(digest) = digest.filter(|found| self.revoked_digests.contains(found.as_bytes()))
        {
            return Err(LockRefusal::Revoked { digest: *digest });
        }
        let Some(entry) = self.planners.get(&name()) else {
            return Err(LockRefusal::NotLocked {
                name: name(),
                found: digest.copied(),
            });
        };
        if let Some(min) = entry.min_version.as_ref()
            && version.cmp_precedence(min).is_lt()
        {
            return Err(LockRefusal::BelowMin {
                name: name(),
                version: version.clone(),
                min: min.clone(),
            });
        }
        let Some(expected) = entry.versions.get(version) else {
            return Err(LockRefusal::Version {
                name: name(),
                found: Box::new(version.clone()),
                digest: digest.copied(),
                listed: entry.versions.keys().cloned().collect(),
            });
        };
        match digest {
            Some(found) if !expected.contains(found.as_bytes()) => Err(LockRefusal::Mismatch {
                name: name(),
                expected: expected.iter().copied().map(Hash::from).collect(),
                found: *found,
            }),
            _ => Ok(()),
        }
    }

    /// Whether these bytes may be the planner `name` of `version`.
    pub fn accepts(&self, name: &PlannerName, version: &Version, digest: Hash) -> bool {
        self.judge(name, version, Some(&digest)).is_ok()
    }

    /// Accepts one more digest.
    pub fn add(&mut self, name: &PlannerName, version: &Version, digest: Hash) {
        let entry = self.planners.entry(name.clone()).or_default();
        let digests = entry.versions.entry(version.clone()).or_default();
        digests.insert(*digest.as_bytes());
    }

    /// Accepts of the planner `name` what `found` does and nothing else; nothing at all if `found` does
    /// not know it. The lowest version stays as it was set.
    pub fn replace(&mut self, name: &PlannerName, found: &Self) {
        let Some(new) = found.planners.get(name) else {
            self.planners.remove(name);
            return;
        };
        let entry = self.planners.entry(name.clone()).or_default();
        entry.versions.clone_from(&new.versions);
    }

    /// Revokes what `text` names: a digest, `blake3:…`, or a key. Whether it is either.
    pub fn revoke(&mut self, text: &str) -> bool {
        if let Some(digest) = parse_digest(text) {
            self.revoked_digests.insert(*digest.as_bytes());
        } else if let Some(key) = RevokedKey::parse(text) {
            self.revoked_keys.insert(key);
        } else {
            return false;
        }
        true
    }
}

impl LockEntry {
    /// The lowest version that is accepted, if one is set.
    pub fn min_version(&self) -> Option<&Version> {
        self.min_version.as_ref()
    }

    /// The accepted digests of each version.
    pub fn versions(&self) -> impl Iterator<Item = (&Version, Vec<Hash>)> {
        let hashes = |digests: &BTreeSet<Digest>| digests.iter().copied().map(Hash::from).collect();
        self.versions
            .iter()
            .map(move |(version, digests)| (version, hashes(digests)))
    }
}
