//! What the tests of discovery share: libraries made byte by byte, and real ones made by a compiler.

mod image;
mod library;

pub(in crate::discovery) use image::{Image, SectionHeader, put};
pub(crate) use library::{MANIFEST, compile, manifest, plugin_source};
