//! The address that requests go to, checked once.

use std::fmt;
use std::net::IpAddr;

use ureq::http::Uri;
use ureq::http::uri::Scheme;

/// Longest base address.
const URL_CHARS_MAX: usize = 2_048;

/// Where chat completions are asked for. Shown as scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    uri: Uri,
}

/// Why a text is no usable base address. It is not quoted: it may hold a password.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum EndpointError {
    #[error("is no URL of the form https://host/path")]
    NotAUrl,
    #[error("holds a user name or password, which belongs into the key")]
    Credentials,
    #[error("holds a query or fragment, to which no path can be added")]
    Query,
    #[error(
        "would send the key unencrypted to another machine; use https, or set allow_plain_http"
    )]
    PlainHttp,
}

impl Endpoint {
    /// Reads the address where the API starts.
    pub(crate) fn parse(base: &str, allow_plain_http: bool) -> Result<Self, EndpointError> {
        if base.len() > URL_CHARS_MAX {
            return Err(EndpointError::NotAUrl);
        }
        let given: Uri = base.parse().map_err(|_| EndpointError::NotAUrl)?;
        let (Some(scheme), Some(authority)) = (given.scheme(), given.authority()) else {
            return Err(EndpointError::NotAUrl);
        };
        if authority.as_str().contains('@') {
            return Err(EndpointError::Credentials);
        }
        if base.contains(['?', '#']) {
            return Err(EndpointError::Query);
        }
        let known = *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS;
        if !known || authority.host().is_empty() {
            return Err(EndpointError::NotAUrl);
        }
        if *scheme == Scheme::HTTP && !allow_plain_http && !is_loopback(authority.host()) {
            return Err(EndpointError::PlainHttp);
        }
        let uri = format!("{}/chat/completions", base.trim_end_matches('/'));
        let uri = uri.parse().map_err(|_| EndpointError::NotAUrl)?;
        Ok(Self { uri })
    }

    /// The whole address.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.uri.scheme_str().unwrap_or_default();
        let authority = self.uri.authority().map_or("", |it| it.as_str());
        write!(f, "{scheme}://{authority}")
    }
}

/// Whether `host` is this machine by its very text, without asking a name server.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse()
        .is_ok_and(|address: IpAddr| address.is_loopback())
        || host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(base: &str) -> String {
        Endpoint::parse(base, false).unwrap().uri().to_string()
    }

    #[test]
    fn the_path_of_chat_completions_is_added_to_the_base() {
        assert_eq!(
            uri("https://api.example/v1"),
            "https://api.example/v1/chat/completions"
        );
        assert_eq!(
            uri("https://api.example/v1/"),
            "https://api.example/v1/chat/completions"
        );
        assert_eq!(
            uri("http://127.0.0.1:8080"),
            "http://127.0.0.1:8080/chat/completions"
        );
    }

    #[test]
    fn only_scheme_host_and_port_are_shown() {
        let endpoint = Endpoint::parse("https://api.example:444/t/secret-path", false).unwrap();
        assert_eq!(endpoint.to_string(), "https://api.example:444");
    }

    #[test]
    fn plain_http_reaches_only_this_machine_unless_allowed() {
        for near in [
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]:80",
            "localhost",
            "LOCALHOST:5",
        ] {
            assert!(
                Endpoint::parse(&format!("http://{near}/v1"), false).is_ok(),
                "{near}"
            );
        }
        for far in [
            "api.example",
            "10.0.0.1",
            "0.0.0.0",
            "127.0.0.1.example",
            "127.1",
            "localhost.example",
            "[::ffff:127.0.0.1]",
        ] {
            let base = format!("http://{far}/v1");
            assert_eq!(
                Endpoint::parse(&base, false),
                Err(EndpointError::PlainHttp),
                "{far}"
            );
            assert!(Endpoint::parse(&base, true).is_ok(), "{far}");
        }
    }

    #[test]
    fn what_is_no_base_address_is_refused_with_the_reason() {
        for (bad, reason) in [
            ("", EndpointError::NotAUrl),
            ("api.example/v1", EndpointError::NotAUrl),
            ("/v1", EndpointError::NotAUrl),
            ("ftp://api.example", EndpointError::NotAUrl),
            ("file:///etc/passwd", EndpointError::NotAUrl),
            ("https://", EndpointError::NotAUrl),
            ("https://:443/v1", EndpointError::NotAUrl),
            ("https://a b/v1", EndpointError::NotAUrl),
            ("https://a/v1\r\nX: y", EndpointError::NotAUrl),
            ("https://user:word@a/v1", EndpointError::Credentials),
            ("http://127.0.0.1@evil.example/", EndpointError::Credentials),
            ("https://a/v1?key=x", EndpointError::Query),
            ("https://a/v1#x", EndpointError::Query),
        ] {
            assert_eq!(Endpoint::parse(bad, true), Err(reason), "{bad}");
        }
    }
}
