//! Which path and method mean what. A path is compared as a whole and as it was sent: nothing in it is
//! decoded, joined or resolved.

use hyper::Method;

use super::authority::Caller;
use super::refusal::Refusal;
use crate::name::PlannerName;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Alive,
    Ready,
    Metrics,
    Diagnostics,
    Events,
    Heal,
    Reload,
    BreakerReset(String),
    Quarantine(String),
    Lift(String),
    /// Who answers here, for `registry ps`.
    Host,
    /// Any question, for a command with `--attach`.
    Ask,
}

/// What a path offers, by method.
#[derive(Debug, Default)]
struct Offer {
    get: Option<Route>,
    post: Option<Route>,
    delete: Option<Route>,
}

impl Route {
    /// Whether it may change something, whatever it is asked with.
    pub(super) fn changes(&self) -> bool {
        match self {
            Self::Alive
            | Self::Ready
            | Self::Metrics
            | Self::Diagnostics
            | Self::Events
            | Self::Host => false,
            Self::Heal
            | Self::Reload
            | Self::BreakerReset(_)
            | Self::Quarantine(_)
            | Self::Lift(_)
            | Self::Ask => true,
        }
    }
}

/// What `method` on `path` asks for.
pub(super) fn find(method: &Method, path: &str, caller: Caller) -> Result<Route, Refusal> {
    let offer = offer(path, caller).ok_or(Refusal::NoRoute)?;
    let allowed = offer.allowed();
    let route = match *method {
        Method::GET | Method::HEAD => offer.get,
        Method::POST => offer.post,
        Method::DELETE => offer.delete,
        _ => None,
    };
    route.ok_or(Refusal::Method(allowed))
}

fn offer(path: &str, caller: Caller) -> Option<Offer> {
    let get = |route| Offer {
        get: Some(route),
        ..Offer::default()
    };
    let post = |route| Offer {
        post: Some(route),
        ..Offer::default()
    };
    Some(match (path, caller) {
        ("/healthz", _) => get(Route::Alive),
        ("/readyz", _) => get(Route::Ready),
        ("/metrics", _) => get(Route::Metrics),
        ("/v1/diagnostics", _) => get(Route::Diagnostics),
        ("/v1/events", _) => get(Route::Events),
        ("/v1/heal", _) => post(Route::Heal),
        ("/v1/reload", _) => post(Route::Reload),
        ("/v1/host", Caller::SameUser) => get(Route::Host),
        ("/v1/ask", Caller::SameUser) => post(Route::Ask),
        _ => return of_planner(path.strip_prefix("/v1/planners/")?),
    })
}

/// `rest` is what follows in the path of a planner.
fn of_planner(rest: &str) -> Option<Offer> {
    let (name, what) = rest.split_once('/')?;
    let normal = PlannerName::parse(name).ok()?;
    if normal.as_str() != name {
        return None;
    }
    let name = name.to_owned();
    match what {
        "breaker/reset" => Some(Offer {
            post: Some(Route::BreakerReset(name)),
            ..Offer::default()
        }),
        "quarantine" => Some(Offer {
            post: Some(Route::Quarantine(name.clone())),
            delete: Some(Route::Lift(name)),
            ..Offer::default()
        }),
        _ => None,
    }
}

impl Offer {
    fn allowed(&self) -> &'static str {
        match (&self.get, &self.post, &self.delete) {
            (Some(_), _, _) => "GET, HEAD",
            (None, Some(_), Some(_)) => "POST, DELETE",
            (None, Some(_), None) => "POST",
            (None, None, _) => "DELETE",
        }
    }
}
