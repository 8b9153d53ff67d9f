//! What earlier scans learned of the files below one directory.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::examine::{Seen, Verdict};

/// Files by name. Order and index are rebuilt only when names come or go.
#[derive(Debug, Default)]
pub(super) struct Memory {
    files: Vec<Remembered>,
    index: HashMap<Arc<[u8]>, usize, RandomState>,
}

/// A file and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Remembered {
    /// The way to it from its directory.
    pub(super) name: Arc<[u8]>,
    pub(super) seen: Seen,
}

impl Memory {
    /// All files, ordered by name.
    pub(super) fn files(&self) -> &[Remembered] {
        &self.files
    }

    /// The place of a file in [`files`](Self::files), and what is known of it.
    pub(super) fn get(&self, name: &[u8]) -> Option<(usize, &Seen)> {
        let &index = self.index.get(name)?;
        Some((index, &self.files.get(index)?.seen))
    }

    /// Replaces what is known of the file at `index`.
    pub(super) fn replace(&mut self, index: usize, seen: Seen) {
        if let Some(file) = self.files.get_mut(index) {
            file.seen = seen;
        }
    }

    /// Forgets the files at which `kept` is false and takes in new ones.
    pub(super) fn renew(&mut self, kept: &[bool], added: Vec<Remembered>) {
        let mut kept = kept.iter();
        self.files.retain(|_| kept.next() == Some(&true));
        self.files.extend(added);
        // A merge of two ordered runs, which this sort recognises.
        self.files.sort_by(|a, b| a.name.cmp(&b.name));
        let names = self.files.iter().enumerate();
        self.index = names
            .map(|(at, file)| (Arc::clone(&file.name), at))
            .collect();
    }

    /// The verdicts, ordered by name.
    pub(super) fn verdicts(&self) -> impl Iterator<Item = &Verdict> {
        self.files.iter().map(|file| &file.seen.verdict)
    }
}
