//! Days and moments, as the operator writes them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::moment::{DAY_SECS, days_of};

/// What can be read, in words that follow "allowed: ".
pub(super) const ALLOWED: &str =
    "a day like 2026-12-31, or a moment with its offset like 2026-12-31T18:00:00Z; from 1970 on";

/// A day or a moment. A day is one of universal time, from its first moment to its last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    text: String,
    first: SystemTime,
    last: SystemTime,
}

impl Moment {
    /// Reads a day or a moment in the form of RFC 3339; `None` if `text` is neither. A moment without
    /// an offset is none, since nobody can tell where its clock stood.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let [year, month, day] = fields(text.get(..10)?, '-', [4, 2, 2])?.map(u64::from);
        let day = days_of((year, month, day))?.checked_mul(DAY_SECS)?;
        let (first, last) = match text.get(10..)? {
            "" => {
                let last = Duration::from_nanos(999_999_999);
                (at(day)?, at(day + DAY_SECS - 1)?.checked_add(last)?)
            }
            rest => {
                let (seconds, fraction) = time_of_day(rest)?;
                let moment = at(day.checked_add_signed(seconds)?)?.checked_add(fraction)?;
                (moment, moment)
            }
        };
        Some(Self {
            text: text.to_owned(),
            first,
            last,
        })
    }

    /// Where it begins.
    pub(super) fn first(&self) -> SystemTime {
        self.first
    }

    /// Where it ends, itself a part of it.
    pub(super) fn last(&self) -> SystemTime {
        self.last
    }

    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

fn at(seconds: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// Seconds and their fraction from the beginning of the day in universal time, from `THH:MM:SS`, a
/// fraction of up to nine digits, and an offset.
fn time_of_day(text: &str) -> Option<(i64, Duration)> {
    let text = text.strip_prefix(['T', 't', ' '])?;
    let [hours, minutes, seconds] = fields(text.get(..8)?, ':', [2, 2, 2])?.map(i64::from);
    let mut rest = text.get(8..)?;
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        let digits = fraction
            .get(..length)
            .filter(|_| (1..=9).contains(&length))?;
        nanos = format!("{digits:0<9}").parse().ok()?;
        rest = fraction.get(length..)?;
    }
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60 + seconds - offset(rest)?;
    Some((seconds, Duration::from_nanos(nanos)))
}

/// How many seconds a clock is ahead of universal time, from `Z` or `+HH:MM`.
fn offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let [hours, minutes] = fields(rest, ':', [2, 2])?.map(i64::from);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes) * 60)
}

/// Numbers of these many digits with a separator between them.
fn fields<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[u32; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next()?;
        let digits = part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
        *number = if digits {
            part.parse().ok()?
        } else {
            return None;
        };
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First and last second since the epoch.
    fn seconds(text: &str) -> Option<(u64, u64)> {
        let since = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_secs();
        Moment::parse(text).map(|moment| (since(moment.first()), since(moment.last())))
    }

    #[test]
    fn a_day_lasts_from_its_first_second_to_its_last() {
        assert_eq!(seconds("1970-01-01"), Some((0, 86_399)));
        assert_eq!(seconds("2000-02-29"), Some((951_782_400, 951_868_799)));
        assert_eq!(seconds("2026-12-31"), Some((1_798_675_200, 1_798_761_599)));
        assert_eq!(
            seconds("9999-12-31"),
            Some((253_402_214_400, 253_402_300_799))
        );
        let last = Moment::parse("1970-01-01").unwrap().last();
        let next = Moment::parse("1970-01-02").unwrap().first();
        assert_eq!(next.duration_since(last).unwrap(), Duration::from_nanos(1));
    }

    #[test]
    fn a_moment_is_told_with_its_offset() {
        let noon = 1_798_718_400;
        for text in [
            "2026-12-31T12:00:00Z",
            "2026-12-31t12:00:00z",
            "2026-12-31 14:00:00+02:00",
            "2027-01-01T01:30:00+13:30",
            "2026-12-31T00:30:00.000-11:30",
        ] {
            assert_eq!(seconds(text), Some((noon, noon)), "{text}");
        }
        let precise = Moment::parse("1970-01-01T00:00:00.25Z").unwrap();
        assert_eq!(precise.first(), UNIX_EPOCH + Duration::from_millis(250));
    }

    #[test]
    fn what_is_no_day_and_no_moment_is_none() {
        for text in [
            "",
            "2026-1-01",
            "2026-13-01",
            "2026-00-01",
            "2026-02-29",
            "2100-02-29",
            "2026-04-31",
            "2026-04-00",
            "1969-12-31",
            "+026-04-01",
            "2026-04-01Z",
            "2026-04-01T12:00:00",
            "2026-04-01T24:00:00Z",
            "2026-04-01T12:60:00Z",
            "2026-04-01T12:00:60Z",
            "2026-04-01T12:00Z",
            "2026-04-01T12:00:00.Z",
            "2026-04-01T12:00:00.1234567890Z",
            "2026-04-01T12:00:00+2:00",
            "2026-04-01T12:00:00+24:00",
            "2026-04-01T12:00:00Z ",
            "1970-01-01T00:00:00+00:01",
            "2026-04-0é",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
