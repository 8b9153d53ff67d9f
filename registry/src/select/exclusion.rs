//! Why a planner is not ranked.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::formula::{Terms, prior};
use super::pool::Pool;
use super::rank::Rating;
use crate::config::Select;
use crate::discovery::{self, Refused};
use crate::name::PlannerName;
use crate::planner::{BreakerOpen, DiscoveryReport, Obstacle, Planner, Quarantine, StartFailure};
use crate::trust;

/// A planner that is not ranked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Excluded {
    /// Which planner.
    pub name: PlannerName,
    /// Why.
    pub reason: Exclusion,
}

/// Why a planner is not ranked.
///
/// As text it is one sentence. With a precision, `{:.2}`, numbers of reliability are rounded to that many
/// digits, or to as many more as tell them apart.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Exclusion {
    /// It is allowed, but no file declares it.
    Absent,
    /// A file declares it, but its name is not on the allowlist.
    NotAllowed,
    /// The configuration excludes its name.
    ByConfiguration,
    /// A trust gate turned its file away.
    Refused(trust::Refusal),
    /// Its file claims a name that another one claims too.
    Ambiguous(Arc<Refused>),
    /// Somebody holds it back.
    Quarantined(Box<Quarantine>),
    /// It failed too often in a row, and is not called for a while.
    BreakerOpen(Box<BreakerOpen>),
    /// It could not be started, and the wait before the next attempt is not over.
    Failed {
        /// Why it could not be started.
        cause: Arc<StartFailure>,
        /// Time until the next attempt may be made.
        retry_after: Duration,
    },
    /// It is less reliable than the settings ask for.
    BelowReliability {
        /// How reliable it is.
        reliability: f64,
        /// The setting.
        reliability_min: f64,
    },
}

impl Exclusion {
    /// That `planner` is less reliable than the settings ask for, if it is.
    pub(crate) fn below_reliability(planner: &Planner, settings: &Select) -> Option<Self> {
        let reliability = planner.reliability();
        let reliability = reliability.unwrap_or_else(|| prior(planner.manifest()));
        let reliability_min = settings.min_reliability;
        (reliability < reliability_min).then_some(Self::BelowReliability {
            reliability,
            reliability_min,
        })
    }

    /// The word for it in JSON.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::NotAllowed => "not_allowed",
            Self::ByConfiguration => "excluded",
            Self::Refused(_) | Self::Ambiguous(_) => "refused",
            Self::Quarantined(_) => "quarantined",
            Self::BreakerOpen(_) => "breaker_open",
            Self::Failed { .. } => "failed",
            Self::BelowReliability { .. } => "below_reliability",
        }
    }
}

impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent: no file in the plugin folders declares it"),
            Self::NotAllowed => f.write_str("its name is not on the allowlist"),
            Self::ByConfiguration => f.write_str("the configuration excludes its name"),
            Self::Refused(refusal) => {
                f.write_str("refused")?;
                causes(refusal, f)
            }
            Self::Ambiguous(refused) => write!(f, "refused: {}", refused.reason()),
            Self::Quarantined(quarantine) => quarantine.fmt(f),
            Self::BreakerOpen(open) => open.fmt(f),
            Self::Failed { cause, retry_after } => {
                f.write_str("failed")?;
                causes(&**cause, f)?;
                write!(f, "; next try in {:.1} s", retry_after.as_secs_f64())
            }
            Self::BelowReliability {
                reliability,
                reliability_min,
            } => {
                let (own, min) = told_apart(*reliability, *reliability_min, f.precision());
                write!(f, "reliability {own} is below {min}")
            }
        }
    }
}

/// Digits behind the point by which any two numbers from 0 to 1 differ that a document could tell apart.
const DIGITS_MAX: usize = 17;

/// Two numbers that are not equal, with at least `digits` behind the point; without, as they are.
fn told_apart(one: f64, other: f64, digits: Option<usize>) -> (String, String) {
    let rounded = |digits: usize| (format!("{one:.digits$}"), format!("{other:.digits$}"));
    let mut tries = digits.map_or(0..0, |digits| digits..DIGITS_MAX + 1);
    let apart = tries.find_map(|digits| Some(rounded(digits)).filter(|(one, other)| one != other));
    apart.unwrap_or_else(|| (one.to_string(), other.to_string()))
}

/// An error and what led to it.
fn causes(error: &dyn Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut next = Some(error);
    while let Some(error) = next {
        write!(f, ": {error}")?;
        next = error.source();
    }
    Ok(())
}

impl Serialize for Excluded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut excluded = serializer.serialize_struct("Excluded", 3)?;
        excluded.serialize_field("name", &self.name)?;
        excluded.serialize_field("reason", self.reason.word())?;
        excluded.serialize_field("detail", &self.reason.to_string())?;
        excluded.end()
    }
}

impl From<&Obstacle> for Exclusion {
    fn from(obstacle: &Obstacle) -> Self {
        match obstacle {
            Obstacle::Quarantined(quarantine) => Self::Quarantined(quarantine.clone()),
            Obstacle::BreakerOpen(open) => Self::BreakerOpen(open.clone()),
            Obstacle::Failed { cause, retry_after } => Self::Failed {
                cause: Arc::clone(cause),
                retry_after: *retry_after,
            },
        }
    }
}

/// Everyone who is not ranked, by name: planners of `pool` that are not rated, and names that are in no
/// catalog although they are allowed or some file declares them.
pub(super) fn excluded(
    pool: &Pool,
    terms: &Terms,
    rating: &Rating,
    report: &DiscoveryReport,
) -> Vec<Excluded> {
    let hindered = rating.hindered.iter();
    let hindered = hindered.map(|(planner, obstacle)| (*planner, Exclusion::from(obstacle)));
    let unreliable = rating.unreliable(pool.all_facts(), terms).into_iter();
    let unreliable = unreliable.map(|(planner, reliability)| {
        let reason = Exclusion::BelowReliability {
            reliability,
            reliability_min: terms.reliability_min,
        };
        (planner, reason)
    });
    let named = |(planner, reason)| (pool.name(planner).clone(), reason);
    let mut reasons: BTreeMap<_, _> = hindered.chain(unreliable).map(named).collect();
    for (name, reason) in turned_away(report) {
        if !pool.holds(&name) {
            reasons.entry(name).or_insert(reason);
        }
    }
    for name in pool.unfilled() {
        reasons.entry(name.clone()).or_insert(Exclusion::Absent);
    }
    let reasons = reasons.into_iter();
    reasons
        .map(|(name, reason)| Excluded { name, reason })
        .collect()
}

/// The names that files declare in vain; for a name that several do, the telling reason first.
fn turned_away(report: &DiscoveryReport) -> impl Iterator<Item = (PlannerName, Exclusion)> {
    let rejected = report.rejected.iter().map(|rejected| {
        let reason = match &rejected.refusal {
            trust::Refusal::NotAllowed { .. } => Exclusion::NotAllowed,
            refusal => Exclusion::Refused(refusal.clone()),
        };
        (rejected.name.clone(), reason)
    });
    let clashes = report.resolution.refused.iter().filter_map(|refused| {
        let (discovery::Refusal::SameName { name, .. }
        | discovery::Refusal::SimilarName { name, .. }) = refused.cause()
        else {
            return None;
        };
        let name = PlannerName::parse(name).ok()?;
        Some((name, Exclusion::Ambiguous(Arc::clone(refused))))
    });
    let excluded = report.scan.excluded.iter().filter_map(|candidate| {
        let name = PlannerName::parse(candidate.name()).ok()?;
        Some((name, Exclusion::ByConfiguration))
    });
    rejected.chain(clashes).chain(excluded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reliability_is_told_as_it_is_or_rounded_as_far_as_it_still_tells() {
        let told = |reliability| {
            let below = Exclusion::BelowReliability {
                reliability,
                reliability_min: 0.25,
            };
            [below.to_string(), format!("{below:.2}")]
        };
        let expected = [
            "reliability 0.20672257622514653 is below 0.25",
            "reliability 0.21 is below 0.25",
        ];
        assert_eq!(told(0.206_722_576_225_146_53), expected);
        assert_eq!(told(0.249_96)[1], "reliability 0.24996 is below 0.25000");
        let next = 0.25_f64.next_down();
        assert_eq!(
            told(next)[1],
            "reliability 0.24999999999999997 is below 0.25000000000000000"
        );
        assert_eq!(told(0.0)[1], "reliability 0.00 is below 0.25");
    }
}
