//! From a candidate and a policy to bytes that may run. Layer 3.
//!
//! [`admit`] judges what discovery read of a file, and decides whether its planner is in the catalog.
//! [`verify`] judges the file again when it is about to be loaded: it reads the bytes once, seals
//! them, and applies the same gates and the library's own checks to exactly those bytes. Only
//! `verify` can make a [`Verified`], and only a `Verified` can be loaded.
//!
//! The allowlist checks names. Without a required signature, whoever can write the plugin folder can be
//! any allowed name.

mod admit;
mod policy;
mod refusal;
mod sealed;
mod signature;
mod verify;

pub(crate) use admit::{admit, judge_api, judge_name};
pub(crate) use policy::Policy;
pub use refusal::Refusal;
pub(crate) use sealed::{FileId, Sealed};
pub use signature::{
    KeyFault, KeyId, KeysError, KeysFault, SignatureRefusal, SignatureStanding, SigningKey,
};
pub(crate) use signature::{SIGNATURE_SUFFIX, Signatures, TrustedKey, TrustedKeys};
pub(crate) use verify::{Verified, judge_signature, verify};
