//! What is wanted of signatures, and how the trusted keys stand.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use super::json;
use crate::trust::{KeyId, Policy, TrustedKey, TrustedKeys};

/// What is wanted of signatures, and how the trusted keys stand.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SignatureStatus {
    /// Whether a plugin without a signature is refused.
    pub required: bool,
    /// The file of trusted keys; none if none is configured.
    #[serde(serialize_with = "json::optional_path")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub keys_file: Option<PathBuf>,
    /// The trusted keys, in the order of the file.
    pub keys: Vec<KeyStatus>,
}

/// A trusted key.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct KeyStatus {
    /// What the operator calls it.
    pub name: String,
    /// Its number.
    pub id: KeyId,
    /// Whose plugins it may sign, in words.
    pub signs: String,
    /// From when it counts.
    pub not_before: String,
    /// Until when it counts.
    pub not_after: String,
    /// Whether it counts now.
    pub state: KeyState,
}

/// Whether a key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeyState {
    /// It does.
    Valid,
    /// Its time is still to come.
    NotYetValid,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

impl SignatureStatus {
    /// What `policy` wants, as of now.
    pub(super) fn of(policy: &Policy) -> Self {
        let now = policy.now();
        let file = policy.signatures.keys.as_deref();
        let keys = file.into_iter().flat_map(TrustedKeys::iter);
        Self {
            required: policy.signatures.required,
            keys_file: file.map(|keys| Path::to_owned(keys.path())),
            keys: keys.map(|key| status(key, policy, now)).collect(),
        }
    }
}

fn status(key: &TrustedKey, policy: &Policy, now: SystemTime) -> KeyStatus {
    let state = if key.is_revoked(policy.guards.current().revoked_keys()) {
        KeyState::Revoked
    } else if key.is_early(now) {
        KeyState::NotYetValid
    } else if key.is_late(now) {
        KeyState::Expired
    } else {
        KeyState::Valid
    };
    KeyStatus {
        name: key.name().to_owned(),
        id: key.id(),
        signs: key.signs().to_string(),
        not_before: key.not_before().as_str().to_owned(),
        not_after: key.not_after().as_str().to_owned(),
        state,
    }
}

impl KeyState {
    /// The word of the text rendering.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::NotYetValid => "not yet valid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}
