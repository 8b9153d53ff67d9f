//! Why bytes are not a manifest.

use super::{DEPTH_MAX, SIZE_BYTES_MAX};

/// Why [`Manifest::from_json`](super::Manifest::from_json) refused its input.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// More than [`SIZE_BYTES_MAX`] bytes.
    #[error("manifest of {bytes} bytes; at most {SIZE_BYTES_MAX} are allowed")]
    TooLarge {
        /// What was given.
        bytes: u64,
    },
    /// Not UTF-8 text.
    #[error("manifest is not UTF-8 at byte {at}")]
    NotUtf8 {
        /// Offset of the first byte that is no UTF-8.
        at: usize,
    },
    /// Not JSON, or more than one JSON value.
    #[error("manifest is not one JSON object")]
    Syntax(#[source] serde_json::Error),
    /// Arrays and objects nested deeper than [`DEPTH_MAX`].
    #[error("manifest nests arrays and objects more than {DEPTH_MAX} deep")]
    TooDeep,
    /// One object holds the same key twice.
    #[error("manifest holds the key {key:?} twice in one object")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A required field is absent.
    #[error("manifest has no field {field:?}, which is required")]
    Missing {
        /// Dotted path of the field.
        field: &'static str,
    },
    /// A field has the wrong type or a value that is not allowed.
    #[error("manifest field {field:?} is {found}; allowed: {allowed}")]
    Field {
        /// Dotted path of the field.
        field: &'static str,
        /// The value found, shortened.
        found: String,
        /// What the field may hold.
        allowed: &'static str,
    },
}

impl ManifestError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "E_MANIFEST_TOO_LARGE",
            Self::NotUtf8 { .. } => "E_MANIFEST_NOT_UTF8",
            Self::Syntax(_) => "E_MANIFEST_SYNTAX",
            Self::TooDeep => "E_MANIFEST_TOO_DEEP",
            Self::DuplicateKey { .. } => "E_MANIFEST_DUPLICATE_KEY",
            Self::Missing { .. } => "E_MANIFEST_MISSING_FIELD",
            Self::Field { .. } => "E_MANIFEST_FIELD",
        }
    }
}
