//! The keys that an operator trusts.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use ct_codecs::{Base64, Decoder};
use minisign_verify::PublicKey;

use super::{KeyId, KeysError, Moment, Proofs, file};
use crate::config::Config;
use crate::name::PlannerName;
use crate::trust::RevokedKey;

/// How many bytes a key takes.
const POINT_SIZE: usize = 32;

/// How many bytes a public key takes: the algorithm, the key's number and the key.
const PUBLIC_SIZE: usize = 2 + KeyId::SIZE + POINT_SIZE;

/// What the operator wants of signatures.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signatures {
    /// Whether a plugin without one is refused.
    pub(crate) required: bool,
    /// The keys that count; none if no file of keys is configured.
    pub(crate) keys: Option<Arc<TrustedKeys>>,
    /// What was found out with these keys.
    pub(crate) proofs: Arc<Proofs>,
}

/// The keys of one file; no two have the same name, number or public key.
#[derive(Debug)]
pub(crate) struct TrustedKeys {
    pub(super) path: PathBuf,
    pub(super) keys: Vec<TrustedKey>,
}

/// A key, and what it is trusted with.
#[derive(Debug)]
pub(crate) struct TrustedKey {
    pub(super) name: String,
    pub(super) id: KeyId,
    pub(super) public: PublicKey,
    /// The key itself, without its number.
    pub(super) point: [u8; POINT_SIZE],
    pub(super) signs: Signs,
    pub(super) not_before: Moment,
    pub(super) not_after: Moment,
}

/// Whose plugins a key may sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Signs {
    /// Everybody's.
    All,
    /// Those of these planners.
    Named(BTreeSet<PlannerName>),
}

impl Signatures {
    /// What `config` wants, with the keys read from its file.
    pub(crate) fn read(config: &Config) -> Result<Self, KeysError> {
        let trust = config.trust();
        let keys = trust.trusted_keys.as_deref().map(file::read).transpose()?;
        Ok(Self {
            required: trust.require_signature,
            keys: keys.map(Arc::new),
            proofs: Arc::default(),
        })
    }

    /// Whether there is anything to judge.
    pub(crate) fn are_wanted(&self) -> bool {
        self.required || self.keys.is_some()
    }
}

impl TrustedKeys {
    /// Where they are written.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The keys, in the order of the file.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &TrustedKey> {
        self.keys.iter()
    }

    pub(super) fn get(&self, id: KeyId) -> Option<&TrustedKey> {
        self.keys.iter().find(|key| key.id == id)
    }
}

impl TrustedKey {
    /// What the operator calls it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its number.
    pub(crate) fn id(&self) -> KeyId {
        self.id
    }

    /// Whose plugins it may sign.
    pub(crate) fn signs(&self) -> &Signs {
        &self.signs
    }

    /// From when it counts.
    pub(crate) fn not_before(&self) -> &Moment {
        &self.not_before
    }

    /// Until when it counts.
    pub(crate) fn not_after(&self) -> &Moment {
        &self.not_after
    }

    /// Whether one of `revoked` is its number, or the key itself under whatever number.
    pub(crate) fn is_revoked(&self, revoked: &BTreeSet<RevokedKey>) -> bool {
        revoked.iter().map(RevokedKey::as_str).any(|text| {
            KeyId::parse(text) == Some(self.id)
                || Public::parse(text).is_some_and(|key| key.point == self.point)
        })
    }

    /// Whether its time is still to come.
    pub(crate) fn is_early(&self, now: SystemTime) -> bool {
        now < self.not_before.first()
    }

    /// Whether its time is over.
    pub(crate) fn is_late(&self, now: SystemTime) -> bool {
        now > self.not_after.last()
    }
}

impl Signs {
    pub(super) fn includes(&self, name: &PlannerName) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(name),
        }
    }
}

impl fmt::Display for Signs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all planners"),
            Self::Named(names) => {
                let names: Vec<_> = names.iter().map(PlannerName::as_str).collect();
                f.write_str(&names.join(", "))
            }
        }
    }
}

/// A public key in its two forms, and its number.
pub(super) struct Public {
    pub(super) id: KeyId,
    pub(super) key: PublicKey,
    pub(super) point: [u8; POINT_SIZE],
}

impl Public {
    /// Reads the second line of minisign's file of a public key.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let key = PublicKey::from_base64(text).ok()?;
        let mut bytes = [0; PUBLIC_SIZE];
        let decoded = Base64::decode(&mut bytes, text, None).ok()?;
        let (id, point) = decoded.get(2..)?.split_first_chunk()?;
        Some(Self {
            id: KeyId::of_bytes(*id),
            key,
            point: point.try_into().ok()?,
        })
    }
}
