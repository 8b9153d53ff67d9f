//! What holds for bytes beside lists of names: the lock, and what was accepted before.
//!
//! A [`Guard`] is what one discovery read: the lock, and the [`Record`] of earlier acceptances. The one
//! in force is replaced as a whole by the next discovery, and is what [`verify`](super::verify) judges
//! by. What is accepted is recorded once a load, and only if it is news.
//!
//! Invariants:
//! - Bytes that are judged before anything was read are refused.
//! - A lock that was in force once and is gone refuses everything.
//! - A record that cannot be used is told. It refuses everything where the operator requires proof, and
//!   nothing where names alone count.

mod in_force;
mod reading;
mod record;

pub(crate) use in_force::Guards;
pub(crate) use reading::{Guard, Standing, place as lock_place};
