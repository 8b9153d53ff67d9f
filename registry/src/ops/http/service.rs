//! One request from its head to its reply.

use std::process;
use std::sync::Arc;
use std::time::Instant;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use serde::Serialize;
use tokio::time::timeout;

use super::authority::{self, Caller};
use super::refusal::Refusal;
use super::reply::{self, Reply};
use super::route::{self, Route};
use super::{body, outside, parameters};
use crate::config::Token;
use crate::diagnose::{HealthStatus, document};
use crate::ops::server::{Lane, Limits, Metrics};
use crate::ops::socket::{Ask, Host, HostStatus, Outcome, PROTOCOL, Spoken, Told};
use crate::ops::{Answer, Control, Failure, Form, Question, answer};
use crate::scrub;

/// Where requests are answered: what they are answered from, and within which bounds.
#[derive(Debug)]
pub(in crate::ops) struct Desk {
    pub(in crate::ops) control: Arc<dyn Control>,
    pub(in crate::ops) token: Option<Token>,
    pub(in crate::ops) metrics: Option<Metrics>,
    pub(in crate::ops) limits: Limits,
    /// For what is answered from memory.
    pub(in crate::ops) quick: Lane,
    /// For what touches files or planners.
    pub(in crate::ops) work: Lane,
    /// Whether TCP is heard from this machine alone.
    pub(in crate::ops) loopback: bool,
    pub(in crate::ops) began: Instant,
}

#[derive(Serialize)]
struct Alive {
    status: &'static str,
}

#[derive(Serialize)]
struct Readiness {
    status: HealthStatus,
    ready: bool,
    active: usize,
    active_min: usize,
}

/// Answers `request`.
pub(in crate::ops) async fn respond(
    desk: &Desk,
    caller: Caller,
    request: Request<Incoming>,
) -> Reply {
    let answered = timeout(desk.limits.request_timeout, desk.answer(caller, request)).await;
    let answered = answered.unwrap_or(Err(Refusal::TimedOut));
    answered.unwrap_or_else(reply::refused)
}

impl Desk {
    async fn answer(&self, caller: Caller, request: Request<Incoming>) -> Result<Reply, Refusal> {
        if caller == Caller::Stranger {
            return Err(Refusal::Stranger);
        }
        let (head, body) = request.into_parts();
        let path = authority::path_of(&head.uri)?;
        if caller == Caller::Anybody {
            authority::check_host(&head.headers, self.loopback)?;
        }
        let route = route::find(&head.method, path, caller)?;
        authority::check(caller, &route, self.token.as_ref(), &head.headers)?;
        let query = head.uri.query();
        let question = match route {
            Route::Alive => {
                parameters::none(query)?;
                return alive();
            }
            Route::Ready => return self.ready(parameters::active_min(query)?).await,
            Route::Metrics => {
                parameters::none(query)?;
                return self.metrics().await;
            }
            Route::Host => {
                parameters::none(query)?;
                return self.host().await;
            }
            Route::Ask => {
                parameters::none(query)?;
                return self.ask(body).await;
            }
            Route::Events => Question::Events {
                since: parameters::since(query)?,
            },
            route => {
                parameters::none(query)?;
                question(route, body, &self.limits).await?
            }
        };
        self.tell(caller, question).await
    }

    /// The answer as a document of its own.
    async fn tell(&self, caller: Caller, question: Question) -> Result<Reply, Refusal> {
        let answered = self.put(question, Form::Json).await?;
        Ok(match (answered, caller) {
            (Ok(answer), Caller::SameUser) => reply::json(StatusCode::OK, answer.text),
            (Ok(answer), _) => reply::json(StatusCode::OK, outside::document(&answer.text)),
            (Err(failure), _) => reply::failed(&failure),
        })
    }

    /// Puts the question to the registry, off the thread that serves connections.
    async fn put(
        &self,
        question: Question,
        form: Form,
    ) -> Result<Result<Answer, Failure>, Refusal> {
        if question.changes() {
            tracing::info!(?question, "asked from outside for a change");
        }
        let control = Arc::clone(&self.control);
        let lane = match question {
            Question::Health { .. } => &self.quick,
            _ => &self.work,
        };
        lane.run(move || answer(&*control, &question, form)).await
    }

    async fn ready(&self, active_min: usize) -> Result<Reply, Refusal> {
        let control = Arc::clone(&self.control);
        let health = self.quick.run(move || control.health(active_min)).await?;
        let status = if health.ready {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        let readiness = Readiness {
            status: health.status,
            ready: health.ready,
            active: health.active,
            active_min,
        };
        Ok(reply::json(status, text_of(&readiness)?))
    }

    async fn metrics(&self) -> Result<Reply, Refusal> {
        let metrics = self.metrics.clone().ok_or(Refusal::NoRoute)?;
        let text = self.quick.run(move || metrics.render()).await?;
        Ok(reply::metrics(text))
    }

    async fn host(&self) -> Result<Reply, Refusal> {
        let control = Arc::clone(&self.control);
        let health = self.quick.run(move || control.health(1)).await?;
        let status = HostStatus {
            protocol: PROTOCOL,
            host: self.this_host(),
            active: health.active,
            ready: health.ready,
        };
        Ok(reply::json(StatusCode::OK, text_of(&status)?))
    }

    async fn ask(&self, body: Incoming) -> Result<Reply, Refusal> {
        let bytes = body::read(body, &self.limits).await?;
        let spoken: Spoken = serde_json::from_slice(&bytes).map_err(|_| Refusal::Body)?;
        if spoken.protocol != PROTOCOL {
            return Err(Refusal::Protocol);
        }
        let asked: Ask = serde_json::from_slice(&bytes).map_err(|_| Refusal::Body)?;
        let outcome = match self.put(asked.question, asked.form).await? {
            Ok(Answer { well, text }) => Outcome::Answer { well, text },
            Err(failure) => Outcome::Failure(failure),
        };
        let told = Told {
            protocol: PROTOCOL,
            host: self.this_host(),
            outcome,
        };
        Ok(reply::json(StatusCode::OK, text_of(&told)?))
    }

    fn this_host(&self) -> Host {
        let program = std::env::current_exe();
        let program = program.as_deref().ok().and_then(std::path::Path::file_name);
        let program = program.unwrap_or_default().to_string_lossy();
        Host {
            pid: process::id(),
            program: scrub::text(&program).into_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            up_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// What a route without an answer of its own asks of the registry.
async fn question(route: Route, body: Incoming, limits: &Limits) -> Result<Question, Refusal> {
    Ok(match route {
        Route::Quarantine(name) => {
            let wanted = body::wanted(body, limits).await?;
            Question::Quarantine {
                name,
                lasts: wanted.lasts(),
                reason: wanted.reason,
            }
        }
        Route::Heal => body::none(body, limits).await.map(|()| Question::Heal)?,
        Route::Reload => body::none(body, limits).await.map(|()| Question::Reload)?,
        Route::Lift(name) => {
            body::none(body, limits).await?;
            Question::Lift { name }
        }
        Route::BreakerReset(name) => {
            body::none(body, limits).await?;
            Question::BreakerReset { name: Some(name) }
        }
        Route::Diagnostics => Question::Diagnose { verbose: true },
        _ => return Err(Refusal::Internal),
    })
}

fn alive() -> Result<Reply, Refusal> {
    let alive = Alive { status: "alive" };
    Ok(reply::json(StatusCode::OK, text_of(&alive)?))
}

fn text_of(body: &impl Serialize) -> Result<String, Refusal> {
    document(body).map_err(|_| Refusal::Internal)
}
