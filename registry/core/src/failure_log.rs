//! What failed, newest kept, counted per name.
//!
//! A failure is recorded among the *live* ones. Rediscovery and reload move the live ones to the
//! *archive*; so does a full live list with its oldest. Only what falls off the end of the archive
//! is dropped, and it is counted. All of it sits under one lock, so that a failure is in exactly
//! one of these places whenever somebody looks.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::sync::{Mutex, broken};

/// Bounds of a failure log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureLogLimits {
    /// Live failures.
    pub live_max: usize,
    /// Archived failures.
    pub archived_max: usize,
    /// Names that are counted; failures of further names are counted together.
    pub names_max: usize,
}

/// A bounded log of failures.
#[derive(Debug)]
pub struct FailureLog<F> {
    limits: FailureLogLimits,
    inner: Mutex<FailureSnapshot<F>>,
}

/// One recorded failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureEntry<F> {
    /// Its number in order of recording, from 0.
    pub number: u64,
    /// What failed.
    pub name: Arc<str>,
    /// How.
    pub failure: F,
}

/// The whole log at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureSnapshot<F> {
    /// Failures since the last archiving, oldest first.
    pub live: VecDeque<FailureEntry<F>>,
    /// Failures before it, oldest first.
    pub archived: VecDeque<FailureEntry<F>>,
    /// Failures of each name since the log was made.
    pub counts: BTreeMap<Arc<str>, u64>,
    /// Failures of names beyond the bound on names.
    pub uncounted: u64,
    /// Failures that fell off the end of the archive.
    pub dropped: u64,
    /// Failures recorded since the log was made.
    pub recorded: u64,
}

impl<F> FailureLog<F> {
    /// An empty log.
    pub fn new(limits: FailureLogLimits) -> Self {
        Self {
            limits,
            inner: Mutex::new(FailureSnapshot {
                live: VecDeque::new(),
                archived: VecDeque::new(),
                counts: BTreeMap::new(),
                uncounted: 0,
                dropped: 0,
                recorded: 0,
            }),
        }
    }

    /// Records a failure and gives its number.
    pub fn record(&self, name: &str, failure: F) -> u64 {
        let mut log = self.inner.lock();
        let number = log.recorded;
        log.recorded += 1;
        let name = log.count(name, self.limits.names_max);
        log.live.push_back(FailureEntry {
            number,
            name,
            failure,
        });
        if log.live.len() > self.limits.live_max {
            let oldest = log.live.pop_front();
            log.append(oldest, self.limits.archived_max);
        }
        number
    }

    /// Moves the live failures to the archive, and says how many there were.
    pub fn archive(&self) -> usize {
        let mut log = self.inner.lock();
        let live = std::mem::take(&mut log.live);
        if broken("failure_log.archive_gap") {
            drop(log);
            log = self.inner.lock();
        }
        let moved = live.len();
        log.append(live, self.limits.archived_max);
        moved
    }

    /// The whole log at one moment.
    pub fn snapshot(&self) -> FailureSnapshot<F>
    where
        F: Clone,
    {
        self.inner.lock().clone()
    }

    /// How many failures are live.
    pub fn live_len(&self) -> usize {
        self.inner.lock().live.len()
    }
}

impl<F> FailureSnapshot<F> {
    /// Counts a failure of `name`, and gives the name as the log shares it.
    fn count(&mut self, name: &str, names_max: usize) -> Arc<str> {
        let shared = self.counts.get_key_value(name);
        let name = shared.map_or_else(|| Arc::from(name), |(shared, _)| Arc::clone(shared));
        if let Some(count) = self.counts.get_mut(&name) {
            *count += 1;
        } else if self.counts.len() < names_max {
            self.counts.insert(Arc::clone(&name), 1);
        } else {
            self.uncounted += 1;
        }
        name
    }

    fn append(&mut self, entries: impl IntoIterator<Item = FailureEntry<F>>, archived_max: usize) {
        for entry in entries {
            self.archived.push_back(entry);
            if self.archived.len() > archived_max {
                self.archived.pop_front();
                self.dropped += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: FailureLogLimits = FailureLogLimits {
        live_max: 3,
        archived_max: 4,
        names_max: 2,
    };

    fn texts(entries: &VecDeque<FailureEntry<u32>>) -> Vec<(u64, &str, u32)> {
        let entries = entries.iter();
        entries.map(|e| (e.number, &*e.name, e.failure)).collect()
    }

    #[test]
    fn archiving_moves_and_loses_nothing() {
        let log = FailureLog::new(LIMITS);
        assert_eq!(log.record("a", 10), 0);
        assert_eq!(log.record("b", 11), 1);
        assert_eq!(log.archive(), 2);
        assert_eq!(log.archive(), 0);
        assert_eq!(log.record("a", 12), 2);
        let seen = log.snapshot();
        assert_eq!(texts(&seen.archived), [(0, "a", 10), (1, "b", 11)]);
        assert_eq!(texts(&seen.live), [(2, "a", 12)]);
        assert_eq!((seen.recorded, seen.dropped, log.live_len()), (3, 0, 1));
    }

    #[test]
    fn the_newest_are_kept_and_the_dropped_are_counted() {
        let log = FailureLog::new(LIMITS);
        for number in 0..9 {
            log.record("a", number);
        }
        let seen = log.snapshot();
        let numbers = |entries: &VecDeque<FailureEntry<u32>>| -> Vec<_> {
            entries.iter().map(|entry| entry.failure).collect()
        };
        assert_eq!(numbers(&seen.live), [6, 7, 8]);
        assert_eq!(numbers(&seen.archived), [2, 3, 4, 5]);
        assert_eq!((seen.recorded, seen.dropped), (9, 2));
    }

    #[test]
    fn failures_are_counted_per_name_across_archiving_up_to_a_bound_on_names() {
        let log = FailureLog::new(LIMITS);
        for name in ["a", "b", "a", "c", "d", "c"] {
            log.record(name, 0);
            log.archive();
        }
        let seen = log.snapshot();
        let counts: Vec<_> = seen.counts.iter().map(|(n, c)| (&**n, *c)).collect();
        assert_eq!((counts, seen.uncounted), (vec![("a", 2), ("b", 1)], 3));
    }
}
