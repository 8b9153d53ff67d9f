//! The gates that need the bytes.

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use plugin_api::manifest::Manifest;
use semver::Version;

use super::admit::{admit, effective_user};
use super::loader_variables::{judge_loader_variables, loader_variables};
use super::sealed::{Place, Sealed};
use super::signature::{self, Evidence, Proof, SignatureStanding};
use super::{Policy, Refusal};
use crate::config::BytesFrom;
use crate::discovery::{self, Candidate, FileIdentity, Timestamp};
use crate::name::PlannerName;

/// A library that passed every gate, as the very bytes that passed.
#[derive(Debug)]
pub(crate) struct Verified {
    name: PlannerName,
    manifest: Arc<Manifest>,
    /// The manifest's bytes; none where another process vouches for what they say.
    manifest_bytes: Option<Box<[u8]>>,
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
        let (library, _) = sealed.library().map_err(io::Error::other)?;
        Ok(Self {
            name,
            manifest: Arc::new(manifest),
            manifest_bytes: None,
            needed: library.needed,
            digest,
            // The host judged it; this process has nothing to judge it by.
            signature: SignatureStanding::NotJudged,
            sealed,
        })
    }

    /// The same library as another process may be given it: in a sealed copy, which nobody can write to
    /// meanwhile. `None` where it is held in a copy already.
    pub(crate) fn sealed_copy(&self) -> Result<Option<Self>, Refusal> {
        if self.sealed.place() != Place::File {
            return Ok(None);
        }
        let sealed = match self.sealed.copied(&self.name) {
            Ok((sealed, digest)) if digest == self.digest => sealed,
            Err(refusal) if refusal.code() != "E_TOO_LARGE" => return Err(refusal),
            _ => return Err(discovery::Refusal::Changing.into()),
        };
        Ok(Some(Self {
            name: self.name.clone(),
            manifest: Arc::clone(&self.manifest),
            manifest_bytes: self.manifest_bytes.clone(),
            needed: self.needed.clone(),
            digest: self.digest,
            signature: self.signature.clone(),
            sealed,
        }))
    }

    /// The planner's name.
    pub(crate) fn name(&self) -> &PlannerName {
        &self.name
    }

    /// The manifest in the bytes.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether `exported` is the manifest byte by byte. If not, it may still say the same.
    pub(crate) fn has_manifest(&self, exported: &[u8]) -> bool {
        self.manifest_bytes.as_deref() == Some(exported)
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
    let (file, access, unchanged) = candidate.reopen(policy.size_bytes_max)?.into_parts();
    let (sealed, digest) = match policy.bytes {
        // A worker maps them again whenever it is restarted, and must find those that were judged.
        BytesFrom::File if !policy.contained.contains(name) => {
            Sealed::pin(file, policy.size_bytes_max)?
        }
        _ => Sealed::copy(name, &file, policy.size_bytes_max)?,
    };
    let (library, manifest_bytes) = sealed.library().map_err(discovery::Refusal::from)?;
    let manifest = library.manifest;
    if manifest.name != name.as_str() {
        return Err(Refusal::Replaced {
            expected: name.clone(),
            found: manifest.name.clone(),
        });
    }
    admit(name, &manifest, &access, effective_user(), policy)?;
    policy.note_time();
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
        manifest_bytes: Some(manifest_bytes),
        needed: library.needed,
        digest,
        signature,
        sealed,
    })
}

/// BLAKE3 of the candidate's file as it is now, if it can be read. Nothing is judged by it.
pub(crate) fn digest_now(candidate: &Candidate, policy: &Policy) -> Option<blake3::Hash> {
    let (bytes, _) = read_bounded(candidate, policy.size_bytes_max).ok()?;
    Some(blake3::hash(&bytes))
}

/// Judges the signature of the candidate's file as it is now, which is shown.
pub(crate) fn judge_signature(
    candidate: &Candidate,
    name: &PlannerName,
    policy: &Policy,
) -> Result<SignatureStanding, Refusal> {
    let read = || Ok(read_bounded(candidate, policy.size_bytes_max)?.0);
    judge_bytes(candidate, name, candidate.manifest(), read, policy)
}

/// Judges the signature of the candidate's file as discovery found it, which decides whether it is offered;
/// what is loaded is judged by [`verify`] once more. Files are read that are not in the states in which
/// they were read before.
pub(crate) fn judge_listed_signature(
    candidate: &Candidate,
    name: &PlannerName,
    policy: &Policy,
) -> Result<SignatureStanding, Refusal> {
    let Some(keys) = &policy.signatures.keys else {
        return judge_signature(candidate, name, policy);
    };
    let (path, proofs) = (candidate.path(), &policy.signatures.proofs);
    let version = &candidate.manifest().version;
    let known = signature::state(candidate)
        .ok()
        .and_then(|beside| proofs.recall(path, candidate.identity(), beside.as_ref()));
    if let Some(proof) = known {
        return judge_signature_file(
            name,
            version,
            proof.signature.as_deref(),
            proof.holds,
            policy,
        );
    }
    let read_at = Timestamp::now();
    let (bytes, plugin) = read_bounded(candidate, policy.size_bytes_max)?;
    let beside = signature::read(candidate)?;
    let (signature, beside) = beside.map_or((None, None), |beside| {
        (Some(beside.bytes), Some(beside.state))
    });
    let holds = signature::holds(&bytes, signature.as_deref(), keys);
    let verdict = judge_signature_file(name, version, signature.as_deref(), holds, policy);
    let is_settled = |state: &FileIdentity| state.is_settled(read_at);
    if let Some(plugin) = plugin.filter(is_settled)
        && beside.as_ref().is_none_or(is_settled)
    {
        let proof = Proof {
            plugin,
            beside,
            signature,
            holds,
        };
        proofs.remember(path, proof);
    }
    verdict
}

/// The bytes and the signature file are read only where there are keys to judge them by.
fn judge_bytes(
    candidate: &Candidate,
    name: &PlannerName,
    manifest: &Manifest,
    read: impl FnOnce() -> Result<Vec<u8>, discovery::Refusal>,
    policy: &Policy,
) -> Result<SignatureStanding, Refusal> {
    let Some(keys) = &policy.signatures.keys else {
        return judge_signature_file(name, &manifest.version, None, false, policy);
    };
    let (bytes, beside) = (read()?, signature::read(candidate)?);
    let signature = beside.as_ref().map(|beside| &*beside.bytes);
    let holds = signature::holds(&bytes, signature, keys);
    judge_signature_file(name, &manifest.version, signature, holds, policy)
}

/// Judges the content of a signature file of which is known whether it `holds`.
fn judge_signature_file(
    name: &PlannerName,
    version: &Version,
    signature: Option<&[u8]>,
    holds: bool,
    policy: &Policy,
) -> Result<SignatureStanding, Refusal> {
    let evidence = Evidence {
        name,
        version,
        signature,
        holds,
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

/// All of the candidate's file, and the state that it was in all the while; none if that changed.
fn read_bounded(
    candidate: &Candidate,
    size_bytes_max: u64,
) -> Result<(Vec<u8>, Option<FileIdentity>), discovery::Refusal> {
    let mut bytes = Vec::new();
    let reopened = candidate.reopen(size_bytes_max)?;
    let identity = reopened.identity();
    let (file, _access, unchanged) = reopened.into_parts();
    // One byte over the bound shows that the file is larger, and bounds one that grows meanwhile.
    (&file)
        .take(size_bytes_max + 1)
        .read_to_end(&mut bytes)
        .map_err(discovery::Refusal::Unreadable)?;
    let size_bytes = bytes.len() as u64;
    if size_bytes > size_bytes_max {
        return Err(discovery::Refusal::TooLarge {
            bytes: size_bytes,
            bytes_max: size_bytes_max,
        });
    }
    let state = unchanged(&file).is_ok().then_some(identity);
    Ok((bytes, state))
}
