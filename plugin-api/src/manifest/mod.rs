//! The manifest: what a plugin says of itself, readable from its file without running it.
//!
//! A manifest is one JSON object in the section [`SECTION`] of the library. [`Manifest::from_json`]
//! is the only way from bytes to a [`Manifest`], so every value here has been checked: sizes are
//! bounded, no key occurs twice, and each known field holds what its documentation allows. Fields
//! this version does not know are kept in [`Manifest::unknown`] and never fatal.
//!
//! The bytes are read into a small tree first ([`node`]), then field by field into the model
//! ([`parse`]). The tree keeps the order of keys and notices duplicates, which ready-made JSON maps
//! silently drop.

mod declare;
mod error;
mod json;
mod model;
mod node;
mod parse;

#[doc(hidden)]
pub use declare::{BuildFacts, Declaration};
pub use error::ManifestError;
pub use json::Json;
pub use model::{BuildInfo, Manifest, PanicStrategy, RiskRating, Tier};

/// Name of the section that holds the manifest.
pub const SECTION: &str = ".planner_manifest";

/// The manifest layout this version reads and writes.
pub const SCHEMA: u32 = 1;

/// Largest manifest, in bytes.
pub const SIZE_BYTES_MAX: usize = 64 * 1024;

/// How deep arrays and objects may nest, the manifest's own object included.
pub const DEPTH_MAX: usize = 32;

/// Longest `description`, in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 4096;

/// Most entries in each of `capabilities`, `tags` and `permissions`.
pub const LIST_LEN_MAX: usize = 64;

/// Longest entry of a list and longest single-word text (`version`, `build.rustc`), in bytes.
pub const TEXT_BYTES_MAX: usize = 128;
