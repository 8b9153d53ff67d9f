//! From verified bytes to a module whose functions can be called. Layer 4.
//!
//! [`library`] maps the sealed bytes and finds the header, [`module`] turns the header into calls
//! with bytes in and bytes out through an [`exchange`], and [`host`] is what a plugin may ask of us meanwhile. What a planner
//! does is unknown here.
//!
//! Invariants:
//! - Only [`Verified`](crate::trust::Verified) is ever mapped, and only from the bytes that it holds; nothing is believed
//!   before the header is known to lie in them.
//! - What a library needs is loaded before it is, and comes from the system.
//! - The same bytes are mapped once a process and never unmapped: thread-local destructors and
//!   everything a plugin handed out would dangle.
//! - One thread at a time calls the dynamic loader, and nobody waits for it without bound.
//! - The layout check is left out only for bytes that the same build of the host found good.
//! - This and `isolate/` are the only modules of the crate with `unsafe` code.

mod at_address;
mod error;
mod exchange;
mod farewell;
mod host;
mod host_build;
mod layout;
mod library;
mod log_limit;
mod mapped;
mod mappings;
mod module;
mod naming;
mod needed;
mod relayed;
mod remembered;
mod turn;

pub use error::LoadError;
pub(crate) use exchange::{ANSWER_SIZE_BYTES_MAX, CallFailure, FAILURE_SIZE_BYTES_MAX, shown};
pub(crate) use farewell::Farewell;
pub(crate) use host::{CallState, Relay};
pub(crate) use host_build::{host_build, identity};
pub use layout::abi_fingerprint;
pub(crate) use library::{Outlook, mapped, open, open_with};
pub(crate) use log_limit::LogLimit;
pub use mapped::MappedLibraries;
pub(crate) use module::Instance;
pub(crate) use relayed::RelayedError;
pub(crate) use remembered::Layouts;
