//! Moments as people and files write them.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

pub(crate) const DAY_SECS: u64 = 24 * 60 * 60;

const DAYS_OF_400_YEARS: u64 = 146_097;

/// Days from the first of March of the year 0 to the first of January 1970.
const DAYS_TO_1970: u64 = 719_468;

/// A moment, to the millisecond; its text is UTC, as in `2026-11-21T14:31:05Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "String"))]
pub struct Moment {
    unix_ms: u64,
}

impl Moment {
    /// This moment, by the system's clock.
    pub(crate) fn now() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self::of(since.unwrap_or_default())
    }

    /// The moment this long after 1970.
    pub fn of(since_1970: Duration) -> Self {
        Self {
            unix_ms: u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// The moment that a file gives in milliseconds since 1970.
    pub(crate) const fn of_unix_ms(unix_ms: u64) -> Self {
        Self { unix_ms }
    }

    /// Milliseconds since 1970.
    pub const fn unix_ms(self) -> u64 {
        self.unix_ms
    }

    /// The time since 1970.
    pub const fn since_1970(self) -> Duration {
        Duration::from_millis(self.unix_ms)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.unix_ms / 1000;
        let (year, month, day) = date_of(secs / DAY_SECS);
        let (hour, minute, second) = (secs / 3600 % 24, secs / 60 % 60, secs % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Year, month and day of the Gregorian calendar, by days since 1970. A year is counted from March, so
/// that the day a leap year adds is its last.
fn date_of(days: u64) -> (u64, u64, u64) {
    let days = days + DAYS_TO_1970;
    let (era, day_of_era) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let leap_days = day_of_era / 1_460 + day_of_era / 146_096;
    let year_of_era = (day_of_era + day_of_era / 36_524 - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// Days since 1970 by the same calendar; none for a date that is not in it, or is before.
pub(crate) fn days_of(date: (u64, u64, u64)) -> Option<u64> {
    let (year, month, day) = date;
    let year = year.checked_sub(u64::from(month <= 2))?;
    let (era, year_of_era) = (year / 400, year % 400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day.checked_sub(1)?;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * DAYS_OF_400_YEARS + day_of_era).checked_sub(DAYS_TO_1970)?;
    // What is no date, such as the 31st of April, is the number of another one.
    (date_of(days) == date).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_utc() {
        for (secs, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_795_271_465, "2026-11-21T14:31:05Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(Moment::of(Duration::from_secs(secs)).to_string(), text);
        }
        assert!(!Moment::of(Duration::MAX).to_string().is_empty());
    }

    #[test]
    fn days_follow_each_other_over_four_hundred_years_and_what_is_no_date_is_none() {
        let mut expected = 0;
        for year in 1970..2370 {
            for month in 0..=13 {
                for day in 0..=32 {
                    if let Some(days) = days_of((year, month, day)) {
                        assert_eq!(days, expected, "{year}-{month}-{day}");
                        expected += 1;
                    }
                }
            }
        }
        assert_eq!(expected, DAYS_OF_400_YEARS);
        for early in [(0, 1, 1), (0, 3, 1), (1969, 12, 31)] {
            assert_eq!(days_of(early), None);
        }
    }
}
