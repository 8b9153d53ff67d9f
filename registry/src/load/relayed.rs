//! Why a library was not loaded, told by another process.

use serde::{Deserialize, Serialize};

use super::error::LoadError;
use super::exchange::shown;
use crate::discovery::ALLOWED_LIBRARIES;

/// A [`LoadError`] as it travels: its code and its texts.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelayedError {
    code: String,
    text: String,
    other: String,
}

impl RelayedError {
    /// What travels of an error.
    pub(crate) fn of(error: &LoadError) -> Self {
        let (text, other) = match error {
            LoadError::Open { reason }
            | LoadError::Proc { reason }
            | LoadError::Root { reason } => (reason.as_str(), ""),
            LoadError::Header { found } => (found.as_str(), ""),
            LoadError::Layout { first_difference } => (first_difference.as_str(), ""),
            LoadError::ManifestMismatch { declared, exported } => {
                (declared.as_str(), exported.as_str())
            }
            LoadError::LibraryMissing { library } => (*library, ""),
            LoadError::LibraryRedirected { library, path } => {
                (*library, path.to_str().unwrap_or_default())
            }
            LoadError::NoRoot
            | LoadError::AlreadyMapped
            | LoadError::WrongObject
            | LoadError::TimedOut { .. }
            | LoadError::Bug { .. } => ("", ""),
        };
        Self {
            code: error.code().to_owned(),
            text: text.to_owned(),
            other: other.to_owned(),
        }
    }

    /// The error again; `None` for one that no worker can meet once it has begun to load. A worker
    /// without `/proc` has not begun: who tells of that afterwards looks for an excuse. The texts are
    /// bounded and escaped here, for the process that told of it ran the plugin's code.
    pub(crate) fn into_error(self) -> Option<LoadError> {
        let [text, other] = [self.text, self.other].map(|text| shown(&text));
        Some(match self.code.as_str() {
            "E_OPEN" => LoadError::Open { reason: text },
            "E_ROOT_FAILED" => LoadError::Root { reason: text },
            "E_ABI_HEADER" => LoadError::Header { found: text },
            "E_ABI_LAYOUT" => LoadError::Layout {
                first_difference: text,
            },
            "E_MANIFEST_MISMATCH" => LoadError::ManifestMismatch {
                declared: text,
                exported: other,
            },
            "E_LIBRARY_MISSING" => LoadError::LibraryMissing {
                library: needed(&text)?,
            },
            "E_LIBRARY_REDIRECTED" => LoadError::LibraryRedirected {
                library: needed(&text)?,
                path: other.into(),
            },
            "E_ALREADY_MAPPED" => LoadError::AlreadyMapped,
            "E_NO_ROOT" => LoadError::NoRoot,
            "E_WRONG_OBJECT" => LoadError::WrongObject,
            _ => return None,
        })
    }
}

fn needed(library: &str) -> Option<&'static str> {
    ALLOWED_LIBRARIES
        .into_iter()
        .find(|allowed| *allowed == library)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn travelled(error: &LoadError) -> Option<LoadError> {
        let bytes = serde_json::to_vec(&RelayedError::of(error)).unwrap();
        let told: RelayedError = serde_json::from_slice(&bytes).unwrap();
        told.into_error()
    }

    #[test]
    fn an_error_arrives_as_it_was_told_and_escaped() {
        let reason = "no \u{1b}[2J luck".to_owned();
        let arrived = travelled(&LoadError::Open { reason }).unwrap();
        assert_eq!(
            (arrived.code(), arrived.to_string().as_str()),
            (
                "E_OPEN",
                "the dynamic loader refused the library: no \\u{1b}[2J luck"
            )
        );
        assert_eq!(travelled(&LoadError::NoRoot).unwrap().code(), "E_NO_ROOT");
    }

    #[test]
    fn no_word_of_a_worker_makes_the_system_guilty_of_what_its_plugin_did() {
        let reason = "it is not mounted".to_owned();
        assert!(travelled(&LoadError::Proc { reason }).is_none());
        assert!(travelled(&LoadError::Bug { what: "" }).is_none());
    }
}
