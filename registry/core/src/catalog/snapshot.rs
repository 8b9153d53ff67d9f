//! One generation of a catalog: an immutable table from names to shared headers.

use std::sync::Arc;

use super::PublishError;
use super::normal::is_normal;
use super::table::{NameHash, Table};

/// One generation of a catalog, immutable once published.
#[derive(Debug)]
pub struct Snapshot<H> {
    table: Table<Arc<H>>,
    hash: NameHash,
    /// Generations before this one since the catalog was made.
    number: u64,
    /// Its place in the catalog's row, which compacting starts anew.
    pub(super) index: usize,
}

impl<H> Snapshot<H> {
    /// Generation 0.
    pub(super) fn empty(hash: NameHash) -> Self {
        Self {
            table: Table::empty(),
            hash,
            number: 0,
            index: 0,
        }
    }

    /// The generation after `base`.
    pub(super) fn after<N: Into<Box<str>>>(
        base: &Self,
        entries: impl IntoIterator<Item = (N, Arc<H>)>,
    ) -> Result<Self, PublishError> {
        let entries = entries.into_iter();
        let entries: Vec<_> = entries
            .map(|(name, header)| (name.into(), header))
            .collect();
        if let Some((name, _)) = entries.iter().find(|(name, _)| !is_normal(name)) {
            return Err(PublishError::NotNormal { name: name.clone() });
        }
        let hash = base.hash.clone();
        let table = Table::new(&hash, entries);
        Ok(Self {
            table: table.map_err(|name| PublishError::Duplicate { name })?,
            hash,
            number: base.number + 1,
            index: base.index + 1,
        })
    }

    /// The number of this generation; the empty one that a catalog begins with is 0.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The header with exactly this name.
    #[inline]
    pub fn get(&self, name: &str) -> Option<&Arc<H>> {
        self.get_hashed(self.hash.of(name), name)
    }

    /// Like [`get`](Self::get), for a name that was hashed before.
    #[inline]
    pub(super) fn get_hashed(&self, hash: u64, name: &str) -> Option<&Arc<H>> {
        self.table.get(hash, name)
    }

    /// Like [`get_hashed`](Self::get_hashed), for a header that is `ready`.
    #[inline]
    pub(super) fn get_ready(
        &self,
        hash: u64,
        name: &str,
        ready: impl FnOnce(&H) -> bool,
    ) -> Option<&Arc<H>> {
        self.table.get_ready(hash, name, |header| ready(header))
    }

    /// Names and headers, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<H>)> {
        self.table.iter()
    }

    /// How many headers there are.
    pub const fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `other` maps the same names to the very same headers.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.iter().all(|(name, header)| {
                let there = other.get(name);
                there.is_some_and(|there| Arc::ptr_eq(header, there))
            })
    }

    /// Bytes of the table and its names; headers are not counted.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.table.bytes()
    }
}
