//! From a candidate and a policy to bytes that may run. Layer 3.
//!
//! [`admit`] judges what discovery read of a file, and decides whether its planner is in the catalog.
//! [`verify`] judges the file again when it is about to be loaded: it reads the bytes once, into where
//! they are mapped from, and applies the same gates and the library's own checks to exactly those. Only
//! `verify` can make a [`Verified`], and only a `Verified` can be loaded.
//!
//! The allowlist checks names. Without a lock or a required signature, whoever can write the plugin
//! folder can be any allowed name. [`lock`] is what `plugins.lock` says, and [`guard`] what a discovery
//! read of it and of what was accepted before.

mod access;
mod admit;
mod clock;
mod guard;
mod loader_variables;
mod lock;
mod policy;
mod private_folder;
mod refusal;
mod sealed;
mod signature;
mod verify;

pub(crate) use access::{Relaxed, judge_access};
pub(crate) use admit::{admit, effective_user, judge_api, judge_name};
pub(crate) use guard::{Guard, Guards, Standing, lock_place};
pub(crate) use loader_variables::{can_redirect, loader_variables};
pub use lock::{Lock, LockChange, LockEntry, LockError, LockFault, LockRefusal, RevokedKey};
pub(crate) use policy::Policy;
pub(crate) use private_folder::PrivateFolder;
pub use refusal::Refusal;
pub(crate) use sealed::{FileId, Place, Sealed};
pub use signature::{
    KeyFault, KeyId, KeysError, KeysFault, SignatureRefusal, SignatureStanding, SigningKey,
};
pub(crate) use signature::{SIGNATURE_SUFFIX, Signatures, TrustedKey, TrustedKeys};
pub(crate) use verify::{Verified, digest_now, judge_listed_signature, judge_signature, verify};
