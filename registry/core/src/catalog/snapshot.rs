//! One generation of a catalog: an immutable table from names to shared headers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::PublishError;
use super::normal::is_normal;

/// One generation of a catalog, immutable once published.
#[derive(Debug)]
pub struct Snapshot<H> {
    /// Generations before this one since the catalog was made.
    number: u64,
    /// Its place in the catalog's row, which compacting starts anew.
    pub(super) index: usize,
    headers: HashMap<Box<str>, Arc<H>, RandomState>,
}

impl<H> Snapshot<H> {
    pub(super) fn empty() -> Self {
        Self {
            number: 0,
            index: 0,
            headers: HashMap::default(),
        }
    }

    /// The generation after `base`.
    pub(super) fn after<N: Into<Box<str>>>(
        base: &Self,
        entries: impl IntoIterator<Item = (N, Arc<H>)>,
    ) -> Result<Self, PublishError> {
        let mut headers = HashMap::<Box<str>, _, RandomState>::default();
        for (name, header) in entries {
            let name = name.into();
            if !is_normal(&name) {
                return Err(PublishError::NotNormal { name });
            }
            match headers.entry(name) {
                Entry::Vacant(place) => place.insert(header),
                Entry::Occupied(place) => {
                    let name = place.key().clone();
                    return Err(PublishError::Duplicate { name });
                }
            };
        }
        headers.shrink_to_fit();
        Ok(Self {
            number: base.number + 1,
            index: base.index + 1,
            headers,
        })
    }

    /// The number of this generation; the empty one that a catalog begins with is 0.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The header with exactly this name.
    #[inline]
    pub fn get(&self, name: &str) -> Option<&Arc<H>> {
        self.headers.get(name)
    }

    /// Names and headers, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<H>)> {
        self.headers.iter().map(|(name, header)| (&**name, header))
    }

    /// How many headers there are.
    pub fn len(&self) -> usize {
        self.headers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    /// Whether `other` maps the same names to the very same headers.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.iter().all(|(name, header)| {
                other
                    .get(name)
                    .is_some_and(|there| Arc::ptr_eq(header, there))
            })
    }

    /// Bytes of the table and its names, as near as can be told; headers are not counted.
    pub(super) fn bytes(&self) -> usize {
        let entry = size_of::<(Box<str>, Arc<H>)>() + 1;
        let names: usize = self.headers.keys().map(|name| name.len()).sum();
        size_of::<Self>() + self.headers.capacity() * entry + names
    }
}
