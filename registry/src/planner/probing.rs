//! A planner that is tried in a child before it is loaded here.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::cancel::CancelToken;
use super::hold::{HoldEnd, Holder, Quarantine};
use super::start_error::StartFailure;
use super::supervised::{Phase, Planner};
use crate::config::Policy;
use crate::isolate::{KeptVerdicts, ProbeFault, ProbeKey, StartFault, Trial, Unproven, Verdict};
use crate::moment::Moment;
use crate::problem::causes;
use crate::state::Finding as _;
use crate::trust::{self, Verified};

/// Why a plugin is not loaded here: the same bytes failed in a child.
#[derive(Clone, Debug, thiserror::Error)]
#[error("its probe failed during the {stage}{suffix}", suffix = self.suffix())]
#[non_exhaustive]
pub struct ProbeFailure {
    /// How far the plugin came.
    pub stage: &'static str,
    /// Whether a second attempt went well.
    pub flaky: bool,
    /// When it was tried.
    pub at: SystemTime,
    /// When it may be tried anew.
    pub until: SystemTime,
    /// What went wrong.
    #[source]
    pub cause: ProbeCause,
}

/// What went wrong in a probe.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeCause {
    /// It was found just now.
    #[error(transparent)]
    Found(Arc<StartFailure>),
    /// It was found before, by this process or another one.
    #[error("{reason} ({code}, remembered)")]
    Remembered {
        /// The code that it had.
        code: String,
        /// What was said of it.
        reason: String,
    },
}

impl ProbeCause {
    fn remembered(fault: &ProbeFault) -> Self {
        Self::Remembered {
            code: fault.code.clone(),
            reason: fault.reason.clone(),
        }
    }
}

impl ProbeFailure {
    fn new(verdict: &Verdict, fault: &ProbeFault, cause: ProbeCause) -> Self {
        // What lies beyond the clock was written by hand.
        let moment = |secs| {
            let since = Duration::from_secs(secs);
            let moment = SystemTime::UNIX_EPOCH.checked_add(since);
            moment.unwrap_or(SystemTime::UNIX_EPOCH)
        };
        Self {
            stage: fault.stage.label(),
            flaky: fault.flaky,
            at: moment(verdict.at_s),
            until: moment(verdict.until_s()),
            cause,
        }
    }

    fn suffix(&self) -> &'static str {
        if self.flaky {
            ", and went well the second time"
        } else {
            ""
        }
    }
}

impl Planner {
    /// Gives the library back if it does no harm in a child.
    pub(super) fn probed(&self, verified: Verified) -> Result<Verified, StartFailure> {
        let key = self.probe_key(verified.digest()).ok_or(StartFailure::Bug)?;
        let (verified, verdict, found) = match self.supervision.prober.recall(&key) {
            Some(verdict) => (verified, verdict, None),
            None => self.probe(verified, key)?,
        };
        let Some(fault) = &verdict.fault else {
            return Ok(verified);
        };
        let cause = match found {
            Some(found) => ProbeCause::Found(Arc::new(self.start_failure(found))),
            None => ProbeCause::remembered(fault),
        };
        Err(StartFailure::Probe(ProbeFailure::new(
            &verdict, fault, cause,
        )))
    }

    /// The library, what its probe finds, and how it fails if it does.
    fn probe(
        &self,
        verified: Verified,
        key: ProbeKey,
    ) -> Result<(Verified, Verdict, Option<StartFault>), StartFailure> {
        // What the child maps cannot be written to meanwhile, though what is mapped here may be a file.
        let (tried, kept) = match verified.sealed_copy()? {
            Some(copy) => (copy, Some(verified)),
            None => (verified, None),
        };
        let mut launch = self.launch(tried)?;
        let timeout = self.supervision.start_timeout;
        let cancel = CancelToken::new();
        let state = self.start_state(Instant::now(), timeout, &cancel);
        let tell = |fault: &StartFault| told(&self.start_failure(fault.clone()));
        let prober = &self.supervision.prober;
        let (verdict, found) = match prober.probe(key, &mut launch, &state, tell) {
            Ok(verdict) => (verdict, None),
            Err(Unproven::Failed(fault, verdict)) => (verdict, Some(*fault)),
            Err(Unproven::NotProbed(fault)) => return Err(self.start_failure(fault)),
        };
        Ok((kept.unwrap_or(launch.verified), verdict, found))
    }

    /// What a probe found of the file as it is now; none if none was made.
    pub(crate) fn probe_verdict(&self) -> Option<Verdict> {
        let digest = trust::digest_now(self.candidate()?, &self.supervision.policy);
        self.supervision.prober.recall(&self.probe_key(digest?)?)
    }

    /// Learns what is kept of the probe of its bytes as discovery found them, so that nobody has to ask for
    /// it to find out.
    pub(super) fn learn_verdict(&self, kept: &KeptVerdicts) {
        let failure = self.failure_in(kept).map(StartFailure::Probe);
        if failure.is_some() {
            self.record.begin_note();
        }
        *self.blamed.lock() = failure;
    }

    fn failure_in(&self, kept: &KeptVerdicts) -> Option<ProbeFailure> {
        let digest = *self.candidate()?.digest()?;
        // What a verdict is bound to is only looked for where there may be one.
        let key = kept.blames(&digest).then(|| self.probe_key(digest))??;
        let verdict = kept.verdict(&key)?;
        let fault = verdict.fault.as_ref()?;
        let cause = ProbeCause::remembered(fault);
        Some(ProbeFailure::new(verdict, fault, cause))
    }

    /// The hold of a probe that failed before anybody asked for the planner here.
    pub(super) fn remembered_probe(&self) -> Option<Quarantine> {
        let failure = self.blamed.lock().clone()?;
        self.failed_probe(&failure)
    }

    /// The hold of a probe that failed, for as long as its verdict counts.
    pub(super) fn failed_probe(&self, cause: &StartFailure) -> Option<Quarantine> {
        let StartFailure::Probe(failure) = cause else {
            return None;
        };
        let since = |at: SystemTime| {
            at.duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default()
        };
        let until = since(failure.until);
        (self.supervision.ledger.date.now() < until).then(|| Quarantine {
            planner: self.name.clone(),
            by: Holder::Probe,
            since: Moment::of(since(failure.at)),
            reason: causes(failure).join(": "),
            ends: HoldEnd::At(Moment::of(until)),
        })
    }

    /// Has a plugin that failed its probe, here or in an earlier process, be tried anew; gives the hold
    /// that there was.
    pub(super) fn lift_failed_probe(&self) -> Option<Quarantine> {
        if self.policy() != Policy::Probe {
            return None;
        }
        let digest = trust::digest_now(self.candidate()?, &self.supervision.policy)?;
        let key = self.probe_key(digest)?;
        let verdict = self.supervision.prober.recall(&key)?;
        let fault = verdict.fault.as_ref()?;
        let failure = ProbeFailure::new(&verdict, fault, ProbeCause::remembered(fault));
        self.supervision.prober.forget(&key);
        *self.blamed.lock() = None;
        if let Phase::Failed { .. } = self.phase() {
            self.resident().reset();
        }
        self.failed_probe(&StartFailure::Probe(failure))
    }

    fn probe_key(&self, digest: blake3::Hash) -> Option<ProbeKey> {
        let program = self.supervision.program.as_ref()?;
        let trial = Trial {
            program,
            sandbox: &self.options.sandbox,
            environment: &self.environment(),
            settings: &self.options.settings,
            within: self.supervision.start_timeout,
            processor_time: self.supervision.worker_cpu_time,
        };
        Some(ProbeKey::new(digest, trial))
    }
}

/// A failure in words: its code, and all of its reasons on one line.
fn told(failure: &StartFailure) -> (&'static str, String) {
    let mut line = failure.to_string();
    let mut next = failure.source();
    while let Some(cause) = next {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        next = cause.source();
    }
    (failure.code(), line)
}
