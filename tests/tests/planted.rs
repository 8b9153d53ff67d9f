//! A secret that a planner has in its manifest, its errors and its log lines is told by no route: error,
//! log, report, metric or HTTP. The archive of `registry bundle` has the same test in `bundle.rs`.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner};
use proptest::prelude::*;
use registry::diagnose::text::Look;
use registry::ops::{Form, Question, Subject};
use registry::{Builtin, Hold, Registry};
use tests::Log;

const NAME: &str = "leaky_planner";

/// What a masked secret leaves behind.
const MASK: &str = "********";

/// Says what it was given wherever it can.
struct Leaky(String);

impl Planner for Leaky {
    fn plan(&self, _: &PlanRequest, cx: &Context) -> Result<Plan, PlanError> {
        cx.info(&format!("signing in: {}", self.0));
        Err(PlanError::failed(format!("turned away: {}", self.0)))
    }
}

/// A secret, and a text in which it stands as secrets do.
fn planted() -> impl Strategy<Value = (String, String)> {
    let secret = "[A-Za-z]{4}[0-9][A-Za-z][0-9][A-Za-z][0-9][A-Za-z0-9]{20,40}";
    let places = prop::sample::select(vec![
        "password={}",
        "\"api_key\": \"{}\"",
        "Authorization: Bearer {}",
        "https://robot:{}@example.org/x",
        "ghp_{}",
        "--token {}",
    ]);
    (secret, places).prop_map(|(secret, place)| {
        let text = place.replace("{}", &secret);
        (secret, text)
    })
}

fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().unwrap())
}

fn get(address: SocketAddr, target: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_mins(1)))
        .unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    answer
}

/// An error with all that led to it, as people and programs see it.
fn whole(error: &dyn Error) -> String {
    let mut told = vec![format!("{error} {error:?}")];
    let mut cause = error.source();
    while let Some(error) = cause {
        told.push(format!("{error} {error:?}"));
        cause = error.source();
    }
    told.join(": ")
}

/// Everything that is told of a planner that says `text`, each with its route.
fn told(text: &str) -> Vec<(String, String)> {
    let recorder = recorder();
    let builtin = Builtin::new(NAME, Leaky(text.to_owned()));
    let builtin = builtin.manifest(|manifest| {
        manifest.description = format!("Signs in: {text}");
        manifest.tags = vec![text.to_owned()];
        manifest.capabilities = vec![text.to_owned()];
    });
    let registry = Registry::builder().allow([NAME]).builtin(builtin);
    let registry = registry.build().unwrap();
    let (error, lines) = Log::of(|| {
        let error = registry.plan(NAME, &PlanRequest::new("Split")).unwrap_err();
        let reason = format!("seen: {text}");
        registry.quarantine(NAME, Hold::new(reason)).unwrap();
        error
    });
    assert_eq!(error.code(), "E_PLAN_FAILED");
    let mut told = vec![("error".to_owned(), whole(&error))];
    told.extend(
        lines
            .iter()
            .map(|line| ("log".to_owned(), line.to_string())),
    );

    let name = NAME.to_owned();
    let questions = [
        Question::List,
        Question::Describe { name: name.clone() },
        Question::Explain {
            subject: Subject::Planner(name),
        },
        Question::Diagnose { verbose: true },
        Question::Health { active_min: 1 },
        Question::Events { since: None },
    ];
    for question in questions {
        for form in [Form::Json, Form::Text(Look::PLAIN)] {
            let answer = registry.ask(&question, form).unwrap();
            told.push((format!("{question:?} as {form:?}"), answer.text));
        }
    }

    let render = || recorder.render();
    let server = registry.server().listen(([127, 0, 0, 1], 0).into());
    let running = server.metrics(render).start().unwrap();
    let address = running.address().unwrap();
    registry.record_metrics();
    for target in ["/metrics", "/v1/diagnostics", "/v1/events"] {
        told.push((target.to_owned(), get(address, target)));
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_planted_secret_is_told_by_any_route((secret, text) in planted()) {
        let told = told(&text);
        for (route, said) in &told {
            prop_assert!(!said.contains(&secret), "{}: {}", route, said);
        }
        // The places are told, so that nothing passed because it was not there.
        let masked = |of: &str| told.iter().any(|(route, said)| {
            route.starts_with(of) && said.contains(MASK)
        });
        for route in ["error", "log", "Describe", "Diagnose", "Events", "/v1/diagnostics", "/v1/events"] {
            prop_assert!(masked(route), "{}: {:#?}", route, told);
        }
        let metrics = told.iter().find(|(route, _)| route == "/metrics").unwrap();
        prop_assert!(metrics.1.contains(NAME), "{}", metrics.1);
    }
}
