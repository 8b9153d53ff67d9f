//! How much of this process is libraries of plugins.

use registry_core::sync::Mutex;
use serde::Serialize;

use crate::trust::{Place, Sealed};

/// What all registries of this process have mapped together. Nothing of it is ever unmapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct MappedLibraries {
    /// How many libraries.
    pub libraries: usize,
    /// The size of their files together.
    pub bytes: u64,
    /// How many descriptors are kept open for them.
    pub descriptors: usize,
    /// How many are mapped from a private copy on disk, as memory files were forbidden.
    pub private_copies: usize,
    /// How many are mapped from the files they came from, as the operator chose.
    pub original_files: usize,
}

/// The count, kept while libraries are mapped.
#[derive(Debug, Default)]
pub(super) struct Count(Mutex<MappedLibraries>);

impl Count {
    pub(super) fn current(&self) -> MappedLibraries {
        *self.0.lock()
    }

    pub(super) fn add(&self, sealed: &Sealed, keeps_descriptor: bool) {
        let mut count = self.0.lock();
        count.libraries += 1;
        count.bytes += sealed.size_bytes();
        count.descriptors += usize::from(keeps_descriptor);
        count.private_copies += usize::from(sealed.place() == Place::PrivateCopy);
        count.original_files += usize::from(sealed.place() == Place::File);
    }
}
