//! How a host and its worker talk: frames in shared memory, and a socket beside it.
//!
//! There is one region of memory a direction ([`region`]), cut into the same slots ([`slot`]). A call
//! has a slot of its own from its first frame to its last, so callers never wait for each other, and
//! no number that a worker writes is ever used as an index. A [`Lane`] is one side's end of a slot: it
//! sends messages of up to [`MESSAGE_SIZE_BYTES_MAX`] in frames of at most one slot's size, and copies
//! frames that come.
//!
//! What must hold, whatever the other side writes:
//!
//! * Regions are sealed against shrinking and growing before they are shared, so no access can fault;
//!   the host's cannot be written by anyone but the host.
//! * Every shared word is reached by an atomic access. A frame is copied once, and only the copy is
//!   looked at: what changes afterwards changes nothing.
//! * A length is judged on the copy of the header before a byte is copied by it.
//! * Frames that are repeated, left out, of another call or larger than announced are faults; the host
//!   ends a worker at its first.
//! * No wait is without a bound that this side keeps itself, and none that the other side can keep busy.
//!
//! Idle sides sleep. Both spin, for [`SPIN`] at most, only while calls follow each other within that
//! time, and never where both may use one and the same processor alone. The host decides that for both.

mod build;
mod control;
mod frame;
mod futex;
mod lane;
mod region;
mod rest;
mod slot;
#[cfg(test)]
mod tests;

pub(super) use build::build;
pub(super) use control::{Heard, Hello, hear, hear_plain, send_hello};
pub(super) use frame::Kind;
pub(super) use lane::{Discarded, Ends, Fault, Lane, Message, Pause, SPIN, spin_allowed};
pub(super) use region::{Access, Region};
pub(super) use rest::Allowance;
pub(super) use slot::SLOTS;

/// Largest message, in either direction.
pub(super) const MESSAGE_SIZE_BYTES_MAX: usize = 10 << 20;
