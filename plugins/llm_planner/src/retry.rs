//! When to try again, and how long to wait before.
//!
//! Only an endpoint that is busy (429, 5xx) or was not reached is tried again. It is waited for as long
//! as it asks, or with exponential backoff and jitter; a wait that the call has no time for, or that is
//! longer than the bound, ends the tries at once.

use std::time::{Duration, SystemTime};

use crate::error::AskError;
use crate::host::{Host, check, pause};

/// Most tries for one question.
pub(crate) const TRIES_MAX: u32 = 3;

/// Wait after the first try, before jitter; doubled after each further one.
const BACKOFF_FIRST: Duration = Duration::from_millis(500);

/// Longest time that the endpoint may ask to wait.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(1);

/// Does `once` until it succeeds, fails for good, or has failed often enough. `log` takes a line for
/// each wait.
pub(crate) fn with_retries<T>(
    host: &dyn Host,
    log: impl Fn(&str),
    mut once: impl FnMut() -> Result<T, AskError>,
) -> Result<T, AskError> {
    check(host)?;
    let mut tries = 1;
    loop {
        let error = match once() {
            Ok(answer) => return Ok(answer),
            // The connection was shut because of it, so this is the true reason.
            Err(_) if host.is_cancelled() => return Err(AskError::Cancelled),
            Err(error) => error,
        };
        if !is_worth_retrying(&error) {
            return Err(error);
        }
        let wait = wait_after(&error, tries, host.random());
        if wait > RETRY_AFTER_MAX {
            return Err(AskError::LongWait(wait, Box::new(error)));
        }
        if tries == TRIES_MAX || wait >= host.remaining() {
            let last = Box::new(error);
            return Err(AskError::TriedInVain { tries, last });
        }
        log(&format!(
            "try {tries} of {TRIES_MAX} failed, the next comes in {} ms: the endpoint {error}",
            wait.as_millis()
        ));
        pause(host, wait)?;
        tries += 1;
    }
}

/// The wait that a `Retry-After` header asks for, in seconds or up to a date.
pub(crate) fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit ask for a wait beyond any bound.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

fn is_worth_retrying(error: &AskError) -> bool {
    matches!(error, AskError::Unreachable(_) | AskError::Busy { .. })
}

/// Never shorter than what the endpoint asked for.
fn wait_after(error: &AskError, tries: u32, random: u64) -> Duration {
    let asked = match error {
        AskError::Busy { retry_after, .. } => retry_after.unwrap_or_default(),
        _ => Duration::ZERO,
    };
    asked.max(backoff(tries, random))
}

/// Between half and all of 500 ms, 1 s, ..., so that askers that failed together do not come back
/// together.
fn backoff(tries: u32, random: u64) -> Duration {
    let full = BACKOFF_FIRST * 2_u32.pow(tries.min(TRIES_MAX) - 1);
    let half_ms = u64::try_from(full.as_millis() / 2).unwrap_or(u64::MAX);
    Duration::from_millis(half_ms + random % (half_ms + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: u64 = 784_111_777;

    fn parse(value: &str) -> Option<u64> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW_S);
        parse_retry_after(value, now).map(|wait| wait.as_secs())
    }

    #[test]
    fn a_wait_is_given_in_seconds_or_as_any_of_the_three_forms_of_a_date() {
        assert_eq!(parse("7"), Some(7));
        assert_eq!(parse(" 0 "), Some(0));
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10));
        assert_eq!(parse("Sunday, 06-Nov-94 08:49:47 GMT"), Some(10));
        assert_eq!(parse("Sun Nov  6 08:49:47 1994"), Some(10));
    }

    #[test]
    fn a_date_that_has_passed_asks_for_no_wait_and_a_huge_number_for_the_longest() {
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:30 GMT"), Some(0));
        assert_eq!(parse("99999999999999999999999999"), Some(u64::MAX));
    }

    #[test]
    fn what_is_neither_seconds_nor_a_date_asks_for_nothing() {
        for bad in ["", "-1", "1.5", "+3", "soon", "Sun, 06 Nov 1994", "7 s"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_backoff_doubles_and_jitter_takes_up_to_half_of_it() {
        let ms = |tries, random| backoff(tries, random).as_millis();
        assert_eq!((ms(1, 0), ms(1, 250), ms(1, 251)), (250, 500, 250));
        assert_eq!((ms(2, 0), ms(2, 500)), (500, 1_000));
        assert_eq!((ms(3, 0), ms(3, 1_000)), (1_000, 2_000));
        assert!((250..=500).contains(&ms(1, u64::MAX)));
    }
}
