//! Whether enough planners can be used, in one line.

use serde::Serialize;

use super::advice::shell_word;
use super::{Diagnosis, FolderStatus, PlannerState, PlannerStatus, Problem, Step};
use crate::discovery::LeftOut;
use crate::planner::GetError;

/// Most steps that are proposed.
const STEPS_MAX: usize = 5;

/// Whether enough planners can be used. Each planner is counted once.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// Whether as many are active as were asked for.
    pub status: HealthStatus,
    /// Whether `status` is not `not_ready`.
    pub ready: bool,
    /// How many active planners were asked for.
    pub active_min: usize,
    /// Admitted, not held back, breaker not open, and no failed start waits for its next try; loaded or
    /// not.
    pub active: usize,
    /// Held back by their authors or by operators.
    pub quarantined: usize,
    /// Not called for a while, because they failed too often in a row.
    pub breaker_open: usize,
    /// Their start failed, and the next try has to wait.
    pub failed: usize,
    /// Allowed, but their files are refused.
    pub refused: usize,
    /// Allowed, but no file declares them.
    pub absent: usize,
    /// The mean reliability of the active planners; none without any.
    pub reliability: Option<f64>,
    /// What discovery did not look at, because there was too much of it.
    pub left_out: LeftOut,
    /// Why nothing could be discovered.
    pub problem: Option<Problem>,
    /// What to do next, the most useful first.
    pub next: Vec<Step>,
}

/// How well a registry is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HealthStatus {
    /// As many planners are active as were asked for.
    Ready,
    /// That too, but discovery did not look at everything.
    Degraded,
    /// Fewer are.
    #[default]
    NotReady,
}

impl Health {
    /// The health that `diagnosis` tells of, if `active_min` active planners are asked for.
    pub fn of(diagnosis: &Diagnosis, active_min: usize) -> Self {
        let Diagnosis {
            planners, files, ..
        } = diagnosis;
        Self::of_parts(planners, &files.folders, &files.left_out, active_min)
    }

    /// The same of as much of a diagnosis as counts for it: whoever asks once a second needs no more.
    pub(crate) fn of_parts(
        planners: &[PlannerStatus],
        folders: &[FolderStatus],
        left_out: &LeftOut,
        active_min: usize,
    ) -> Self {
        let active: Vec<_> = planners
            .iter()
            .filter(|planner| is_active(planner))
            .collect();
        let count = |state| {
            let others = planners.iter().filter(|planner| !is_active(planner));
            others.filter(|planner| planner.state == state).count()
        };
        let status = match (active.len() >= active_min, left_out.is_empty()) {
            (false, _) => HealthStatus::NotReady,
            (true, true) => HealthStatus::Ready,
            (true, false) => HealthStatus::Degraded,
        };
        Self {
            status,
            ready: status != HealthStatus::NotReady,
            active_min,
            active: active.len(),
            quarantined: count(PlannerState::Quarantined),
            breaker_open: count(PlannerState::BreakerOpen),
            failed: count(PlannerState::Failed),
            refused: count(PlannerState::Refused),
            absent: count(PlannerState::Absent),
            reliability: mean_reliability(&active),
            left_out: left_out.clone(),
            problem: None,
            next: steps(planners, folders, left_out, status),
        }
    }

    /// The health of a registry that could discover nothing.
    pub(crate) fn without_discovery(error: &GetError, active_min: usize) -> Self {
        Self {
            active_min,
            problem: Some(Problem::new(error.code(), error, error.remedy())),
            next: vec![step(
                "registry diagnose".to_owned(),
                "see what is in the way",
            )],
            ..Self::default()
        }
    }
}

impl HealthStatus {
    /// The words of the text rendering.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::NotReady => "not ready",
        }
    }
}

/// Whether asking for the planner now can give it.
fn is_active(planner: &PlannerStatus) -> bool {
    let may_be_tried = planner.retry_in_ms == Some(0);
    planner.state.is_usable() || (planner.state == PlannerState::Failed && may_be_tried)
}

fn mean_reliability(planners: &[&PlannerStatus]) -> Option<f64> {
    let scores = planners.iter().filter_map(|planner| planner.reliability);
    let (sum, count) = scores.fold((0.0, 0_u32), |(sum, count), own| {
        (sum + own.score, count + 1)
    });
    (count > 0).then(|| sum / f64::from(count))
}

/// Commands that lead to more active planners: what failed first, then what can be mended, then what
/// is not there.
fn steps(
    planners: &[PlannerStatus],
    folders: &[FolderStatus],
    left_out: &LeftOut,
    status: HealthStatus,
) -> Vec<Step> {
    let mut steps = Vec::new();
    if !left_out.is_empty() {
        let purpose = "see what discovery did not look at";
        steps.push(step("registry diagnose".to_owned(), purpose));
    }
    for state in [
        PlannerState::Failed,
        PlannerState::Refused,
        PlannerState::BreakerOpen,
        PlannerState::Quarantined,
        PlannerState::Absent,
    ] {
        let mut planners = planners.iter();
        let in_state = planners.find(|planner| planner.state == state && !is_active(planner));
        if let Some(planner) = in_state {
            let name = planner.name.as_str();
            let purpose = match state {
                PlannerState::BreakerOpen => "see why its breaker is open".to_owned(),
                state => format!("see why it is {}", state.label()),
            };
            steps.push(step(format!("registry explain {name}"), purpose));
        }
    }
    let folder = folders.iter().find(|folder| folder.problem.is_some());
    if let Some(folder) = folder.filter(|_| status == HealthStatus::NotReady) {
        let command = format!("ls -ld {}", shell_word(&folder.path));
        steps.push(step(command, "see why a plugin folder cannot be searched"));
    }
    steps.truncate(STEPS_MAX);
    steps
}

fn step(command: String, purpose: impl Into<String>) -> Step {
    Step {
        command,
        purpose: purpose.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::text::sample;

    fn commands(health: &Health) -> Vec<&str> {
        let steps = health.next.iter();
        steps.map(|step| step.command.as_str()).collect()
    }

    #[test]
    fn each_planner_is_counted_once_and_the_worst_are_proposed_first() {
        let diagnosis = sample::diagnosis();
        let health = Health::of(&diagnosis, 1);
        assert_eq!(
            (
                health.active,
                health.quarantined,
                health.failed,
                health.refused,
                health.absent
            ),
            (1, 1, 1, 1, 1)
        );
        assert_eq!((health.status, health.ready), (HealthStatus::Ready, true));
        assert_eq!(health.reliability, Some(0.8));
        assert_eq!(
            commands(&health),
            [
                "registry explain broken_planner",
                "registry explain old_planner",
                "registry explain llm_planner",
                "registry explain multi_pass_arch_planner",
            ]
        );
        let statuses = [0, 1, 2].map(|min| Health::of(&diagnosis, min).status);
        assert_eq!(
            statuses,
            [
                HealthStatus::Ready,
                HealthStatus::Ready,
                HealthStatus::NotReady
            ]
        );
    }

    #[test]
    fn a_failed_planner_whose_next_try_is_due_is_active() {
        let mut diagnosis = sample::diagnosis();
        let broken = diagnosis
            .planners
            .iter_mut()
            .find(|planner| planner.state == PlannerState::Failed);
        let broken = broken.unwrap();
        assert_eq!(broken.retry_in_ms, Some(42_000));
        broken.retry_in_ms = Some(0);
        let health = Health::of(&diagnosis, 2);
        assert_eq!((health.active, health.failed, health.ready), (2, 0, true));
        assert_eq!(health.reliability, Some(0.45));
    }

    #[test]
    fn files_that_a_bound_left_out_make_it_degraded() {
        let mut diagnosis = sample::diagnosis();
        diagnosis.files.left_out.files = 2;
        let health = Health::of(&diagnosis, 1);
        assert_eq!(
            (health.status, health.ready),
            (HealthStatus::Degraded, true)
        );
        assert_eq!(commands(&health)[0], "registry diagnose");
        assert_eq!(Health::of(&diagnosis, 2).status, HealthStatus::NotReady);
    }
}
