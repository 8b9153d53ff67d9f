//! Layout checks that need not be made again.
//!
//! The check takes about half of a cold load, and its outcome depends on nothing but the plugin's bytes
//! and the host's build. Where the state folder is kept, an outcome that was good is therefore
//! remembered for both. It stands for the layout check alone: digest, signature and every other gate
//! are judged each time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use blake3::Hash;
use registry_core::sync::{Mutex, OnceLock};
use serde::{Deserialize, Serialize};

use super::host_build::host_build;
use crate::config::Config;
use crate::state::{Document, StateFolder};

/// How long an outcome counts.
const LIFETIME: Duration = Duration::from_hours(24 * 30);

/// Most outcomes that are kept; the oldest go first.
const VERDICTS_MAX: usize = 1_024;

/// The rule by which layouts are compared. It changes whenever [`layout`](super::layout) does.
const RULE: &str = "either-way-1";

/// The outcomes that earlier processes left.
#[derive(Debug)]
pub(crate) struct Layouts {
    state: StateFolder,
    known: Mutex<Arc<Verdicts>>,
}

/// Proof that the layout of these bytes was found good by the same build of the host.
#[derive(Debug)]
pub(crate) struct RememberedLayout {
    digest: Hash,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Verdicts {
    /// When which bytes were found good by which host, in seconds since 1970.
    good: BTreeMap<String, u64>,
}

impl Document for Verdicts {
    const NAME: &'static str = "layouts";
    const VERSION: u32 = 1;
}

impl RememberedLayout {
    /// Whether it is of these bytes.
    pub(super) fn is_of(&self, digest: &Hash) -> bool {
        self.digest == *digest
    }
}

impl Layouts {
    /// Nothing is read yet.
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            state: StateFolder::of(config),
            known: Mutex::new(Arc::default()),
        }
    }

    /// Reads what other processes left. What cannot be used is no harm: the check is made.
    pub(crate) fn refresh(&self) {
        let known: Arc<Verdicts> = Arc::new(self.state.read().unwrap_or_default());
        if !known.good.is_empty() {
            // A load that asks finds it answered.
            let _host = host();
        }
        let previous = std::mem::replace(&mut *self.known.lock(), known);
        drop(previous);
    }

    /// The outcome for these bytes, if it is known and not too old.
    pub(crate) fn recall(&self, digest: Hash) -> Option<RememberedLayout> {
        let known = Arc::clone(&self.known.lock());
        if known.good.is_empty() {
            // Nothing is asked of the host's build, which takes looking at its program.
            return None;
        }
        let is_good = known.is_good(&key(&digest, host()?), now_s());
        is_good.then_some(RememberedLayout { digest })
    }

    /// Remembers that the layout of these bytes was found good.
    pub(crate) fn remember(&self, digest: &Hash) {
        let folder = self.state.path();
        let Some(host) = folder.and_then(|_| host()) else {
            return;
        };
        let add = |verdicts: &mut Verdicts| verdicts.add(key(digest, host), now_s());
        if let Err(error) = self.state.update(add) {
            tracing::debug!(%error, code = error.code(), "a layout check was not remembered");
        }
    }
}

impl Verdicts {
    fn is_good(&self, key: &str, now_s: u64) -> bool {
        let found = self.good.get(key);
        // One from the future was made by a wrong clock, or by hand.
        found.is_some_and(|at| {
            now_s
                .checked_sub(*at)
                .is_some_and(|age| age < LIFETIME.as_secs())
        })
    }

    fn add(&mut self, key: String, now_s: u64) {
        self.good.insert(key, now_s);
        while self.good.len() > VERDICTS_MAX {
            let oldest = self.good.iter().min_by_key(|(_, at)| **at);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            self.good.remove(&oldest);
        }
    }
}

fn key(digest: &Hash, host: &str) -> String {
    format!("{digest}:{host}")
}

/// One value for this build of the host and the rule by which it compares. None where the program
/// cannot be seen; then nothing is remembered.
fn host() -> Option<&'static str> {
    static HOST: OnceLock<Option<String>> = OnceLock::new();
    let host = HOST.get_or_init(|| {
        let build = format!("{} {RULE}", host_build()?);
        Some(blake3::hash(build.as_bytes()).to_string())
    });
    host.as_deref()
}

fn now_s() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_counts_for_its_key_and_its_time_alone() {
        let mut verdicts = Verdicts::default();
        let (one, other) = (Hash::from([1; 32]), Hash::from([2; 32]));
        verdicts.add(key(&one, "host"), 1_000);
        let good = |digest, host, now_s| verdicts.is_good(&key(digest, host), now_s);
        let end = 1_000 + LIFETIME.as_secs();
        assert!(good(&one, "host", 1_000) && good(&one, "host", end - 1));
        assert!(!good(&one, "host", end) && !good(&one, "host", 999));
        assert!(!good(&other, "host", 1_000) && !good(&one, "another", 1_000));
    }

    #[test]
    fn the_oldest_outcomes_make_room() {
        let mut verdicts = Verdicts::default();
        for at in 0..=VERDICTS_MAX as u64 {
            verdicts.add(format!("{at:04}"), at);
        }
        assert_eq!(verdicts.good.len(), VERDICTS_MAX);
        assert_eq!(verdicts.good.first_key_value().unwrap().0, "0001");
    }
}
