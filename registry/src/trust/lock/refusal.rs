//! Why the lock does not let bytes run.

use blake3::Hash;
use semver::Version;

use crate::name::PlannerName;

/// Why the lock does not let bytes run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockRefusal {
    /// The lock does not know the planner.
    #[error("{name:?} is not in the lock{}", found_text(.found.as_ref()), name = name.as_str())]
    NotLocked {
        /// The planner's name.
        name: PlannerName,
        /// The digest of the file, where it is known.
        found: Option<Hash>,
    },
    /// The version is lower than the lock allows.
    #[error("version {version} of {name:?} is below {min}, the lowest that the lock accepts", name = name.as_str())]
    BelowMin {
        /// The planner's name.
        name: PlannerName,
        /// The file's version.
        version: Version,
        /// The lowest one accepted.
        min: Version,
    },
    /// The lock knows other versions of the planner.
    #[error("version {found} of {name:?} is not in the lock; it accepts {}{}", joined(.listed), found_text(.digest.as_ref()), name = name.as_str())]
    Version {
        /// The planner's name.
        name: PlannerName,
        /// The file's version; elsewhere, to keep all errors that carry this small.
        found: Box<Version>,
        /// The digest of the file, where it is known.
        digest: Option<Hash>,
        /// The versions in the lock.
        listed: Vec<Version>,
    },
    /// The bytes are not those of the lock.
    #[error("the digest of {name:?} is not in the lock: expected {}, found blake3:{found}", digests(.expected), name = name.as_str())]
    Mismatch {
        /// The planner's name.
        name: PlannerName,
        /// The digests in the lock.
        expected: Vec<Hash>,
        /// The file's digest.
        found: Hash,
    },
    /// The bytes are revoked.
    #[error("the lock revokes these bytes: blake3:{digest}")]
    Revoked {
        /// Their digest.
        digest: Hash,
    },
}

impl LockRefusal {
    /// Whether one more digest in the lock would mend it.
    pub(crate) fn is_of_digest(&self) -> bool {
        matches!(
            self,
            Self::NotLocked { .. } | Self::Version { .. } | Self::Mismatch { .. }
        )
    }

    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotLocked { .. } => "E_NOT_LOCKED",
            Self::BelowMin { .. } => "E_BELOW_MIN_VERSION",
            Self::Version { .. } => "E_LOCK_VERSION",
            Self::Mismatch { .. } => "E_DIGEST_MISMATCH",
            Self::Revoked { .. } => "E_DIGEST_REVOKED",
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NotLocked { .. } => {
                "If this file may run, accept its bytes with `registry lock --add FILE`.".to_owned()
            }
            Self::BelowMin { .. } => {
                "Install a newer version, or lower min_version in the lock.".to_owned()
            }
            Self::Version { name, .. } | Self::Mismatch { name, .. } => format!(
                "Find out who changed the file. If the change is wanted: `registry lock --update {name}`."
            ),
            Self::Revoked { .. } => "Remove the file; install one that is not revoked.".to_owned(),
        }
    }
}

fn found_text(found: Option<&Hash>) -> String {
    found.map_or_else(String::new, |found| format!("; found blake3:{found}"))
}

fn joined(versions: &[Version]) -> String {
    if versions.is_empty() {
        return "none".to_owned();
    }
    let texts: Vec<_> = versions.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

fn digests(digests: &[Hash]) -> String {
    let texts: Vec<_> = digests
        .iter()
        .map(|hash| format!("blake3:{hash}"))
        .collect();
    texts.join(" or ")
}
