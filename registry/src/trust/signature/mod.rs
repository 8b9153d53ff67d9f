//! Who vouches for a plugin: detached signatures beside the files, and the keys that count.
//!
//! ```text
//! FILE.minisig ─ beside ─> bytes ─ detached ─> Detached ┐
//! trusted keys ─ file ─> TrustedKeys ───────────────────┼─ judge ─> SignatureStanding | SignatureRefusal
//! the plugin's bytes, name and version, the time ───────┘
//! ```
//!
//! The form is minisign's, and only its newer kind, which signs a hash of the file. Invariants:
//!
//! * [`judge`] is pure: it reads no file and no clock.
//! * A signature counts for exactly the bytes it was judged against, and these are the ones that are
//!   sealed.
//! * Nothing in a signature file is believed before its signature holds, but the number of the key
//!   to try. The untrusted comment is never read.
//! * The signature's owner and mode do not matter: it proves itself.

mod beside;
mod detached;
mod file;
mod file_error;
mod judge;
mod key_id;
mod keys;
mod moment;
mod proofs;
mod refusal;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub(crate) use beside::{SIGNATURE_SUFFIX, read, state};
pub use file_error::{KeyFault, KeysError, KeysFault};
pub(crate) use judge::{Evidence, holds, judge};
pub use judge::{SignatureStanding, SigningKey};
pub use key_id::KeyId;
pub(crate) use keys::{Signatures, Signs, TrustedKey, TrustedKeys};
pub(crate) use moment::Moment;
pub(crate) use proofs::{Proof, Proofs};
pub use refusal::SignatureRefusal;
