//! Who asks, and what they may.

use hyper::Uri;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap};

use super::refusal::Refusal;
use super::route::Route;
use crate::config::Token;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops) enum Caller {
    /// Somebody over TCP.
    Anybody,
    /// This user or root, over the Unix socket.
    SameUser,
    /// Another user, over the Unix socket.
    Stranger,
}

/// The path, if the target is nothing but a path and parameters in characters that mean themselves.
pub(super) fn path_of(uri: &Uri) -> Result<&str, Refusal> {
    let path = uri.path();
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '%' | '\\' | ';');
    if uri.scheme().is_some() || uri.authority().is_some() || !path.starts_with('/') {
        return Err(Refusal::Target);
    }
    if path.chars().all(plain) {
        Ok(path)
    } else {
        Err(Refusal::Target)
    }
}

/// Turns a request away that a browser was talked into: it names a host that only leads here because
/// somebody's name server says so. Where the server listens beyond this machine, any name may be right.
pub(super) fn check_host(headers: &HeaderMap, loopback: bool) -> Result<(), Refusal> {
    let mut given = headers.get_all(HOST).iter();
    let (Some(host), None) = (given.next(), given.next()) else {
        return Err(Refusal::Misdirected);
    };
    let host = host.to_str().map_err(|_| Refusal::Misdirected)?;
    if loopback && !is_here(host) {
        return Err(Refusal::Misdirected);
    }
    Ok(())
}

fn is_here(host: &str) -> bool {
    let Ok(authority) = host.parse::<hyper::http::uri::Authority>() else {
        return false;
    };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    let is_address = address.parse::<std::net::IpAddr>();
    name.eq_ignore_ascii_case("localhost") || is_address.is_ok_and(|address| address.is_loopback())
}

/// Whether the caller may have `route`.
pub(super) fn check(
    caller: Caller,
    route: &Route,
    token: Option<&Token>,
    headers: &HeaderMap,
) -> Result<(), Refusal> {
    match caller {
        Caller::SameUser => Ok(()),
        Caller::Stranger => Err(Refusal::Stranger),
        Caller::Anybody if !route.changes() => Ok(()),
        Caller::Anybody => {
            let token = token.ok_or(Refusal::ChangesOff)?;
            let given = bearer(headers).ok_or(Refusal::Token)?;
            if token.matches(given) {
                Ok(())
            } else {
                Err(Refusal::Token)
            }
        }
    }
}

/// The token that a request carries, if it carries exactly one.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (given.next(), given.next()) else {
        return None;
    };
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}
