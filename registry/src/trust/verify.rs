//! The gates that need the bytes.

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use plugin_api::manifest::Manifest;

use super::admit::admit;
use super::sealed::Sealed;
use super::signature::{self, Evidence, SignatureStanding};
use super::{Policy, Refusal};
use crate::discovery::{self, Candidate, Library};
use crate::name::PlannerName;

/// A library that passed every gate, as a sealed copy of the bytes that passed.
#[derive(Debug)]
pub(crate) struct Verified {
    name: PlannerName,
    manifest: Arc<Manifest>,
    digest: blake3::Hash,
    signature: SignatureStanding,
    sealed: Sealed,
}

impl Verified {
    /// A library that passed every gate in the process that started this one as its worker, which says
    /// so by handing it over. Only a worker may believe that.
    pub(crate) fn vouched_for_by_host(
        name: PlannerName,
        manifest: Manifest,
        digest: blake3::Hash,
        library: OwnedFd,
    ) -> io::Result<Self> {
        Ok(Self {
            name,
            manifest: Arc::new(manifest),
            digest,
            // The host judged it; this process has nothing to judge it by.
            signature: SignatureStanding::NotJudged,
            sealed: Sealed::received(library)?,
        })
    }

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

    /// Who signed the bytes.
    pub(crate) fn signature(&self) -> &SignatureStanding {
        &self.signature
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
            found: manifest.name.clone(),
        });
    }
    admit(name, &manifest, policy)?;
    let signature = judge_bytes(candidate, name, &manifest, &bytes, policy)?;
    let sealed = Sealed::copy(name, &bytes).map_err(|error| Refusal::Seal(Arc::new(error)))?;
    Ok(Verified {
        name: name.clone(),
        manifest,
        digest: blake3::hash(&bytes),
        signature,
        sealed,
    })
}

/// Judges the signature of the candidate's file as it is now. It decides which files are offered and is
/// shown; what is loaded is judged by [`verify`] once more.
pub(crate) fn judge_signature(
    candidate: &Candidate,
    name: &PlannerName,
    policy: &Policy,
) -> Result<SignatureStanding, Refusal> {
    let bytes = if policy.signatures.keys.is_some() {
        read_bounded(candidate, policy.size_bytes_max)?
    } else {
        Vec::new()
    };
    judge_bytes(candidate, name, candidate.manifest(), &bytes, policy)
}

/// The signature file is read only where there are keys to judge it by.
fn judge_bytes(
    candidate: &Candidate,
    name: &PlannerName,
    manifest: &Manifest,
    bytes: &[u8],
    policy: &Policy,
) -> Result<SignatureStanding, Refusal> {
    let signature = match policy.signatures.keys {
        Some(_) => signature::read(candidate)?,
        None => None,
    };
    let evidence = Evidence {
        name,
        version: &manifest.version,
        bytes,
        signature: signature.as_deref(),
    };
    let (wanted, revoked) = (&policy.signatures, &policy.revoked_keys);
    Ok(signature::judge(evidence, wanted, revoked, policy.now())?)
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
