//! What can be wrong with a file of trusted keys.

use std::fmt;
use std::path::PathBuf;

use super::moment;
use crate::config::{FileFault, Reason, shown_path};

/// A file of trusted keys that was refused as a whole: a key that is left aside for a mistyped field
/// would look like one that was taken away.
#[derive(Debug, thiserror::Error)]
#[error("trusted keys {path}: {fault}", path = shown_path(path))]
#[non_exhaustive]
pub struct KeysError {
    pub(super) path: PathBuf,
    pub(super) fault: KeysFault,
}

/// What is wrong with the file, or with one key of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysFault {
    /// The file cannot be read, or must not be.
    #[error(transparent)]
    File(#[from] FileFault),
    /// It is no TOML.
    #[error(transparent)]
    Syntax(#[from] Reason),
    /// Something in it is wrong.
    #[error("{place}: {fault}; allowed: {allowed}", allowed = fault.allowed())]
    At {
        /// Where, such as `key 2, not_after`.
        place: String,
        /// What.
        fault: KeyFault,
    },
}

/// What is wrong with one value.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFault {
    /// Something beside the keys.
    UnknownKey,
    /// A field that no key has.
    UnknownField,
    /// A field that every key has is not there.
    Missing,
    /// No list of keys, or an empty one, or one that is too long.
    BadList,
    /// No name for a key.
    BadName,
    /// Two keys have this name, number or public key.
    Twice,
    /// No public key.
    BadPublicKey,
    /// Neither all planners nor a list of names.
    BadPlanners,
    /// Neither a day nor a moment.
    BadMoment,
    /// Its end lies before its beginning.
    NeverValid,
}

impl KeysError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        "E_TRUSTED_KEYS"
    }

    /// What is wrong.
    pub fn fault(&self) -> &KeysFault {
        &self.fault
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> &'static str {
        match &self.fault {
            KeysFault::File(FileFault::Missing) => {
                "Correct FACTORY_TRUSTED_KEYS or [trust] trusted_keys, or put the file there."
            }
            KeysFault::File(_) => {
                "Put the file where only root and this user can write, and name it without links."
            }
            KeysFault::Syntax(_) | KeysFault::At { .. } => "Mend what the message names.",
        }
    }
}

impl KeyFault {
    /// What would be right.
    pub(super) fn allowed(&self) -> &'static str {
        match self {
            Self::UnknownKey => "[[key]] alone",
            Self::UnknownField | Self::Missing => {
                "name, public, planners, not_before and not_after, all of them"
            }
            Self::BadList => "[[key]], from 1 to 1000 times",
            Self::BadName => "1 to 64 letters, digits, '.', '_' and '-'",
            Self::Twice => "one [[key]] for each name, key number and public key",
            Self::BadPublicKey => "the second line of a public key file of minisign's, RW…",
            Self::BadPlanners => "\"all\", or a list of planner names",
            Self::BadMoment => moment::ALLOWED,
            Self::NeverValid => "a not_after that is not before not_before",
        }
    }
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownKey => "unknown key",
            Self::UnknownField => "unknown field",
            Self::Missing => "missing",
            Self::BadList => "not a list of keys",
            Self::BadName => "not a name",
            Self::Twice => "given twice",
            Self::BadPublicKey => "not a public key",
            Self::BadPlanners => "not a list of planners",
            Self::BadMoment => "not a day or a moment",
            Self::NeverValid => "the key is never valid",
        })
    }
}
