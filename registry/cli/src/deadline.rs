//! A time span as people write it.

use std::time::Duration;

/// Units and how many seconds they are; `ms` before the `s` it ends in.
const UNITS: [(&str, f64); 5] = [
    ("ms", 0.001),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
    ("d", 86_400.0),
];

/// The longest span anybody may wait for a plan.
const LONGEST: Duration = Duration::from_hours(24);

/// The longest time that a hold with an end lasts.
const LONGEST_HOLD: Duration = Duration::from_hours(366 * 24);

/// The longest time that anything may be ago.
const OLDEST: Duration = Duration::from_hours(24 * 365);

/// A text that is no time span to hold a planner back for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("allowed: 1ms to 366d, in seconds or written like 90s, 30m, 2h, 7d")]
pub(crate) struct BadHold;

/// A text that is no time span, or none to wait for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("allowed: 1ms to 24h, in seconds or written like 500ms, 90s, 2m, 1h")]
pub(crate) struct BadSpan;

/// A text that is no age.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("allowed: 1ms to 365d, in seconds or written like 90s, 2m, 1h, 7d")]
pub(crate) struct BadAge;

/// Reads how long to wait: seconds, or a number with a unit.
pub(crate) fn parse(text: &str) -> Result<Duration, BadSpan> {
    span(text, LONGEST).ok_or(BadSpan)
}

/// Reads how long to hold a planner back.
pub(crate) fn parse_hold(text: &str) -> Result<Duration, BadHold> {
    span(text, LONGEST_HOLD).ok_or(BadHold)
}

/// Reads how long ago something may be.
pub(crate) fn age(text: &str) -> Result<Duration, BadAge> {
    span(text, OLDEST).ok_or(BadAge)
}

fn span(text: &str, longest: Duration) -> Option<Duration> {
    let text = text.trim();
    let (number, unit) = UNITS
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)))
        .unwrap_or((text, 1.0));
    let number: f64 = number.trim_end().parse().ok()?;
    Duration::try_from_secs_f64(number * unit)
        .ok()
        .filter(|span| (Duration::from_millis(1)..=longest).contains(span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_numbers_with_a_unit_are_read() {
        for (text, millis) in [
            ("90", 90_000),
            ("0.5", 500),
            ("500ms", 500),
            ("2 m", 120_000),
            ("24h", 86_400_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn a_hold_may_last_for_days() {
        assert_eq!(parse_hold("7d"), Ok(Duration::from_hours(7 * 24)));
        assert_eq!(parse_hold("366 d"), Ok(LONGEST_HOLD));
        assert_eq!(parse_hold("367d"), Err(BadHold));
        assert_eq!(parse_hold("0s"), Err(BadHold));
    }

    #[test]
    fn an_age_may_be_in_days() {
        assert_eq!(age("7d"), Ok(Duration::from_hours(7 * 24)));
        assert_eq!(age("90"), Ok(Duration::from_secs(90)));
        assert_eq!(age("366d"), Err(BadAge));
        assert_eq!(age("yesterday"), Err(BadAge));
    }

    #[test]
    fn what_is_no_span_or_out_of_range_is_refused() {
        for text in [
            "", "s", "0", "-1", "25h", "nan", "inf", "1e99", "2d", "0.1ms",
        ] {
            assert_eq!(parse(text), Err(BadSpan), "{text}");
        }
    }
}
