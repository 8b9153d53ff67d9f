//! What probes found, remembered for the exact bytes and everything that the outcome depends on.
//!
//! A verdict is no trust: every gate of `trust/` is judged anew each time. It spares a second probe of
//! the same bytes by the same host under the same sandbox, and keeps bytes that failed from being tried
//! again and again.

use std::time::Duration;

use blake3::Hash;
use registry_core::sync::Mutex;
use serde::{Deserialize, Serialize};

use super::failure::Stage;
use super::probe_key::ProbeKey;
use super::sandbox::Enforced;
use crate::state::{Document, Finding, Findings, LIFETIME, StateError, StateFolder, now_s};

/// How long a verdict counts that a second attempt contradicted.
const LIFETIME_FLAKY: Duration = Duration::from_hours(1);

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

/// What all processes that share a state folder found, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    verdicts: Findings<Verdict>,
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

impl Finding for Verdict {
    fn at_s(&self) -> u64 {
        self.at_s
    }

    fn lifetime(&self) -> Duration {
        match &self.fault {
            Some(fault) if fault.flaky => LIFETIME_FLAKY,
            _ => LIFETIME,
        }
    }
}

impl Kept {
    /// Whether anything was found to be wrong with these bytes, however they were tried.
    pub(crate) fn blames(&self, digest: &Hash) -> bool {
        let mut verdicts = self.verdicts.iter();
        verdicts.any(|(key, verdict)| verdict.fault.is_some() && ProbeKey::is_of(key, digest))
    }

    /// The verdict under `key`, if it counts now.
    pub(crate) fn verdict(&self, key: &ProbeKey) -> Option<&Verdict> {
        self.verdicts.find(key.as_deref()?, now_s())
    }

    fn forget_faults(&mut self) {
        self.verdicts.keep(|verdict| verdict.fault.is_none());
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
        if let Some(verdict) = self.known.lock().verdicts.find(key, now_s) {
            return Some(verdict.clone());
        }
        // What cannot be used is no harm: the probe is made.
        let verdict = self.kept().verdicts.find(key, now_s)?.clone();
        let mut known = self.known.lock();
        known.verdicts.add(key.to_owned(), verdict.clone());
        Some(verdict)
    }

    /// What is kept for other processes; nothing where it cannot be read.
    pub(super) fn kept(&self) -> Kept {
        self.state.read().unwrap_or_default()
    }

    /// Whether what other processes left can be used.
    pub(super) fn check(&self) -> Result<(), StateError> {
        self.state.read::<Kept>().map(drop)
    }

    /// Remembers a verdict here and, where state is kept, for other processes.
    pub(super) fn remember(&self, key: String, verdict: Verdict) {
        let mut known = self.known.lock();
        known.verdicts.add(key.clone(), verdict.clone());
        drop(known);
        self.change(|kept| kept.verdicts.add(key, verdict));
    }

    /// Has what failed be tried anew.
    pub(super) fn forget_faults(&self) {
        self.known.lock().forget_faults();
        let has_faults = |kept: Kept| {
            kept.verdicts
                .iter()
                .any(|(_, verdict)| verdict.fault.is_some())
        };
        if self.state.read().is_ok_and(has_faults) {
            self.change(Kept::forget_faults);
        }
    }

    /// Has what this key stands for be tried anew.
    pub(super) fn forget(&self, key: &str) {
        self.known.lock().verdicts.remove(key);
        self.change(|kept| kept.verdicts.remove(key));
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
    fn a_verdict_counts_for_a_month_and_a_flaky_one_for_an_hour() {
        let month = 1_000 + 30 * 24 * 3600;
        let ends = [None, Some(false), Some(true)].map(|flaky| verdict(1_000, flaky).until_s());
        assert_eq!(ends, [month, month, 1_000 + 3600]);
    }

    #[test]
    fn faults_are_forgotten_alone() {
        let mut kept = Kept::default();
        for at in 0..10 {
            let fault = (at % 2 == 0).then_some(false);
            kept.verdicts.add(at.to_string(), verdict(at, fault));
        }
        kept.forget_faults();
        let left: Vec<_> = kept
            .verdicts
            .iter()
            .map(|(_, verdict)| verdict.at_s)
            .collect();
        assert_eq!(left, [1, 3, 5, 7, 9]);
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
