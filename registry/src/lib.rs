//! Finds, checks, loads and supervises planner plugins.

pub mod config;
pub mod diagnose;
mod name;
pub mod scrub;
mod suggest;

pub use name::{NameError, PlannerName};
pub mod discovery;
