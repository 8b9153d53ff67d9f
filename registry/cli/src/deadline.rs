//! A time span as people write it.

use std::time::Duration;

/// Units and how many seconds they are; `ms` before the `s` it ends in.
const UNITS: [(&str, f64); 4] = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// The longest span anybody may wait for a plan.
const LONGEST: Duration = Duration::from_hours(24);

/// A text that is no time span, or none to wait for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("allowed: 1ms to 24h, in seconds or written like 500ms, 90s, 2m, 1h")]
pub(crate) struct BadSpan;

/// Reads seconds, or a number with a unit.
pub(crate) fn parse(text: &str) -> Result<Duration, BadSpan> {
    let text = text.trim();
    let (number, unit) = UNITS
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)))
        .unwrap_or((text, 1.0));
    let number: f64 = number.trim_end().parse().map_err(|_| BadSpan)?;
    Duration::try_from_secs_f64(number * unit)
        .ok()
        .filter(|span| (Duration::from_millis(1)..=LONGEST).contains(span))
        .ok_or(BadSpan)
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
    fn what_is_no_span_or_out_of_range_is_refused() {
        for text in [
            "", "s", "0", "-1", "25h", "nan", "inf", "1e99", "1d", "0.1ms",
        ] {
            assert_eq!(parse(text), Err(BadSpan), "{text}");
        }
    }
}
