//! Plans: checked graphs of tasks.
//!
//! [`Plan::builder`] and [`Plan::from_json`] both end in the one check of `check.rs`, and there is no
//! other way to a [`Plan`]: who holds one holds a graph without cycles, inside every limit. A [`Task`]
//! on its own is an unchecked part, with public fields.
//!
//! ```text
//! builder / JSON → draft → check → Plan → order, stats, hashes, Mermaid
//!                            └→ PlanError with every PlanIssue found
//! ```
//!
//! Plans come from plugins, so the check is near-linear in the size of its input, recurses nowhere but
//! into JSON values whose nesting it has bounded, and keeps a bounded number of issues.

mod builder;
mod check;
mod checked;
mod cycles;
mod graph;
mod hash;
mod issue;
pub mod limits;
mod measure;
mod mermaid;
mod stats;
mod task;
pub(crate) mod text;

pub use builder::PlanBuilder;
pub use checked::Plan;
pub use hash::PlanHash;
pub use issue::{ObjectField, PlanIssue};
pub(crate) use measure::{JsonSize, nesting_exceeds};
pub use stats::PlanStats;
pub use task::{Criticality, RiskLevel, Task, TaskKind};

#[cfg(test)]
mod tests;
