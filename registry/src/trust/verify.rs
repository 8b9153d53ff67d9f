//! The gates that need the bytes.

use std::io::Read;
use std::sync::Arc;

use plugin_api::manifest::Manifest;

use super::admit::admit;
use super::sealed::Sealed;
use super::{Policy, Refusal};
use crate::discovery::{self, Candidate, Library};
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

/// Reads the candidate's file once more, as it is now, and judges exactly the bytes that it seals.
pub(crate) fn verify(
    candidate: &Candidate,
    name: &PlannerName,
    policy: &Policy,
) -> Result<Verified, Refusal> {
    let bytes = read_bounded(candidate, policy.size_bytes_max)?;
    let manifest = Library::from_bytes(&bytes)
        .map_err(discovery::Refusal::from)?
        .manifest;
    if manifest.name != name.as_str() {
        return Err(Refusal::Replaced {
            expected: name.clone(),
            found: manifest.name,
        });
    }
    admit(name, &manifest, policy)?;
    let sealed = Sealed::copy(name, &bytes).map_err(|error| Refusal::Seal(Arc::new(error)))?;
    Ok(Verified {
        name: name.clone(),
        manifest,
        digest: blake3::hash(&bytes),
        sealed,
    })
}

fn read_bounded(candidate: &Candidate, size_bytes_max: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    // One byte over the bound shows that the file is larger, and bounds one that grows meanwhile.
    let mut file = candidate.reopen()?.take(size_bytes_max + 1);
    file.read_to_end(&mut bytes)
        .map_err(discovery::Refusal::Unreadable)?;
    let size_bytes = bytes.len() as u64;
    if size_bytes > size_bytes_max {
        return Err(discovery::Refusal::TooLarge {
            bytes: size_bytes,
            bytes_max: size_bytes_max,
        }
        .into());
    }
    Ok(bytes)
}
