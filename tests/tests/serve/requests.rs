//! Each request has one exact answer.

use registry::ops::Limits;
use serde_json::json;
use tests::PluginFolder;

use crate::ground::{Ground, NAME, TOKEN, Told, builder, refused};

#[test]
fn what_can_be_read_is_answered_and_no_browser_can_make_anything_of_it() {
    let ground = Ground::new();
    let alive = ground.get("/healthz");
    assert_eq!(
        (alive.status, alive.json()),
        (200, json!({"schema": 1, "status": "alive"}))
    );
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        (
            "permissions-policy",
            "accelerometer=(), camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(alive.header(name), Some(value), "{name}");
    }
    let cross = ground.ask("GET", "/healthz", &["Origin: http://localhost:1"], "");
    assert!(
        !cross.head.to_lowercase().contains("access-control"),
        "{}",
        cross.head
    );

    let ready = |min: usize, ready: bool| {
        json!({
            "schema": 1,
            "status": if ready { "ready" } else { "not_ready" },
            "ready": ready,
            "active": 1,
            "active_min": min,
        })
    };
    for (target, status, body) in [
        ("/readyz", 200, ready(1, true)),
        ("/readyz?", 200, ready(1, true)),
        ("/readyz?min=0", 200, ready(0, true)),
        ("/readyz?min=2", 503, ready(2, false)),
    ] {
        let told = ground.get(target);
        assert_eq!((told.status, told.json()), (status, body), "{target}");
    }

    let metrics = ground.get("/metrics");
    assert_eq!((metrics.status, metrics.body.as_str()), (200, "metric 1\n"));
    assert_eq!(
        metrics.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let told = ground.get("/v1/diagnostics").json();
    assert_eq!(
        (&told["schema"], &told["planners"][0]["name"]),
        (&json!(1), &json!(NAME))
    );
    assert!(ground.get("/v1/events?since=60").json()["events"].is_array());

    let head = ground.ask("HEAD", "/healthz", &[], "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(
        head.header("content-length"),
        alive.header("content-length")
    );
}

#[test]
fn without_somebody_who_counts_there_are_no_metrics() {
    let registry = builder().build().unwrap();
    let server = registry.server().listen(([127, 0, 0, 1], 0).into());
    let running = server.start().unwrap();
    let address = running.address().unwrap();
    let ground = Ground {
        registry,
        running,
        address,
    };
    let refusal = ground.get("/metrics").refusal();
    assert_eq!(refusal, refused(404, "E_HTTP_NO_ROUTE"));
}

#[test]
fn a_path_is_taken_as_it_is_sent_or_not_at_all() {
    let ground = Ground::with_token();
    for path in [
        "/",
        "//v1/heal",
        "/v1//heal",
        "/v1/heal/",
        "/v1/heal/..",
        "/v1/heal/../heal",
        "/v1/./heal",
        "/v1/healx",
        "/V1/heal",
        "/v1",
        "/v1/ask",
        "/v1/host",
        "/healthz/",
        "/metrics/../v1/heal",
        "/v1/planners//quarantine",
        "/v1/planners/quiet_planner",
        "/v1/planners/quiet_planner/",
        "/v1/planners/Quiet_Planner/quarantine",
        "/v1/planners/../quarantine",
        "/v1/planners/quiet_planner/quarantine/",
        "/v1/planners/quiet_planner/breaker",
    ] {
        let told = ground.change("POST", path, "");
        assert_eq!(told.refusal(), refused(404, "E_HTTP_NO_ROUTE"), "{path}");
    }
    for target in [
        "/v1/%68eal",
        "/v1%2fheal",
        "/v1/heal%00",
        "/v1/heal%2e%2e",
        "/v1/planners/quiet%5fplanner/quarantine",
        "/v1\\heal",
        "/v1/heal;jsessionid=1",
        "http://localhost/v1/heal",
        "*",
    ] {
        let told = ground.change("POST", target, "");
        assert_eq!(told.refusal(), refused(400, "E_HTTP_TARGET"), "{target}");
        assert_eq!(told.header("connection"), Some("close"), "{target}");
    }
    let events = ground.registry.events(None).unwrap();
    let healed = events.iter().filter(|event| event.code.is_some()).count();
    assert_eq!(healed, 0, "nothing was changed: {events:?}");
}

#[test]
fn a_path_takes_its_own_methods_and_says_which() {
    let ground = Ground::with_token();
    let quarantine = format!("/v1/planners/{NAME}/quarantine");
    let reset = format!("/v1/planners/{NAME}/breaker/reset");
    for (path, allowed) in [
        ("/healthz", "GET, HEAD"),
        ("/readyz", "GET, HEAD"),
        ("/metrics", "GET, HEAD"),
        ("/v1/diagnostics", "GET, HEAD"),
        ("/v1/events", "GET, HEAD"),
        ("/v1/heal", "POST"),
        ("/v1/reload", "POST"),
        (&quarantine, "POST, DELETE"),
        (&reset, "POST"),
    ] {
        for method in [
            "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW",
        ] {
            if allowed.split(", ").any(|allowed| allowed == method) {
                continue;
            }
            let told = ground.change(method, path, "");
            assert_eq!(told.status, 405, "{method} {path}");
            assert_eq!(told.header("allow"), Some(allowed), "{method} {path}");
            if method != "HEAD" {
                assert_eq!(
                    told.refusal(),
                    refused(405, "E_HTTP_METHOD"),
                    "{method} {path}"
                );
            }
        }
    }
}

#[test]
fn a_parameter_that_is_unknown_or_unclear_is_refused() {
    let ground = Ground::new();
    for target in [
        "/healthz?x=1",
        "/metrics?x",
        "/readyz?min=",
        "/readyz?min=-1",
        "/readyz?min=+1",
        "/readyz?min=1&min=2",
        "/readyz?min=99999999999999999999999",
        "/readyz?MIN=1",
        "/v1/events?since=1h",
        "/v1/events?since=999999999999",
        "/v1/diagnostics?verbose",
    ] {
        let refusal = ground.get(target).refusal();
        assert_eq!(refusal, refused(400, "E_HTTP_PARAMETER"), "{target}");
    }
}

#[test]
fn a_name_that_only_leads_here_is_no_way_in() {
    let ground = Ground::new();
    for host in [
        "localhost",
        "LOCALHOST:9464",
        "127.0.0.1",
        "127.1.2.3:1",
        "[::1]:80",
    ] {
        let told = ground.ask("GET", "/healthz", &[&format!("Host: {host}")], "");
        assert_eq!(told.status, 200, "{host}");
    }
    for lines in [
        &["Host: rebound.example:9464"][..],
        &["Host: localhost.example"],
        &["Host: 10.0.0.1"],
        &["Host: "],
        &["Host: a b"],
        &["Host: localhost", "Host: localhost"],
    ] {
        let told = ground.ask("GET", "/healthz", lines, "");
        assert_eq!(told.refusal(), refused(421, "E_HTTP_HOST"), "{lines:?}");
    }
    let answer = ground.exchange(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert_eq!(Told::of(&answer).refusal(), refused(421, "E_HTTP_HOST"));
}

#[test]
fn what_is_no_request_is_told_so_and_nothing_else() {
    let ground = Ground::new();
    for bytes in [
        &b"hello\r\n\r\n"[..],
        b"GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET  /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nA\x01b: c\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ] {
        let told = Told::of(&ground.exchange(bytes));
        assert_eq!((told.status, told.body.as_str()), (400, ""), "{bytes:?}");
        assert_eq!(told.header("connection"), Some("close"));
    }
}

#[test]
fn readers_outside_do_not_learn_where_files_lie() {
    let folder = PluginFolder::new().with_file("libbad.so", b"no library");
    let builder = builder().plugin_dir(folder.path());
    let ground = Ground::of(builder.set("control.token", TOKEN), Limits::default());
    let here = serde_json::to_string(&ground.registry.diagnose().unwrap()).unwrap();
    let path = folder.path().to_str().unwrap();
    assert!(here.contains(path));
    let told = ground.get("/v1/diagnostics");
    assert_eq!(told.json()["refused"][0]["code"], "E_NOT_A_LIBRARY");
    assert!(told.body.contains("…/libbad.so"), "{}", told.body);
    assert!(!told.body.contains(path), "{}", told.body);
    let unknown = ground.change("POST", "/v1/planners/quiet_planer/quarantine", "");
    assert_eq!(
        (unknown.status, unknown.json()),
        (
            404,
            json!({
                "schema": 1,
                "error": {
                    "code": "E_UNKNOWN_PLANNER",
                    "message": "no planner named \"quiet_planer\"",
                    "nearest": NAME,
                },
            })
        )
    );
}
