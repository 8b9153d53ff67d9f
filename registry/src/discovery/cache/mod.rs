//! What was learned of files, kept on disk, so that a new process starts without reading them.
//!
//! One file holds what is known of one set of directories. It is replaced as a whole, by renaming a
//! finished file, so readers never meet half of it and the last of several writers wins; whatever
//! is wrong with it is found by its checksum, and the file is set aside. A remembered file counts
//! only while its identity is the remembered one, and nothing here grants trust: whoever loads a
//! library judges its bytes.

mod error;
mod fields;
mod format;
mod manifest;
mod store;

pub use error::CacheError;
pub(super) use format::Memories;
pub(super) use store::Cache;

#[cfg(test)]
mod tests;
