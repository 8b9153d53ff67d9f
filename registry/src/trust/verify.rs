//! The gates that need the bytes.

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use plugin_api::manifest::Manifest;

use super::admit::admit;
use super::loader_variables::{judge_loader_variables, loader_variables};
use super::sealed::{Place, Sealed};
use super::signature::{self, Evidence, SignatureStanding};
use super::{Policy, Refusal};
use crate::config::BytesFrom;
use crate::discovery::{self, Candidate};
use crate::name::PlannerName;

/// A library that passed every gate, as the very bytes that passed.
#[derive(Debug)]
pub(crate) struct Verified {
    name: PlannerName,
    manifest: Arc<Manifest>,
    needed: Box<[&'static str]>,
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
        let sealed = Sealed::received(library)?;
        let needed = sealed.library().map_err(io::Error::other)?.needed;
        Ok(Self {
            name,
            manifest: Arc::new(manifest),
            needed,
            digest,
            // The host judged it; this process has nothing to judge it by.
            signature: SignatureStanding::NotJudged,
            sealed,
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

    /// The libraries that the bytes need, all of them allowed ones.
    pub(crate) fn needed(&self) -> &[&'static str] {
        &self.needed
    }

    /// BLAKE3 of the bytes.
    pub(crate) fn digest(&self) -> blake3::Hash {
        self.digest
    }

    /// Who signed the bytes.
    pub(crate) fn signature(&self) -> &SignatureStanding {
        &self.signature
    }

    /// The bytes, where they are mapped from.
    pub(crate) fn sealed(&self) -> &Sealed {
        &self.sealed
    }

    /// Gives the bytes away, to be kept open while they are mapped.
    pub(crate) fn into_sealed(self) -> Sealed {
        self.sealed
    }
}

/// Reads the candidate's file once more, as it is now, and judges exactly the bytes that are mapped.
pub(crate) fn verify(
    candidate: &Candidate,
    name: &PlannerName,
    policy: &Policy,
) -> Result<Verified, Refusal> {
    judge_loader_variables(loader_variables(), policy.refuse_loader_variables)?;
    let (file, access, unchanged) = candidate.reopen()?.into_parts();
    let (sealed, digest) = match policy.bytes {
        // A worker maps them again whenever it is restarted, and must find those that were judged.
        BytesFrom::File if !policy.contained.contains(name) => {
            Sealed::pin(file, policy.size_bytes_max)?
        }
        _ => Sealed::copy(name, &file, policy.size_bytes_max)?,
    };
    let library = sealed.library().map_err(discovery::Refusal::from)?;
    let manifest = library.manifest;
    if manifest.name != name.as_str() {
        return Err(Refusal::Replaced {
            expected: name.clone(),
            found: manifest.name.clone(),
        });
    }
    admit(name, &manifest, &access, policy)?;
    let guard = policy.guards.current();
    guard.judge_lock(name, &manifest, Some(&digest))?;
    let read = || sealed.bytes().map_err(discovery::Refusal::Unreadable);
    let signature = judge_bytes(candidate, name, &manifest, read, policy)?;
    guard.judge_version(name, &manifest)?;
    if sealed.place() == Place::File {
        unchanged(sealed.held())?;
    }
    Ok(Verified {
        name: name.clone(),
        manifest,
        needed: library.needed,
        digest,
        signature,
        sealed,
    })
}

/// BLAKE3 of the candidate's file as it is now, if it can be read. Nothing is judged by it.
pub(crate) fn digest_now(candidate: &Candidate, policy: &Policy) -> Option<blake3::Hash> {
    let bytes = read_bounded(candidate, policy.size_bytes_max).ok()?;
    Some(blake3::hash(&bytes))
}

/// Judges the signature of the candidate's file as it is now. It decides which files are offered and is
/// shown; what is loaded is judged by [`verify`] once more.
pub(crate) fn judge_signature(
    candidate: &Candidate,
    name: &PlannerName,
    policy: &Policy,
) -> Result<SignatureStanding, Refusal> {
    let read = || read_bounded(candidate, policy.size_bytes_max);
    judge_bytes(candidate, name, candidate.manifest(), read, policy)
}

/// The bytes and the signature file are read only where there are keys to judge them by.
fn judge_bytes(
    candidate: &Candidate,
    name: &PlannerName,
    manifest: &Manifest,
    read: impl FnOnce() -> Result<Vec<u8>, discovery::Refusal>,
    policy: &Policy,
) -> Result<SignatureStanding, Refusal> {
    let (bytes, signature) = match policy.signatures.keys {
        Some(_) => (read()?, signature::read(candidate)?),
        None => (Vec::new(), None),
    };
    let evidence = Evidence {
        name,
        version: &manifest.version,
        bytes: &bytes,
        signature: signature.as_deref(),
    };
    let guard = policy.guards.current();
    let now = guard.time((policy.clock)());
    Ok(signature::judge(
        evidence,
        &policy.signatures,
        guard.revoked_keys(),
        now,
    )?)
}

fn read_bounded(candidate: &Candidate, size_bytes_max: u64) -> Result<Vec<u8>, discovery::Refusal> {
    let mut bytes = Vec::new();
    let (file, _access, _unchanged) = candidate.reopen()?.into_parts();
    // One byte over the bound shows that the file is larger, and bounds one that grows meanwhile.
    file.take(size_bytes_max + 1)
        .read_to_end(&mut bytes)
        .map_err(discovery::Refusal::Unreadable)?;
    let size_bytes = bytes.len() as u64;
    if size_bytes > size_bytes_max {
        return Err(discovery::Refusal::TooLarge {
            bytes: size_bytes,
            bytes_max: size_bytes_max,
        });
    }
    Ok(bytes)
}
