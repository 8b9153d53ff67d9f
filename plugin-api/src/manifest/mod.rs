//! The manifest: what a plugin says of itself, readable from its file without running it.

mod declare;

#[doc(hidden)]
pub use declare::{BuildFacts, Declaration};
