//! A planner that is tried in a child before it is loaded here.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::cancel::CancelToken;
use super::start_error::StartFailure;
use super::supervised::Planner;
use crate::isolate::{ProbeFault, ProbeKey, StartFault, Trial, Unproven, Verdict};
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

impl ProbeFailure {
    fn new(verdict: &Verdict, fault: &ProbeFault, cause: ProbeCause) -> Self {
        Self {
            stage: fault.stage.label(),
            flaky: fault.flaky,
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(verdict.at_s),
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
        let digest = verified.digest();
        let mut launch = self.launch(verified)?;
        let key = self.probe_key(digest).ok_or(StartFailure::Bug)?;
        let prober = &self.supervision.prober;
        let (verdict, found) = match prober.recall(&key) {
            Some(verdict) => (verdict, None),
            None => {
                let timeout = self.supervision.start_timeout;
                let cancel = CancelToken::new();
                let state = self.start_state(Instant::now(), timeout, &cancel);
                let tell = |fault: &StartFault| told(&self.start_failure(fault.clone()));
                match prober.probe(key, &mut launch, &state, tell) {
                    Ok(verdict) => (verdict, None),
                    Err(Unproven::Failed(fault, verdict)) => (verdict, Some(*fault)),
                    Err(Unproven::NotProbed(fault)) => return Err(self.start_failure(fault)),
                }
            }
        };
        let Some(fault) = &verdict.fault else {
            return Ok(launch.verified);
        };
        let cause = match found {
            Some(found) => ProbeCause::Found(Arc::new(self.start_failure(found))),
            None => ProbeCause::Remembered {
                code: fault.code.clone(),
                reason: fault.reason.clone(),
            },
        };
        Err(StartFailure::Probe(ProbeFailure::new(
            &verdict, fault, cause,
        )))
    }

    /// What a probe found of the file as it is now; none if none was made.
    pub(crate) fn probe_verdict(&self) -> Option<Verdict> {
        let digest = trust::digest_now(self.candidate()?, &self.supervision.policy);
        self.supervision.prober.recall(&self.probe_key(digest?)?)
    }

    fn probe_key(&self, digest: blake3::Hash) -> Option<ProbeKey> {
        let program = self.supervision.program.as_ref()?;
        let trial = Trial {
            program,
            sandbox: &self.options.sandbox,
            variables: &self.options.variables,
            within: self.supervision.start_timeout,
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
