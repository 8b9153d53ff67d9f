//! The context of a request: one JSON object, open to any key, with documented ones.
//!
//! | key | holds | read by |
//! |---|---|---|
//! | `files` | list of [files](FileFacts): objects, or paths alone | [`PlanContext::files`] |
//! | `hotspots` | list of [files](FileFacts) that deserve care | [`PlanContext::hotspots`] |
//! | `layers` | list of [layers](Layer), the lowest first: objects, or names alone | [`PlanContext::layers`] |
//! | `deep_index_summary` | anything | [`PlanContext::deep_index_summary`] |
//! | `hotspots_count` | a number, or a string that holds one | [`PlanContext::hotspots_count`] |
//! | `allow_high_risk` | `true` if a plan may contain tasks of high risk | [`PlanContext::allows_high_risk`] |
//!
//! Contexts are gathered by other tools, so a part that has another shape than documented is skipped,
//! and the rest is used. The typed readers never fail; the object itself is kept as it came.

mod facts;
mod plan_context;

pub use facts::{FileFacts, Layer};
pub use plan_context::PlanContext;

#[cfg(test)]
mod tests;
