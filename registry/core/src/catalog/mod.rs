//! Names to headers, read without a lock while generations come and go.
//!
//! [`Catalog::get`] takes no lock, allocates nothing and writes nothing that another thread reads:
//! it loads the current generation's number and looks into an immutable table. The reference it
//! gives lives as long as the borrow of the catalog, across any number of publications, because a
//! generation once published is kept until the catalog is dropped or [compacted](Catalog::compact).
//! Headers are shared between generations, so one that a reload leaves alone stays the same object.
//!
//! The name is looked up as given first: a hit proves that it was normal. Only a miss pays for
//! normalising, into a buffer on the stack.

mod generations;
mod normal;
mod snapshot;
mod table;

use std::sync::Arc;

use thiserror::Error;

pub use self::snapshot::Snapshot;

use self::generations::{Generations, Refusal};
use self::normal::{LEN_MAX, normalise};
use self::table::NameHash;

/// Names to headers, in generations.
#[derive(Debug)]
pub struct Catalog<H> {
    hash: NameHash,
    generations: Generations<Snapshot<H>>,
}

/// What a publication came to.
#[derive(Debug)]
pub enum Published<'c, H> {
    /// This generation is current now.
    New(&'c Snapshot<H>),
    /// The entries were those of the base already, and no generation was made.
    Unchanged(&'c Snapshot<H>),
}

/// Why a generation was not published.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PublishError {
    /// Another generation became current after the base was read; derive anew from that one.
    #[error("generation {base} is no longer current")]
    Superseded {
        /// The number of the base.
        base: u64,
    },
    /// Two entries have one name.
    #[error("name {name:?} occurs twice")]
    Duplicate {
        /// That name.
        name: Box<str>,
    },
    /// A name is not in normal form, and could never be found.
    #[error("name {name:?} is not trimmed lower-case ASCII of at most 64 bytes")]
    NotNormal {
        /// That name.
        name: Box<str>,
    },
    /// The bound on generations is reached; compact the catalog.
    #[error("no room for further generations")]
    Exhausted,
    /// A cell that nobody else can fill was full.
    #[error("bug in registry-core: a new generation's cell was filled")]
    Filled,
}

impl PublishError {
    /// The stable code of this kind of error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Superseded { .. } => "E_SUPERSEDED",
            Self::Duplicate { .. } => "E_DUPLICATE_NAME",
            Self::NotNormal { .. } => "E_INVALID_NAME",
            Self::Exhausted => "E_GENERATIONS_EXHAUSTED",
            Self::Filled => "E_BUG",
        }
    }
}

/// What a catalog keeps alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Generations, the current one included.
    pub generations: usize,
    /// Bytes of their tables and names; headers are not counted.
    pub bytes: usize,
}

impl<H> Catalog<H> {
    /// A catalog whose generation 0 is empty.
    pub fn new() -> Self {
        let hash = NameHash::default();
        Self {
            generations: Generations::new(Snapshot::empty(hash.clone())),
            hash,
        }
    }

    /// The header of this name, as given or else in normal form.
    #[inline]
    pub fn get(&self, name: &str) -> Option<&H> {
        self.get_shared(name).map(|header| &**header)
    }

    /// Like [`get`](Self::get), for callers that want to own a share of the header.
    #[inline]
    pub fn get_shared(&self, name: &str) -> Option<&Arc<H>> {
        let hash = self.hash.of(name);
        let snapshot = self.current();
        snapshot
            .get_hashed(hash, name)
            .or_else(|| get_normalised(snapshot, name))
    }

    /// The header of exactly this name, if it is `ready`. A header that was found ready is not asked
    /// again in its generation, so `ready` must be about something that lasts.
    #[inline]
    pub fn get_ready(&self, name: &str, ready: impl FnOnce(&H) -> bool) -> Option<&Arc<H>> {
        let hash = self.hash.of(name);
        self.current().get_ready(hash, name, ready)
    }

    /// The current generation, which stays whole whatever is published later.
    #[inline]
    pub fn current(&self) -> &Snapshot<H> {
        self.generations.current()
    }

    /// Makes a generation of `entries` current, provided `base` is current still.
    ///
    /// The table is built before anything is locked. When the entries are those of `base`, the
    /// very same headers under the same names, no generation is made.
    pub fn publish<N: Into<Box<str>>>(
        &self,
        base: &Snapshot<H>,
        entries: impl IntoIterator<Item = (N, Arc<H>)>,
    ) -> Result<Published<'_, H>, PublishError> {
        let next = Snapshot::after(base, entries)?;
        let superseded = || PublishError::Superseded {
            base: base.number(),
        };
        if next.same_as(base) {
            let current = self.current();
            return (current.number() == base.number())
                .then_some(Published::Unchanged(current))
                .ok_or_else(superseded);
        }
        match self.generations.publish(base.index, next) {
            Ok(snapshot) => Ok(Published::New(snapshot)),
            Err(Refusal::Superseded) => Err(superseded()),
            Err(Refusal::Exhausted) => Err(PublishError::Exhausted),
            Err(Refusal::Filled) => Err(PublishError::Filled),
        }
    }

    /// Every generation that is kept, oldest first.
    pub fn generations(&self) -> impl Iterator<Item = &Snapshot<H>> {
        self.generations.held()
    }

    /// What the catalog keeps alive.
    pub fn held(&self) -> Held {
        let sizes = self.generations.held().map(Snapshot::bytes);
        let empty = Held {
            generations: 0,
            bytes: 0,
        };
        sizes.fold(empty, |held, bytes| Held {
            generations: held.generations + 1,
            bytes: held.bytes + bytes,
        })
    }

    /// Drops every generation but the current one.
    pub fn compact(&mut self) {
        self.generations.compact();
        self.generations.first_mut().index = 0;
    }
}

impl<H> Default for Catalog<H> {
    fn default() -> Self {
        Self::new()
    }
}

/// The second look, out of line so that the first stays small.
#[cold]
#[inline(never)]
fn get_normalised<'s, H>(snapshot: &'s Snapshot<H>, name: &str) -> Option<&'s Arc<H>> {
    let mut buffer = [0; LEN_MAX];
    let normal = normalise(name, &mut buffer)?;
    if normal == name {
        return None;
    }
    snapshot.get(normal)
}

#[cfg(test)]
mod tests;
