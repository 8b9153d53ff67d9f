//! What probes found, remembered for the exact bytes and everything that the outcome depends on.
//!
//! A verdict is no trust: every gate of `trust/` is judged anew each time. It spares a second probe of
//! the same bytes by the same host under the same sandbox, and keeps bytes that failed from being tried
//! again and again.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use registry_core::sync::Mutex;
use serde::{Deserialize, Serialize};

use super::failure::Stage;
use super::sandbox::Enforced;
use crate::state::{Document, StateFolder};

/// How long a verdict counts.
const LIFETIME: Duration = Duration::from_hours(24 * 30);

/// How long one counts that a second attempt contradicted.
const LIFETIME_FLAKY: Duration = Duration::from_hours(1);

/// Most verdicts that are kept; the oldest go first.
const VERDICTS_MAX: usize = 1_024;

/// Longest reason that is kept.
const REASON_BYTES_MAX: usize = 1_000;

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    /// When, in seconds since 1970.
    pub(crate) at_s: u64,
    /// How long it took, the second attempt included.
    pub(crate) took_us: u64,
    /// What is wrong with the plugin, if anything is.
    pub(crate) fault: Option<ProbeFault>,
    /// What the process said of its sandbox. One that failed said nothing.
    pub(crate) enforced: Option<Enforced>,
}

/// What a probe found to be wrong with a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProbeFault {
    /// How far the plugin came.
    pub(crate) stage: Stage,
    /// The code of what went wrong.
    pub(crate) code: String,
    /// What went wrong, on one line.
    pub(crate) reason: String,
    /// Whether a second attempt went well.
    pub(crate) flaky: bool,
}

/// The verdicts of this process, and of those that share its state folder.
#[derive(Debug)]
pub(super) struct Verdicts {
    state: StateFolder,
    known: Mutex<Kept>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Kept {
    verdicts: BTreeMap<String, Verdict>,
}

impl Document for Kept {
    const NAME: &'static str = "probes";
    const VERSION: u32 = 1;
}

impl ProbeFault {
    /// A fault whose reason is cut to what is kept of one.
    pub(super) fn new(stage: Stage, code: &str, mut reason: String) -> Self {
        reason.truncate(reason.floor_char_boundary(REASON_BYTES_MAX));
        Self {
            stage,
            code: code.to_owned(),
            reason,
            flaky: false,
        }
    }
}

impl Verdict {
    /// From when on it does not count any more, in seconds since 1970.
    pub(crate) fn until_s(&self) -> u64 {
        let lifetime = match &self.fault {
            Some(fault) if fault.flaky => LIFETIME_FLAKY,
            _ => LIFETIME,
        };
        self.at_s.saturating_add(lifetime.as_secs())
    }

    fn counts(&self, now_s: u64) -> bool {
        // One from the future was made by a wrong clock, or by hand.
        (self.at_s..self.until_s()).contains(&now_s)
    }
}

impl Kept {
    fn find(&self, key: &str, now_s: u64) -> Option<&Verdict> {
        self.verdicts
            .get(key)
            .filter(|verdict| verdict.counts(now_s))
    }

    fn add(&mut self, key: String, verdict: Verdict) {
        self.verdicts.insert(key, verdict);
        while self.verdicts.len() > VERDICTS_MAX {
            let oldest = self.verdicts.iter().min_by_key(|(_, verdict)| verdict.at_s);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            self.verdicts.remove(&oldest);
        }
    }

    fn forget_faults(&mut self) {
        self.verdicts.retain(|_, verdict| verdict.fault.is_none());
    }
}

impl Verdicts {
    /// Nothing is read yet.
    pub(super) fn new(state: StateFolder) -> Self {
        Self {
            state,
            known: Mutex::default(),
        }
    }

    /// The verdict under `key` that counts now, of this process or else of another one.
    pub(super) fn recall(&self, key: &str) -> Option<Verdict> {
        let now_s = now_s();
        if let Some(verdict) = self.known.lock().find(key, now_s) {
            return Some(verdict.clone());
        }
        // What cannot be used is no harm: the probe is made.
        let kept = self.state.read::<Kept>().unwrap_or_default();
        let verdict = kept.find(key, now_s)?.clone();
        self.known.lock().add(key.to_owned(), verdict.clone());
        Some(verdict)
    }

    /// Remembers a verdict here and, where state is kept, for other processes.
    pub(super) fn remember(&self, key: String, verdict: Verdict) {
        self.known.lock().add(key.clone(), verdict.clone());
        self.change(|kept| kept.add(key, verdict));
    }

    /// Has what failed be tried anew.
    pub(super) fn forget_faults(&self) {
        self.known.lock().forget_faults();
        if self.state.read::<Kept>().is_ok_and(|kept| {
            kept.verdicts
                .values()
                .any(|verdict| verdict.fault.is_some())
        }) {
            self.change(Kept::forget_faults);
        }
    }

    /// Has what this key stands for be tried anew.
    pub(super) fn forget(&self, key: &str) {
        self.known.lock().verdicts.remove(key);
        self.change(|kept| _ = kept.verdicts.remove(key));
    }

    fn change(&self, change: impl FnOnce(&mut Kept)) {
        if self.state.path().is_none() {
            return;
        }
        if let Err(error) = self.state.update(change) {
            tracing::debug!(%error, code = error.code(), "the verdict of a probe was not kept");
        }
    }
}

pub(super) fn now_s() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(at_s: u64, flaky: Option<bool>) -> Verdict {
        let fault = flaky.map(|flaky| ProbeFault {
            flaky,
            ..ProbeFault::new(Stage::Map, "E_WORKER_CRASH", "signal 11".to_owned())
        });
        Verdict {
            at_s,
            took_us: 1,
            fault,
            enforced: None,
        }
    }

    #[test]
    fn a_verdict_counts_for_its_time_and_a_flaky_one_for_less() {
        for (flaky, lifetime) in [
            (None, LIFETIME),
            (Some(false), LIFETIME),
            (Some(true), LIFETIME_FLAKY),
        ] {
            let verdict = verdict(1_000, flaky);
            let end = 1_000 + lifetime.as_secs();
            let counts = [999, 1_000, end - 1, end].map(|now_s| verdict.counts(now_s));
            assert_eq!(counts, [false, true, true, false], "{flaky:?}");
        }
    }

    #[test]
    fn the_oldest_verdicts_make_room_and_faults_are_forgotten_alone() {
        let mut kept = Kept::default();
        for at in 0..=VERDICTS_MAX as u64 {
            kept.add(
                format!("{at:04}"),
                verdict(at, (at % 2 == 0).then_some(false)),
            );
        }
        assert_eq!(kept.verdicts.len(), VERDICTS_MAX);
        assert_eq!(kept.verdicts.first_key_value().unwrap().0, "0001");
        kept.forget_faults();
        assert_eq!(kept.verdicts.len(), VERDICTS_MAX / 2);
    }

    #[test]
    fn a_verdict_is_recalled_by_another_process_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let state = || StateFolder::at(folder.path().join("state"));
        let failed = verdict(now_s(), Some(false));
        Verdicts::new(state()).remember("key".to_owned(), failed.clone());
        let other = Verdicts::new(state());
        assert_eq!(other.recall("key"), Some(failed.clone()));
        assert_eq!(other.recall("another"), None);
        other.forget_faults();
        assert_eq!(Verdicts::new(state()).recall("key"), None);
        for key in ["key", "another"] {
            other.remember(key.to_owned(), failed.clone());
        }
        other.forget("key");
        assert_eq!(Verdicts::new(state()).recall("key"), None);
        assert_eq!(Verdicts::new(state()).recall("another"), Some(failed));
    }
}
