//! Reads what discovery needs from a shared library, without mapping or executing it.
//!
//! A file costs a handful of bounded positioned reads. The order is that of the loader: file header
//! and segments ([`header`]), dynamic entries through the dynamic segment ([`dynamic`]), and only
//! then the section headers ([`sections`]), to find the manifest and to be held against the rest.
//!
//! Invariants: nothing is allocated in proportion to a number read from the file without a bound;
//! all arithmetic on such numbers is checked; whatever makes the loader pull in another object, or
//! see other bytes than this reader, is refused.

mod dynamic;
mod error;
mod header;
mod libraries;
mod sections;
mod source;

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use plugin_api::manifest::Manifest;

use libraries::Libraries;

pub use error::ElfError;
pub(crate) use header::PLATFORM;
pub use libraries::ALLOWED_LIBRARIES;
pub(in crate::discovery) use source::{Buffers, Source};

/// What a well-formed library says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Library {
    /// The manifest, shared with all that speak of the planner.
    pub manifest: Arc<Manifest>,
    /// The name it calls itself by among loaded libraries.
    pub soname: Option<Box<str>>,
    /// The libraries it needs, in its order.
    pub needed: Box<[&'static str]>,
}

impl Library {
    /// Reads a library from its bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ElfError> {
        Self::read(Source::Bytes(bytes), &mut Buffers::default())
    }

    /// Reads a library from an open file of `len` bytes, which nobody changes meanwhile; with it the bytes of its
    /// manifest.
    pub(crate) fn from_file(file: BorrowedFd<'_>, len: u64) -> Result<(Self, Box<[u8]>), ElfError> {
        let mut bytes = Box::default();
        let keep = |manifest: &[u8]| bytes = manifest.into();
        let library = Self::read_with(Source::File(file, len), &mut Buffers::default(), keep)?;
        Ok((library, bytes))
    }

    pub(in crate::discovery) fn read(
        source: Source<'_>,
        buffers: &mut Buffers,
    ) -> Result<Self, ElfError> {
        Self::read_with(source, buffers, |_| {})
    }

    fn read_with(
        source: Source<'_>,
        buffers: &mut Buffers,
        keep: impl FnOnce(&[u8]),
    ) -> Result<Self, ElfError> {
        let mut view = source::View::open(source, buffers)?;
        let headers = header::Headers::read(&mut view)?;
        let dynamic = dynamic::Dynamic::read(&mut view, &headers)?;
        let needed = dynamic.libraries.check()?;
        let manifest = sections::manifest(&mut view, &headers, &dynamic)?;
        keep(manifest);
        Ok(Self {
            manifest: Arc::new(Manifest::from_json(manifest)?),
            soname: dynamic.libraries.soname.map(String::into_boxed_str),
            needed,
        })
    }

    /// A library of which everything is known already, unless its names are not allowed.
    pub(in crate::discovery) fn remembered(
        manifest: Manifest,
        soname: Option<&str>,
        needed: &[&str],
    ) -> Option<Self> {
        Some(Self {
            manifest: Arc::new(manifest),
            needed: libraries::check(soname, needed.iter().copied()).ok()?,
            soname: soname.map(Box::from),
        })
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
