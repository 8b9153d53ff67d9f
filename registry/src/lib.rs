//! Finds, checks, loads and supervises planner plugins.

pub mod config;
mod name;
pub mod scrub;
mod suggest;

pub use name::{NameError, PlannerName};
pub mod discovery;
