//! Discovery that remembers: the second look at ten thousand files costs one `statx` each.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::cache::{Cache, CacheError, Memories};
use super::changes::Changes;
use super::examine::Reading;
use super::fingerprint::Fingerprint;
use super::first::First;
use super::identity::Timestamp;
use super::memory::Memory;
use super::progress::Counter;
use super::request::ScanRequest;
use super::scan::Scan;
use super::sweep::{self, Orders};

/// Directories under observation.
#[derive(Debug)]
pub struct Discovery {
    memories: Memories,
    last: Option<Last>,
    cache: Option<Cache>,
    clock: fn() -> Timestamp,
}

/// What the last discovery was asked and found.
#[derive(Debug)]
struct Last {
    request: ScanRequest,
    /// All that it found but files.
    beside: Scan,
    scan: Arc<Scan>,
    fingerprint: Fingerprint,
}

/// The outcome of one discovery.
#[derive(Clone, Debug)]
pub struct Discovered {
    /// What there is now. Nothing changed since the last discovery exactly if this is the same
    /// `Arc`.
    pub scan: Arc<Scan>,
    /// What changed since the last discovery.
    pub changes: Changes,
    /// The fingerprint of all directories.
    pub fingerprint: Fingerprint,
    /// Whether an earlier discovery was remembered, by this one or in the cache.
    pub compared: bool,
    /// How many files were opened and read.
    pub read: usize,
    /// How long listing and reading took.
    pub reading_took: Duration,
    /// How long sorting the findings took, fingerprint included.
    pub sorting_took: Duration,
    /// Why the cache was not used or not written.
    pub cache_problem: Option<Arc<CacheError>>,
}

impl Default for Discovery {
    fn default() -> Self {
        Self {
            memories: Memories::new(),
            last: None,
            cache: None,
            clock: Timestamp::now,
        }
    }
}

impl Discovery {
    /// Remembers beyond this process, in a folder that only this user can write.
    pub fn with_cache(folder: PathBuf) -> Self {
        Self {
            cache: Some(Cache::new(folder)),
            ..Self::default()
        }
    }

    /// Looks at everything `request` names. No failure stops the rest: it is in the result.
    ///
    /// A file in the state it had at the last discovery is not read again, unless the request says
    /// so.
    pub fn discover(&mut self, request: &ScanRequest) -> Discovered {
        self.discover_counting(request, &Counter::default())
    }

    /// The same, while others look on how far it has come.
    pub(crate) fn discover_counting(
        &mut self,
        request: &ScanRequest,
        counter: &Counter,
    ) -> Discovered {
        let start = Instant::now();
        counter.begin();
        let loaded = self.load(request);
        let compared = self.last.is_some() || !self.memories.is_empty();
        let mut memories = std::mem::take(&mut self.memories);
        let first = First::new(&request.first);
        let orders = Orders {
            request,
            first: &first,
            reading: Reading {
                bytes_max: request.bounds.file_bytes_max,
                deep: request.deep,
                clock: self.clock,
            },
            deadline: start.checked_add(request.bounds.time_max),
            afresh: request.afresh,
            counter,
        };
        let mut found = Vec::new();
        for target in request.targets() {
            let mut memory = memories.remove(&target).unwrap_or_default();
            found.push(sweep::pass(&target, &mut memory, orders));
            self.memories.insert(target, memory);
        }
        let reading_took = start.elapsed();
        let mut changes = Changes::default();
        for found in &mut found {
            changes.merge(std::mem::take(&mut found.changes));
        }
        for memory in memories.values() {
            let gone = memory.verdicts().map(|verdict| verdict.path().to_owned());
            changes.removed.extend(gone);
        }
        let mut beside = Scan::default();
        for found in &found {
            beside.take_found(found);
        }
        let read = found.iter().map(|found| found.read).sum();
        let mut discovered = self.settle(request, beside, changes, read, reading_took);
        discovered.compared = compared;
        let stored = self.store(request, &discovered, loaded.is_err(), counter.is_stopped());
        let problem = loaded.and(stored).err();
        if let Some(problem) = &problem {
            let error: &dyn std::error::Error = problem;
            tracing::warn!(
                code = problem.code(),
                error,
                "the discovery cache is not used"
            );
        }
        discovered.cache_problem = problem.map(Arc::new);
        discovered
    }

    /// Fills an empty memory from the cache.
    fn load(&mut self, request: &ScanRequest) -> Result<(), CacheError> {
        match &self.cache {
            Some(cache) if self.memories.is_empty() => {
                self.memories = cache.load(request)?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn store(
        &self,
        request: &ScanRequest,
        discovered: &Discovered,
        replace: bool,
        is_stopped: bool,
    ) -> Result<(), CacheError> {
        match &self.cache {
            // What was looked at half-way would be remembered as all there is.
            Some(_) if is_stopped => Ok(()),
            Some(cache) if replace || discovered.changes.of_candidates > 0 => {
                cache.store(request, &self.memories)
            }
            _ => Ok(()),
        }
    }

    /// Keeps the last scan if nothing tells it from this one, else sorts the findings anew.
    fn settle(
        &mut self,
        request: &ScanRequest,
        beside: Scan,
        mut changes: Changes,
        read: usize,
        reading_took: Duration,
    ) -> Discovered {
        let start = Instant::now();
        let files: usize = self
            .memories
            .values()
            .map(|memory| memory.files().len())
            .sum();
        changes.unchanged = files.saturating_sub(changes.added.len() + changes.changed.len());
        let same = self.last.as_ref().filter(|last| {
            last.request.asks_the_same(request)
                && changes.is_empty()
                && last.beside.is_same(&beside)
        });
        let (scan, fingerprint) = match same {
            Some(last) => (Arc::clone(&last.scan), last.fingerprint),
            None => (
                Arc::new(self.sort(request, &beside)),
                self.fingerprint(request),
            ),
        };
        self.last = Some(Last {
            request: request.clone(),
            beside,
            scan: Arc::clone(&scan),
            fingerprint,
        });
        Discovered {
            scan,
            changes,
            fingerprint,
            compared: false,
            read,
            reading_took,
            sorting_took: start.elapsed(),
            cache_problem: None,
        }
    }

    fn sort(&self, request: &ScanRequest, beside: &Scan) -> Scan {
        let mut scan = Scan {
            refused: beside.refused.clone(),
            ignored: beside.ignored,
            left_out: beside.left_out.clone(),
            ..Scan::default()
        };
        for memory in self.in_order(request) {
            for verdict in memory.verdicts() {
                scan.take(verdict, request);
            }
        }
        scan
    }

    fn fingerprint(&self, request: &ScanRequest) -> Fingerprint {
        if request.deep {
            Fingerprint::of(self.in_order(request))
        } else {
            Fingerprint::none()
        }
    }

    fn in_order(&self, request: &ScanRequest) -> impl Iterator<Item = &Memory> {
        let targets = request.targets();
        targets.filter_map(|target| self.memories.get(&target))
    }
}

#[cfg(test)]
mod tests;
