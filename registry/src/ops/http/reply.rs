//! Answers as they leave: every one with the same headers, and nothing that invites a browser.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, REFERRER_POLICY, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use serde::Serialize;

use super::outside;
use super::refusal::Refusal;
use crate::diagnose::document;
use crate::ops::Failure;
use crate::ops::socket::PROTOCOL;

/// What is sent back.
pub(in crate::ops) type Reply = Response<Full<Bytes>>;

/// Type of the metrics: the text format that Prometheus reads.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Type of everything else.
const JSON: &str = "application/json";

/// When a caller may ask again that was turned away for others.
const AGAIN_IN: Duration = Duration::from_secs(1);

#[derive(Serialize)]
struct Body<'a> {
    /// The version that is spoken here, for whoever speaks another.
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<u32>,
    error: &'a Told<'a>,
}

/// What is told of an error that the host met: nothing of how it came about.
#[derive(Serialize)]
struct Told<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a str>,
}

/// A JSON document.
pub(super) fn json(status: StatusCode, document: String) -> Reply {
    reply(status, JSON, document)
}

/// Metrics.
pub(super) fn metrics(text: String) -> Reply {
    reply(StatusCode::OK, METRICS, text)
}

/// Why a request is not answered.
pub(super) fn refused(refusal: Refusal) -> Reply {
    let told = Told {
        code: refusal.code(),
        message: refusal.message(),
        nearest: None,
        remedy: None,
    };
    let protocol = (refusal == Refusal::Protocol).then_some(PROTOCOL);
    let mut reply = json(refusal.status(), error(protocol, &told));
    let headers = reply.headers_mut();
    match refusal {
        Refusal::Method(allowed) => {
            headers.insert(ALLOW, HeaderValue::from_static(allowed));
        }
        Refusal::Token => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Refusal::Busy => {
            headers.insert(RETRY_AFTER, HeaderValue::from(AGAIN_IN.as_secs()));
        }
        _ => {}
    }
    if refusal.closes() {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    reply
}

/// Why the registry gives no answer, for readers outside.
pub(super) fn failed(failure: &Failure) -> Reply {
    let told = Told {
        code: &failure.code,
        message: &failure.message,
        nearest: failure.nearest.as_deref(),
        remedy: failure.remedy.as_deref(),
    };
    json(status_of(failure), outside::document(&error(None, &told)))
}

/// The whole answer to a head that did not come in time. The connection is closed after it.
pub(in crate::ops) fn head_timed_out() -> &'static [u8] {
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
}

/// What a caller can take the failure for: a wrong name, or a host that cannot do it now.
fn status_of(failure: &Failure) -> StatusCode {
    match &*failure.code {
        "E_UNKNOWN_PLANNER" | "E_BAD_NAME" => StatusCode::NOT_FOUND,
        "E_BUG" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn error(protocol: Option<u32>, error: &Told<'_>) -> String {
    // It is made of plain text, which always has a JSON form.
    document(&Body { protocol, error }).unwrap_or_default()
}

fn reply(status: StatusCode, kind: &'static str, text: String) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(text)));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    harden(headers);
    reply
}

/// Keeps answers out of caches, and browsers from making anything of them.
fn harden(headers: &mut HeaderMap) {
    let none = "accelerometer=(), camera=(), geolocation=(), microphone=(), payment=(), usb=()";
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("permissions-policy"), none),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
