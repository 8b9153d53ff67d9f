//! `plugins.lock`: which bytes of which version may be which planner.
//!
//! ```text
//! file ─ guarded::read ─> text ─ parse ─> Lock ─ judge(name, version, digest) ─> () | LockRefusal
//! discovery's findings ─> Lock ─ text ─> file
//! ```
//!
//! Invariants:
//! - A lock only restricts. It allows nothing that the lists of names do not.
//! - A lock that is there and cannot be used refuses everything; it is never taken for none.
//! - What is revoked stays refused, whatever else the lock says of it.
//! - The text of a lock depends on its content alone, so that a difference of two is one of content.

mod change;
mod error;
mod key;
mod model;
mod parse;
mod refusal;
mod text;
mod write;

pub use change::LockChange;
pub use error::{LockError, LockFault};
pub use key::RevokedKey;
pub use model::{Lock, LockEntry};
pub use refusal::LockRefusal;
