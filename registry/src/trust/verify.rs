//! The gates that need the bytes.

use std::path::Path;
use std::sync::Arc;

use plugin_api::manifest::Manifest;

use super::admit::admit;
use super::sealed::{SealError, Sealed};
use super::{Policy, Refusal};
use crate::discovery::Library;
use crate::name::PlannerName;

/// A library that passed every gate, as a sealed copy of the bytes that passed.
#[derive(Debug)]
pub(crate) struct Verified {
    name: PlannerName,
    manifest: Manifest,
    digest: blake3::Hash,
    sealed: Sealed,
}

impl Verified {
    /// The planner's name.
    pub(crate) fn name(&self) -> &PlannerName {
        &self.name
    }

    /// The manifest in the bytes.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// BLAKE3 of the bytes.
    pub(crate) fn digest(&self) -> blake3::Hash {
        self.digest
    }

    /// The sealed copy.
    pub(crate) fn sealed(&self) -> &Sealed {
        &self.sealed
    }

    /// Gives the sealed copy away, to be kept while it is mapped.
    pub(crate) fn into_sealed(self) -> Sealed {
        self.sealed
    }
}

/// Reads the file that was discovered as `name` once, and judges those bytes.
pub(crate) fn verify(
    path: &Path,
    name: &PlannerName,
    policy: &Policy,
) -> Result<Verified, Refusal> {
    let (sealed, bytes) = Sealed::read(path, policy.size_bytes_max)?;
    let manifest = Library::from_bytes(&bytes)?.manifest;
    if manifest.name != name.as_str() {
        return Err(Refusal::Replaced {
            expected: name.clone(),
            found: manifest.name,
        });
    }
    admit(name, &manifest, policy)?;
    Ok(Verified {
        name: name.clone(),
        manifest,
        digest: blake3::hash(&bytes),
        sealed,
    })
}

impl From<SealError> for Refusal {
    fn from(error: SealError) -> Self {
        match error {
            SealError::NotRegular => Self::NotRegular,
            SealError::TooLarge { size_bytes_max } => Self::TooLarge { size_bytes_max },
            SealError::Io(error) => Self::Unreadable(Arc::new(error)),
        }
    }
}
