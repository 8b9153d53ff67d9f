//! What a diagnosis tells of the past: how long things took, and which starts failed.

use serde::Serialize;

use super::{Diagnosis, Distribution, Profiles, advice, causes, slow};
use crate::planner::{FailedStart, StartSample};
use crate::select::SelectionSample;

/// How many failed starts are told, the newest.
const FAILURES_MAX: usize = 20;

/// A start that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PastFailure {
    /// Its number among all failures, from 0.
    pub number: u64,
    /// Which planner.
    pub planner: String,
    /// The stable machine code of its cause.
    pub code: &'static str,
    /// What happened, with its causes.
    pub reason: String,
    /// Whether a discovery has come since.
    pub archived: bool,
}

impl Diagnosis {
    /// The same with what these samples and failures tell, and what to do next in their light.
    pub(crate) fn with_past(
        self,
        selections: &[SelectionSample],
        starts: &[StartSample],
        failures: &[FailedStart],
    ) -> Self {
        let newest = failures.iter().rev().take(FAILURES_MAX).rev();
        let mut diagnosis = Self {
            profiles: Profiles {
                selection: Distribution::of(selections.iter().map(|sample| sample.took)),
                instantiation: Distribution::of(starts.iter().map(|sample| sample.took)),
            },
            slow: slow::all(&self.planners, starts, &self.files.discovery),
            failures: newest.map(PastFailure::of).collect(),
            ..self
        };
        diagnosis.next = advice::steps(&diagnosis);
        diagnosis
    }
}

impl PastFailure {
    fn of(failed: &FailedStart) -> Self {
        Self {
            number: failed.number,
            planner: failed.planner.clone(),
            code: failed.failure.code(),
            reason: causes(&failed.failure).join(": "),
            archived: failed.archived,
        }
    }
}
