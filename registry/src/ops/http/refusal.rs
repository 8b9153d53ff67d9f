//! Why a request is not answered, in words that tell nothing of the host.

use hyper::StatusCode;

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops) enum Refusal {
    /// The target is no plain path.
    Target,
    /// The request names another host than this one.
    Misdirected,
    /// There is nothing under this path.
    NoRoute,
    /// The path takes other methods.
    Method(&'static str),
    /// Calls over TCP change nothing, for there is no token.
    ChangesOff,
    /// The token is missing or another.
    Token,
    /// The caller is another user.
    Stranger,
    /// A parameter is unknown or cannot be understood.
    Parameter,
    /// The body cannot be understood.
    Body,
    /// The body is longer than any that is understood.
    BodyTooLarge,
    /// The body did not come in time.
    BodyTimeout,
    /// The caller speaks another version.
    Protocol,
    /// Too many wait already.
    Busy,
    /// The answer did not come in time; what was begun goes on.
    TimedOut,
    /// Our bug.
    Internal,
}

impl Refusal {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Target | Self::Parameter | Self::Body => StatusCode::BAD_REQUEST,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::ChangesOff | Self::Stranger => StatusCode::FORBIDDEN,
            Self::Token => StatusCode::UNAUTHORIZED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Protocol => StatusCode::CONFLICT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Target => "E_HTTP_TARGET",
            Self::Misdirected => "E_HTTP_HOST",
            Self::NoRoute => "E_HTTP_NO_ROUTE",
            Self::Method(_) => "E_HTTP_METHOD",
            Self::ChangesOff => "E_CHANGES_OFF",
            Self::Token => "E_HTTP_TOKEN",
            Self::Stranger => "E_PEER_REFUSED",
            Self::Parameter => "E_HTTP_PARAMETER",
            Self::Body => "E_HTTP_BODY",
            Self::BodyTooLarge => "E_HTTP_BODY_TOO_LARGE",
            Self::BodyTimeout => "E_HTTP_BODY_TIMEOUT",
            Self::Protocol => "E_HTTP_PROTOCOL",
            Self::Busy => "E_HTTP_BUSY",
            Self::TimedOut => "E_HTTP_TIMEOUT",
            Self::Internal => "E_BUG",
        }
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Target => "the target is no plain path",
            Self::Misdirected => "the request is for another host",
            Self::NoRoute => "there is nothing under this path",
            Self::Method(_) => "the path takes other methods",
            Self::ChangesOff => "calls over TCP change nothing: no token is configured",
            Self::Token => "the token is missing or wrong",
            Self::Stranger => "the caller is another user",
            Self::Parameter => "a parameter is unknown or cannot be understood",
            Self::Body => "the body cannot be understood",
            Self::BodyTooLarge => "the body is too long",
            Self::BodyTimeout => "the body did not come in time",
            Self::Protocol => "the caller speaks another version",
            Self::Busy => "too many requests wait already",
            Self::TimedOut => "the answer did not come in time; what was begun goes on",
            Self::Internal => "the request met a bug of this program",
        }
    }

    /// Whether what follows on the connection cannot be trusted to be a request.
    pub(super) fn closes(self) -> bool {
        matches!(
            self,
            Self::BodyTooLarge | Self::BodyTimeout | Self::Stranger | Self::Target
        )
    }
}
