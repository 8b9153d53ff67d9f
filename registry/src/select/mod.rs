//! Which planner suits a query best, and why. Layer 6.
//!
//! ```text
//! catalog generation → Pool ─┐
//! Query + settings → Terms ──┼→ rank → Selection: ranking with reasons, and who is not in it
//! state of each planner ─────┘
//! ```
//!
//! A [`Pool`] holds what does not change within a generation: what each planner offers, as bits, and
//! what its manifest weighs. It is made at the first selection of a generation. What does change, a
//! failed start, a hold, a breaker or the outcome of a call, is read anew by every selection. Nothing here opens a library, and the same
//! planners, settings and query give the same order everywhere.

mod error;
mod exclusion;
mod formula;
mod offers;
mod pool;
mod profile;
mod query;
mod rank;
mod selection;

pub use error::SelectError;
pub use exclusion::{Excluded, Exclusion};
pub use formula::Breakdown;
pub(crate) use formula::RELIABILITY_DEFAULT;
pub(crate) use pool::PoolOfGeneration;
pub(crate) use profile::Selections;
pub use profile::{Boosts, SelectionSample};
pub use query::Query;
pub use selection::{Ranked, Selection};
