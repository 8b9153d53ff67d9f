//! From a candidate and a policy to bytes that may run. Layer 3.
//!
//! [`admit`] judges what discovery read of a file, and decides whether its planner is in the catalog.
//! [`verify`] judges the file again when it is about to be loaded: it reads the bytes once, seals
//! them, and applies the same gates and the library's own checks to exactly those bytes. Only
//! `verify` can make a [`Verified`], and only a `Verified` can be loaded.
//!
//! The allowlist checks names. Whoever can write the plugin folder can be any allowed name.

mod admit;
mod policy;
mod refusal;
mod sealed;
mod verify;

pub(crate) use admit::{admit, judge_api, judge_name};
pub(crate) use policy::Policy;
pub use refusal::Refusal;
pub(crate) use sealed::{FileId, Sealed};
pub(crate) use verify::{Verified, verify};
