//! What is done when no planner is active. Layer 7.
//!
//! ```text
//! nothing active ──▶ attempt: read the folders anew, let go of failed starts, try those again
//!        ▲                │ nothing active yet
//!        └──── pause ◀────┘
//! ```
//!
//! Invariants:
//! - Nothing is done while any planner is active, or within the cooldown after a heal.
//! - One heal at a time: whoever asks meanwhile waits for it and gets its report.
//! - A heal is bounded: in attempts, in pauses, and in planners that are tried again, each once.
//! - What an author or an operator ordered is not let go of.
//! - Without leave to block there is one attempt and no pause.

mod error;
mod healer;
mod pause;
mod report;
#[cfg(test)]
mod tests;
mod treatment;

pub use error::HealError;
pub(crate) use healer::Healer;
pub use report::{HealOutcome, HealReport, Treated};
