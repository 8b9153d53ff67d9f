//! Why one planner or one file is used or not: every gate, with verdict and evidence.
//!
//! ```text
//! NAME | FILE ─ subject ─> Subject { name, code, planner } ─ gates ─> [Gate] ─ next ─> Explanation
//! ```
//!
//! [`subject`] finds what is known of the name or the file, [`gates`] judges it by the rules that
//! discovery and trust apply, in their order, and [`next`] proposes what to do about the first
//! refusal. Nothing is loaded, and no file is opened but one that discovery has not seen, and, where keys
//! are trusted, the plugin with its signature.
//!
//! The name stands in the manifest, so of a file that cannot be read the gates before the refusal
//! may be without a verdict, too.

mod explanation;
mod gates;
mod next;
mod subject;

pub use explanation::{Explanation, Gate, GateKind, Verdict};
