//! What is too long or too slow, each with its exact answer.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use registry::ops::Limits;

use crate::ground::{Ground, TOKEN, Told, builder, refused, rest_of};

/// A server that has little patience.
fn hasty() -> Ground {
    let mut limits = Limits::default();
    limits.head_timeout = Duration::from_millis(200);
    limits.body_timeout = Duration::from_millis(200);
    Ground::of(builder().set("control.token", TOKEN), limits)
}

#[test]
fn a_head_that_does_not_come_is_not_waited_for() {
    let ground = hasty();
    for begun in [
        "G",
        "GET /healthz HTTP/1.1\r\n",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n",
    ] {
        let answer = ground.exchange(begun.as_bytes());
        let expected =
            "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(answer, expected, "{begun:?}");
    }
    assert_eq!(ground.exchange(b""), "", "who says nothing is told nothing");

    let mut stream = ground.connect();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let told = Told::of(&rest_of(&mut stream));
    assert_eq!(
        told.status, 200,
        "and who says nothing more is told nothing more"
    );
    assert!(told.body.ends_with("}\n"), "{}", told.body);
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let ground = Ground::new();
    let long = "x".repeat(16 << 10);
    let many = "X-A: b\r\n".repeat(65);
    for request in [
        format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: {long}\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"),
        "x".repeat(1 << 20),
    ] {
        let told = Told::of(&ground.exchange(request.as_bytes()));
        let line = told.head.lines().next().unwrap();
        assert_eq!(line, "HTTP/1.1 431 Request Header Fields Too Large");
        assert_eq!(
            (told.header("connection"), told.body.as_str()),
            (Some("close"), "")
        );
    }
    let fits = format!("X-Long: {}", &long[..15 << 10]);
    assert_eq!(ground.ask("GET", "/healthz", &[&fits], "").status, 200);
}

#[test]
fn a_body_that_is_too_long_is_refused_and_one_that_fits_is_read() {
    let ground = Ground::with_token();
    let path = "/v1/planners/quiet_planner/quarantine";
    let of_size = |size: usize| {
        let frame = r#"{"reason": ""}"#.len();
        format!(r#"{{"reason": "{}"}}"#, "x".repeat(size - frame))
    };
    assert_eq!(ground.change("POST", path, &of_size(16 << 10)).status, 200);
    for size in [(16 << 10) + 1, 1 << 20] {
        let told = ground.change("POST", path, &of_size(size));
        assert_eq!(
            told.refusal(),
            refused(413, "E_HTTP_BODY_TOO_LARGE"),
            "{size}"
        );
        assert_eq!(told.header("connection"), Some("close"));
    }
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n");
    let chunk = "x".repeat(4 << 10);
    let chunks = format!("1000\r\n{chunk}\r\n").repeat(5);
    let request = format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");
    let told = Told::of(&ground.exchange(request.as_bytes()));
    assert_eq!(told.refusal(), refused(413, "E_HTTP_BODY_TOO_LARGE"));
    // Announced, and refused before a byte of it came.
    let request = format!("{head}Content-Length: 99999999999\r\n\r\n");
    let told = Told::of(&ground.exchange(request.as_bytes()));
    assert_eq!(told.refusal(), refused(413, "E_HTTP_BODY_TOO_LARGE"));
    // Nobody who may not change anything makes the server read a body.
    let request =
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n");
    let mut stream = ground.connect();
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let told = Told::of(&rest_of(&mut stream));
    assert_eq!(told.refusal(), refused(401, "E_HTTP_TOKEN"));
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let ground = hasty();
    let head = format!(
        "POST /v1/heal HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Length: 10\r\n\r\n123"
    );
    let told = Told::of(&ground.exchange(head.as_bytes()));
    assert_eq!(told.refusal(), refused(408, "E_HTTP_BODY_TIMEOUT"));
    assert_eq!(told.header("connection"), Some("close"));
}

#[test]
fn a_server_that_is_stopped_finishes_what_it_was_asked_and_is_gone() {
    let ground = Ground::new();
    let mut idle = ground.connect();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}\n") {
        let mut byte = [0];
        idle.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    // Half a question is none.
    let mut begun = ground.connect();
    begun.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    let address = ground.address;
    let stopped = ground.running.stop(Duration::from_secs(10));
    assert!(stopped.all_answered);
    assert_eq!(rest_of(&mut idle), "", "nothing more");
    let refused = std::net::TcpStream::connect(address).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}
