//! From directories to candidates: reads files, runs nothing.
//!
//! ```text
//! ScanRequest ─ Discovery::discover ─> Scan { candidates, refused, .. } ─ (trust) ─ resolve ─> Resolution
//! ```
//!
//! [`Discovery`] passes over each directory ([`sweep`]): it lists it ([`listing`]), opens every
//! `*.so` beneath it ([`root`]) whose state it does not remember ([`memory`]), reads it
//! ([`examine`], [`elf`]) and sorts the verdicts into a [`Scan`]. Names are settled later, by
//! [`resolve`], among those candidates that passed trust.
//!
//! Invariants: no code of a plugin runs and no plugin is mapped; a file's content is read only from
//! a descriptor known to be a regular file beneath its directory; what was read counts only if the
//! file stayed in one state meanwhile; every file seen ends in exactly one list of the [`Scan`];
//! one bad file never hides another.

mod access;
mod cache;
mod candidate;
mod changes;
mod elf;
mod examine;
mod fingerprint;
mod first;
mod identity;
mod left_out;
mod listing;
mod memory;
mod progress;
mod refusal;
mod request;
mod resolve;
mod root;
mod scan;
mod state;
mod sweep;
#[cfg(test)]
pub(crate) mod testing;

pub use access::{Access, FolderAccess, Ownership};
pub use cache::CacheError;
pub use candidate::Candidate;
pub use changes::Changes;
pub(crate) use elf::PLATFORM;
pub use elf::{ALLOWED_LIBRARIES, ElfError, Library};
pub use fingerprint::Fingerprint;
pub(crate) use first::is_called;
pub use identity::{FileIdentity, Timestamp};
pub use left_out::{LeftOut, LeftOutBy, LeftOutPath};
pub(crate) use progress::Counter;
pub use progress::Progress;
pub use refusal::{Refusal, Refused};
pub use request::{Bounds, ScanRequest};
pub(crate) use resolve::plain_name;
pub use resolve::{Resolution, Shadowed, resolve};
pub use scan::{Scan, inspect, inspect_within, scan};
pub use state::{Discovered, Discovery};
