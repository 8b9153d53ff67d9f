//! What the author of a planner plugin links, and nothing else.

pub mod manifest;
pub mod name;
mod version;

pub use version::{API_VERSION, ApiVersion};
