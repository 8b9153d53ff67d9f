//! Why a signature does not let a plugin run.

use std::io;
use std::sync::Arc;

use super::KeyId;
use crate::name::PlannerName;

/// Why a signature does not let a plugin run.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureRefusal {
    /// One is required, and no keys are trusted.
    #[error("a signature is required, but no trusted keys are configured")]
    NoKeys,
    /// One is required, and there is none.
    #[error("a signature is required, and there is no file of this name with .minisig behind it")]
    Missing,
    /// There is one, and it cannot be read.
    #[error("its signature file cannot be read")]
    Unreadable(#[source] Arc<io::Error>),
    /// It is no signature file.
    #[error("its signature file is malformed: {what}")]
    Malformed {
        /// What is wrong with it.
        what: &'static str,
    },
    /// It signs the file itself, not a hash of it.
    #[error("its signature is of the old kind that is made without a hash of the file")]
    Legacy,
    /// The trusted keys do not hold the one that it names.
    #[error("its signature names key {id}, which is not among the trusted keys")]
    KeyUnknown {
        /// The number that the signature names.
        id: KeyId,
    },
    /// The key was revoked.
    #[error("its signature names key {key:?} ({id}), which is revoked")]
    KeyRevoked {
        /// What the operator calls the key.
        key: String,
        /// Its number.
        id: KeyId,
    },
    /// The signature is not one of these bytes.
    #[error("its signature by key {key:?} does not hold: these are not the bytes that were signed")]
    Invalid {
        /// What the operator calls the key.
        key: String,
    },
    /// The trusted comment does not say what was signed.
    #[error("its signature says \"{comment}\", and not which planner in which version was signed")]
    NoClaim {
        /// The trusted comment, escaped and shortened.
        comment: String,
    },
    /// Another planner was signed.
    #[error("its signature is for planner \"{signed}\", and the file is of {found:?}", found = found.as_str())]
    OtherName {
        /// The name in the trusted comment, escaped and shortened.
        signed: String,
        /// The name in the manifest.
        found: PlannerName,
    },
    /// Another version was signed.
    #[error("its signature is for version {signed}, and the file is of version {found}")]
    OtherVersion {
        /// The version in the trusted comment, escaped and shortened.
        signed: String,
        /// The version in the manifest.
        found: String,
    },
    /// The key may not sign this planner's plugins.
    #[error("key {key:?} may not sign plugins of {name:?}", name = name.as_str())]
    KeyNotForName {
        /// What the operator calls the key.
        key: String,
        /// The planner.
        name: PlannerName,
    },
    /// The key's time is still to come.
    #[error("key {key:?} is not valid before {not_before}")]
    KeyNotYetValid {
        /// What the operator calls the key.
        key: String,
        /// From when it counts.
        not_before: String,
    },
    /// The key's time is over.
    #[error("key {key:?} is not valid after {not_after}")]
    KeyExpired {
        /// What the operator calls the key.
        key: String,
        /// Until when it counted.
        not_after: String,
    },
}

impl SignatureRefusal {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoKeys => "E_NO_TRUSTED_KEYS",
            Self::Missing => "E_SIGNATURE_MISSING",
            Self::Unreadable(_) => "E_SIGNATURE_UNREADABLE",
            Self::Malformed { .. } => "E_SIGNATURE_MALFORMED",
            Self::Legacy => "E_SIGNATURE_LEGACY",
            Self::KeyUnknown { .. } => "E_KEY_UNKNOWN",
            Self::KeyRevoked { .. } => "E_KEY_REVOKED",
            Self::Invalid { .. } => "E_SIGNATURE_INVALID",
            Self::NoClaim { .. } => "E_SIGNATURE_CLAIM",
            Self::OtherName { .. } => "E_SIGNED_OTHER_NAME",
            Self::OtherVersion { .. } => "E_SIGNED_OTHER_VERSION",
            Self::KeyNotForName { .. } => "E_KEY_NOT_FOR_NAME",
            Self::KeyNotYetValid { .. } => "E_KEY_NOT_YET_VALID",
            Self::KeyExpired { .. } => "E_KEY_EXPIRED",
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NoKeys => {
                "Name a file of trusted keys in FACTORY_TRUSTED_KEYS or [trust] trusted_keys."
            }
            Self::Missing => {
                "Put the publisher's signature beside the file, or sign it with `registry sign`."
            }
            Self::Unreadable(_) => "Put a regular file that this user can read in its place.",
            Self::Malformed { .. } => "Get the signature again from whoever published the plugin.",
            Self::Legacy => {
                "Sign again with `registry sign`, or with minisign and without its option -l."
            }
            Self::KeyUnknown { .. } => {
                "If its publisher is to be trusted, get the public key from them by another way and add it to the trusted keys."
            }
            Self::KeyRevoked { .. } => {
                "Get the plugin again, signed with a key that is not revoked."
            }
            Self::Invalid { .. } => {
                "Get plugin and signature again; if they still differ, ask the publisher."
            }
            Self::NoClaim { .. } | Self::OtherName { .. } | Self::OtherVersion { .. } => {
                "Get the signature that was made for this file, or sign again with `registry sign`."
            }
            Self::KeyNotForName { .. } => {
                "If the key may sign this planner, add the name to the key's `planners`."
            }
            Self::KeyNotYetValid { .. } => "Wait, or check the clock and the key's not_before.",
            Self::KeyExpired { .. } => "Get the plugin signed with a key that is valid now.",
        }
    }
}
