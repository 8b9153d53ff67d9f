//! Who holds a planner back, since when, why, and how it ends.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::moment::Moment;
use crate::name::PlannerName;

/// Characters kept of a reason.
const REASON_CHARS_MAX: usize = 240;

/// Longest time that a hold with an end lasts.
const LASTS_MAX: Duration = Duration::from_hours(24 * 366);

/// A hold that an operator places on a planner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Hold {
    reason: String,
    lasts: Option<Duration>,
}

/// A planner that is held back: it is in the catalog, and not called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[error("quarantined: {}", self.account())]
#[non_exhaustive]
pub struct Quarantine {
    /// Which planner.
    pub planner: PlannerName,
    /// Who holds it back.
    pub by: Holder,
    /// Since when, as far as is known: what a manifest or a setting says, from the start of this process.
    pub since: Moment,
    /// Why; empty if nobody said.
    pub reason: String,
    /// How it ends.
    pub ends: HoldEnd,
}

/// Who holds a planner back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Holder {
    /// Its author, in the manifest.
    Author,
    /// The operator, in the configuration.
    Configuration,
    /// The operator, with a command or a call of the host.
    Operator,
    /// Its own check of itself, which failed.
    SelfTest,
    /// The verdict of a probe.
    Probe,
}

/// How a hold ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HoldEnd {
    /// With another version of the plugin.
    OtherVersion,
    /// When the setting is taken back and the host restarted.
    Setting,
    /// When it is lifted.
    Lifted,
    /// By itself, at a moment, or earlier when it is lifted.
    At(Moment),
    /// By itself, when the next try is due.
    NextTry(Moment),
}

impl Hold {
    /// A hold until it is lifted.
    pub fn new(reason: impl Into<String>) -> Self {
        let reason: String = reason.into();
        Self {
            reason: reason.chars().take(REASON_CHARS_MAX).collect(),
            lasts: None,
        }
    }

    /// Ends by itself after this time, at most 366 days.
    pub fn lasting(self, lasts: Duration) -> Self {
        Self {
            lasts: Some(lasts.min(LASTS_MAX)),
            ..self
        }
    }
}

/// An operator's hold as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) reason: String,
    pub(super) since: Moment,
    pub(super) until: Option<Moment>,
}

impl Kept {
    pub(super) fn new(hold: Hold, now: Duration) -> Self {
        Self {
            reason: hold.reason,
            since: Moment::of(now),
            until: hold
                .lasts
                .map(|lasts| Moment::of(now.saturating_add(lasts))),
        }
    }

    /// The hold as another process left it. One from the future, be it that the clock was set back,
    /// begins now: it lasts no longer than it was meant to.
    pub(super) fn recalled(
        reason: &str,
        since: Moment,
        until: Option<Moment>,
        now: Duration,
    ) -> Self {
        let begun = since.min(Moment::of(now));
        let until = until.map(|until| {
            let lasts = until.since_1970().saturating_sub(since.since_1970());
            until.min(Moment::of(now.saturating_add(lasts.min(LASTS_MAX))))
        });
        Self {
            since: begun,
            until,
            ..Self::new(Hold::new(reason), now)
        }
    }

    /// Whether it has ended by itself, as the steady clock or the system's date has it: a date that is
    /// set back does not prolong it, and a host that slept does not either.
    pub(super) fn has_ended(&self, now: Duration, date: Duration) -> bool {
        self.until
            .is_some_and(|until| Moment::of(now) >= until || Moment::of(date) >= until)
    }
}

impl Quarantine {
    /// Who holds it back, since when, why, and how that ends: one sentence without its planner.
    pub(crate) fn account(&self) -> String {
        let since = match self.by {
            Holder::Operator | Holder::SelfTest | Holder::Probe => format!(" since {}", self.since),
            Holder::Author | Holder::Configuration => String::new(),
        };
        let ends = match self.ends {
            HoldEnd::At(moment) => format!(", until {moment}"),
            HoldEnd::NextTry(moment) => format!(", to be tried again at {moment}"),
            HoldEnd::Lifted => ", until it is lifted".to_owned(),
            HoldEnd::OtherVersion | HoldEnd::Setting => String::new(),
        };
        let reason = match self.reason.as_str() {
            "" => String::new(),
            reason => format!(": {reason}"),
        };
        format!("{}{since}{ends}{reason}", self.by.phrase())
    }

    /// The stable machine code.
    pub const fn code(&self) -> &'static str {
        "E_QUARANTINED"
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        let planner = &self.planner;
        match self.by {
            Holder::Author => "Ask its author for a version without the hold.".to_owned(),
            Holder::Configuration => {
                format!("Take `hold` out of `[planners.{planner}]` in the configuration.")
            }
            Holder::Operator => format!("Lift it with `registry quarantine {planner} --lift`."),
            Holder::SelfTest => {
                format!("See why with `registry explain {planner}`; it is tried again by itself.")
            }
            Holder::Probe => format!(
                "See why with `registry explain {planner}`; `registry quarantine {planner} --lift` has \
                 it tried anew."
            ),
        }
    }
}

impl Holder {
    /// The word for it in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Configuration => "configuration",
            Self::Operator => "operator",
            Self::SelfTest => "self_test",
            Self::Probe => "probe",
        }
    }

    pub(super) const fn phrase(self) -> &'static str {
        match self {
            Self::Author => "its author holds it back",
            Self::Configuration => "the configuration holds it back",
            Self::Operator => "an operator holds it back",
            Self::SelfTest => "its self-test failed",
            Self::Probe => "a probe turned it away",
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn kept(now: Duration) -> Kept {
        Kept::new(Hold::new("slow").lasting(HOUR * 2), now)
    }

    #[test]
    fn a_hold_ends_by_the_steady_clock_or_the_date_whichever_comes_first() {
        let hold = kept(HOUR);
        let almost = Duration::from_millis(3 * 3_600_000 - 1);
        assert!(!hold.has_ended(almost, almost));
        assert!(
            hold.has_ended(HOUR * 3, Duration::ZERO),
            "the date was set back"
        );
        assert!(hold.has_ended(HOUR, HOUR * 3), "the host slept");
        let endless = Kept::new(Hold::new(""), HOUR);
        assert!(!endless.has_ended(Duration::MAX, Duration::MAX));
    }

    #[test]
    fn a_hold_from_the_future_lasts_no_longer_than_it_was_meant_to() {
        let left = kept(HOUR * 1000);
        let recalled = Kept::recalled(&left.reason, left.since, left.until, HOUR);
        assert_eq!(recalled.since, Moment::of(HOUR));
        assert_eq!(recalled.until, Some(Moment::of(HOUR * 3)));
        let past = Kept::recalled("", Moment::of(HOUR), Some(Moment::of(HOUR * 2)), HOUR * 9);
        assert!(past.has_ended(HOUR * 9, HOUR * 9));
    }

    #[test]
    fn reason_and_span_are_bounded() {
        let hold = Hold::new("ä".repeat(1000)).lasting(Duration::MAX);
        let kept = Kept::new(hold, Duration::ZERO);
        assert_eq!(kept.reason, "ä".repeat(240));
        assert_eq!(kept.until, Some(Moment::of(LASTS_MAX)));
    }
}
