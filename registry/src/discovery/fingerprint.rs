//! One value for the whole content of all directories.

use std::fmt;

use blake3::{Hash, Hasher};
use serde::{Serialize, Serializer};

use super::memory::Memory;

/// BLAKE3 over names and contents, or `na` if contents were not read.
///
/// It depends neither on where the directories lie nor on times or owners: two machines with the
/// same plugins have the same fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(Option<Hash>);

impl Fingerprint {
    pub(super) const fn none() -> Self {
        Self(None)
    }

    pub(super) fn of<'a>(memories: impl Iterator<Item = &'a Memory>) -> Self {
        let mut hasher = Hasher::new();
        let mut block = Vec::new();
        for memory in memories {
            block.clear();
            block.extend((memory.files().len() as u64).to_le_bytes());
            for file in memory.files() {
                block.extend((file.name.len() as u64).to_le_bytes());
                block.extend_from_slice(&file.name);
                // What was not read counts as present, without content.
                let digest = file.seen.verdict.digest();
                block.push(u8::from(digest.is_some()));
                block.extend(digest.into_iter().flat_map(Hash::as_bytes));
            }
            hasher.update(&block);
        }
        Self(Some(hasher.finalize()))
    }

    /// The digest, unless the fingerprint is `na`.
    pub fn digest(&self) -> Option<&Hash> {
        self.0.as_ref()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(hash) => f.pad(&hash.to_hex()),
            None => f.pad("na"),
        }
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
