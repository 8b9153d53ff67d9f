//! What takes long: plans near their time limit, starts and discoveries of more than a second.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{DiscoveryStatus, PlannerStatus};
use crate::name::PlannerName;
use crate::planner::StartSample;

/// Which part of its time limit a planner's calls may take in the mean.
const PART_OF_LIMIT: u64 = 2;

/// How long a start or a discovery may take, in milliseconds.
const ONCE_MS_MAX: u64 = 1_000;

/// Something that takes long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Slow {
    /// What does.
    pub what: SlowKind,
    /// Which planner; none for a discovery.
    pub planner: Option<PlannerName>,
    /// How long it takes, in milliseconds: plans in the mean, starts at the longest, a discovery the
    /// latest time.
    pub took_ms: u64,
    /// From how many milliseconds on it is told here.
    pub told_from_ms: u64,
}

/// What takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SlowKind {
    /// Calls of a planner, in the mean over half of what they may take.
    Plan,
    /// A start of a planner.
    Start,
    /// The latest discovery.
    Discovery,
}

impl SlowKind {
    /// The words of the text rendering.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Plan => "plans",
            Self::Start => "start",
            Self::Discovery => "discovery",
        }
    }
}

/// Everything that takes long: plans first, by the name of the planner.
pub(super) fn all(
    planners: &[PlannerStatus],
    starts: &[StartSample],
    discovery: &DiscoveryStatus,
) -> Vec<Slow> {
    let plans = planners.iter().filter_map(plan);
    let mut slow: Vec<Slow> = plans.collect();
    let mut longest: BTreeMap<&PlannerName, u64> = BTreeMap::new();
    for sample in starts {
        let took_ms = u64::try_from(sample.took.as_millis()).unwrap_or(u64::MAX);
        let own = longest.entry(&sample.planner).or_default();
        *own = took_ms.max(*own);
    }
    slow.extend(longest.into_iter().filter_map(|(planner, took_ms)| {
        let planner = Some(planner.clone());
        Slow::once(SlowKind::Start, planner, took_ms)
    }));
    let discovery = Slow::once(SlowKind::Discovery, None, discovery.took_us / 1_000);
    slow.extend(discovery);
    slow
}

fn plan(planner: &PlannerStatus) -> Option<Slow> {
    let guard = planner.guard.as_ref()?;
    let told_from_ms = (guard.limit_ms / PART_OF_LIMIT).max(1);
    // Less than the limit, give or take, and so far below what a float holds exactly.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from a float saturates"
    )]
    let took_ms = guard.mean_ms? as u64;
    (took_ms >= told_from_ms).then(|| Slow {
        what: SlowKind::Plan,
        planner: Some(planner.name.clone()),
        took_ms,
        told_from_ms,
    })
}

impl Slow {
    fn once(what: SlowKind, planner: Option<PlannerName>, took_ms: u64) -> Option<Self> {
        (took_ms >= ONCE_MS_MAX).then_some(Self {
            what,
            planner,
            took_ms,
            told_from_ms: ONCE_MS_MAX,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::diagnose::GuardStatus;
    use crate::diagnose::text::sample;

    fn start(planner: &str, took_ms: u64) -> StartSample {
        StartSample {
            at: SystemTime::UNIX_EPOCH,
            planner: PlannerName::parse(planner).unwrap(),
            took: Duration::from_millis(took_ms),
            failure: None,
        }
    }

    #[test]
    fn what_reaches_its_bound_is_told_and_the_longest_start_counts() {
        let mut planners = sample::diagnosis().planners;
        for (planner, mean_ms) in planners.iter_mut().zip([4_999.9, 5_000.0]) {
            planner.guard = Some(GuardStatus {
                mean_ms: Some(mean_ms),
                limit_ms: 10_000,
                ..GuardStatus::default()
            });
        }
        let starts = [
            start("quick_planner", 999),
            start("late_planner", 1_000),
            start("late_planner", 2_500),
        ];
        let mut discovery = DiscoveryStatus {
            took_us: 999_999,
            ..DiscoveryStatus::default()
        };
        let told = |discovery: &DiscoveryStatus| -> Vec<_> {
            let slow = all(&planners, &starts, discovery).into_iter();
            slow.map(|slow| {
                let planner = slow.planner.map(|name| name.to_string());
                (slow.what, planner, slow.took_ms, slow.told_from_ms)
            })
            .collect()
        };
        let risk = Some("risk_planner".to_owned());
        let late = Some("late_planner".to_owned());
        let mut expected = vec![
            (SlowKind::Plan, risk, 5_000, 5_000),
            (SlowKind::Start, late, 2_500, 1_000),
        ];
        assert_eq!(told(&discovery), expected);
        discovery.took_us = 1_000_000;
        expected.push((SlowKind::Discovery, None, 1_000, 1_000));
        assert_eq!(told(&discovery), expected);
    }
}
