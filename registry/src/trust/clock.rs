//! The time by which keys are judged: the system's, but never earlier than a time already seen.
//!
//! Whoever can set the clock back could otherwise bring an expired key back to life.

use std::time::{Duration, SystemTime};

/// `now`, or the newest time `recorded` if the clock says that it is earlier.
pub(crate) fn now_not_before(now: SystemTime, recorded: SystemTime) -> SystemTime {
    now.max(recorded)
}

/// Whole seconds since 1970; times before it count as 1970.
pub(super) fn seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// The time `seconds` after 1970; one that the system cannot tell counts as 1970.
pub(super) fn time(seconds: u64) -> SystemTime {
    let since = Duration::from_secs(seconds);
    let time = SystemTime::UNIX_EPOCH.checked_add(since);
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_back_counts_as_standing_still() {
        let at = time;
        assert_eq!(now_not_before(at(50), at(100)), at(100));
        assert_eq!(now_not_before(at(150), at(100)), at(150));
        assert_eq!(seconds(at(100)), 100);
        assert_eq!(at(u64::MAX), SystemTime::UNIX_EPOCH);
    }
}
