//! Bodies, read within a bound and in time.

use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::refusal::Refusal;
use crate::ops::server::Limits;

/// How a planner is to be held back.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// For how many seconds; until it is lifted if nobody says.
    #[serde(default)]
    for_seconds: Option<u64>,
    /// Why.
    #[serde(default)]
    pub(super) reason: Option<String>,
}

impl Wanted {
    pub(super) fn lasts(&self) -> Option<Duration> {
        self.for_seconds.map(Duration::from_secs)
    }
}

/// The whole body.
pub(super) async fn read(body: Incoming, limits: &Limits) -> Result<Bytes, Refusal> {
    let announced = body.size_hint().lower();
    if announced > u64::try_from(limits.body_bytes_max).unwrap_or(u64::MAX) {
        return Err(Refusal::BodyTooLarge);
    }
    let whole = Limited::new(body, limits.body_bytes_max).collect();
    let whole = timeout(limits.body_timeout, whole).await;
    match whole.map_err(|_| Refusal::BodyTimeout)? {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge),
        Err(_) => Err(Refusal::Body),
    }
}

/// Nothing, where nothing is expected.
pub(super) async fn none(body: Incoming, limits: &Limits) -> Result<(), Refusal> {
    let body = read(body, limits).await?;
    body.is_empty().then_some(()).ok_or(Refusal::Body)
}

/// How a planner is to be held back; an empty body says nothing.
pub(super) async fn wanted(body: Incoming, limits: &Limits) -> Result<Wanted, Refusal> {
    let bytes = read(body, limits).await?;
    if bytes.is_empty() {
        return Ok(Wanted::default());
    }
    // An object alone: a list would do for serde, too.
    let object: Map<String, Value> = serde_json::from_slice(&bytes).map_err(|_| Refusal::Body)?;
    let wanted = serde_json::from_value::<Wanted>(Value::Object(object));
    let wanted = wanted.map_err(|_| Refusal::Body)?;
    match wanted.for_seconds {
        Some(0) => Err(Refusal::Body),
        _ => Ok(wanted),
    }
}
