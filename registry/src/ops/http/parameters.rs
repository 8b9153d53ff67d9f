//! What stands behind the question mark. Each route knows its parameters; another is a mistake.

use std::time::Duration;

use super::refusal::Refusal;

/// The longest time that anything may be ago.
const OLDEST: Duration = Duration::from_hours(24 * 365);

/// No parameter.
pub(super) fn none(query: Option<&str>) -> Result<(), Refusal> {
    match query {
        None | Some("") => Ok(()),
        Some(_) => Err(Refusal::Parameter),
    }
}

/// How many planners are enough: `min=N`, one unless somebody says otherwise.
pub(super) fn active_min(query: Option<&str>) -> Result<usize, Refusal> {
    match number(query, "min")? {
        None => Ok(1),
        Some(number) => usize::try_from(number).map_err(|_| Refusal::Parameter),
    }
}

/// For how long a time up to now: `since=SECONDS`.
pub(super) fn since(query: Option<&str>) -> Result<Option<Duration>, Refusal> {
    let since = number(query, "since")?.map(Duration::from_secs);
    match since {
        Some(since) if since > OLDEST => Err(Refusal::Parameter),
        since => Ok(since),
    }
}

/// The one parameter there is, a whole number in plain digits.
fn number(query: Option<&str>, name: &str) -> Result<Option<u64>, Refusal> {
    let Some(query) = query.filter(|query| !query.is_empty()) else {
        return Ok(None);
    };
    let value = query
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('='));
    let value = value.ok_or(Refusal::Parameter)?;
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::Parameter);
    }
    value.parse().map(Some).map_err(|_| Refusal::Parameter)
}
