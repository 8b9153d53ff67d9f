//! What is remembered between processes, and may grant or withhold: one JSON document a subject, in
//! one folder of the user's own. Layer 2.
//!
//! The folder is private (0700) and reached through folders that nobody else can write, by the same
//! rules as every file that grants trust. A document is replaced as a whole: whoever reads it, and
//! whenever a writer is killed, finds the old one or the new one. Writers of several processes take
//! turns, so that a change is made to what the other one left. Nothing that can execute is read:
//! a document is plain data of a known version.
//!
//! A damaged document is set aside under another name, with a warning, and begun anew. One of a newer
//! version is neither used nor touched.

mod aging;
mod document;
mod error;
mod folder;
#[cfg(test)]
mod tests;

pub(crate) use aging::{Finding, Findings, LIFETIME, now_s};
pub(crate) use document::Document;
pub use error::StateError;
pub(crate) use folder::StateFolder;
