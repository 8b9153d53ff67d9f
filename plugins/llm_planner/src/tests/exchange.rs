//! One exchange that goes wrong: what it is called, and that it is not repeated.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use plugin_api::PlanErrorKind;

use super::host::TestHost;
use super::server::{Server, Step, completion, raw, says, status, wait_for_close};
use super::{GOOD, plan_with, plan_within, text};

const MIB: usize = 1024 * 1024;

/// Plans against a server that does `step` and nothing else; its error's kind and text.
fn failure(step: Step) -> (PlanErrorKind, String) {
    let server = Server::new([step]);
    let error = plan_with(&TestHost::of(&server)).unwrap_err();
    assert_eq!(server.count(), 1);
    (error.kind(), text(&error, &server))
}

#[test]
fn a_server_that_sends_no_head_is_given_up_after_the_silence() {
    let server = Server::new([Box::new(wait_for_close) as Step]);
    let host = TestHost::of(&server);
    let error = plan_within(&host, Duration::from_millis(60)).unwrap_err();
    assert_eq!(
        text(&error, &server),
        "unavailable: SERVER has been silent for too long"
    );
    assert!(error.is_transient());
    assert_eq!(server.count(), 1);
}

#[test]
fn a_body_that_stops_half_way_is_given_up_after_the_silence() {
    let server = Server::new([Box::new(|stream: &mut TcpStream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
            .unwrap();
        wait_for_close(stream);
    }) as Step]);
    let host = TestHost::of(&server);
    let error = plan_within(&host, Duration::from_millis(60)).unwrap_err();
    assert_eq!(
        text(&error, &server),
        "unavailable: SERVER has been silent for too long"
    );
    assert_eq!(server.count(), 1);
}

#[test]
fn a_head_or_body_that_drips_ends_with_the_calls_time() {
    for head in [
        "HTTP/1.1 200 OK\r\nx: ",
        "HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n",
    ] {
        let server = Server::new([Box::new(move |stream: &mut TcpStream| {
            stream.write_all(head.as_bytes()).unwrap();
            drip(stream);
        }) as Step]);
        let mut host = TestHost::of(&server);
        host.time = Duration::from_millis(150);
        let error = plan_with(&host).unwrap_err();
        assert_eq!(error.to_string(), "deadline: no plan in time");
        assert_eq!(error.kind(), PlanErrorKind::Deadline);
        assert_eq!(server.count(), 1);
    }
}

/// Sends a byte whenever the client has been quiet for 5 ms, until it closes.
fn drip(stream: &mut TcpStream) {
    stream
        .set_read_timeout(Some(Duration::from_millis(5)))
        .unwrap();
    for _ in 0..2_000 {
        let sent = stream.write_all(b" ");
        let quiet = stream
            .read(&mut [0])
            .is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        if sent.is_err() || !quiet {
            return;
        }
    }
    panic!("the client stayed");
}

#[test]
fn cancelling_ends_an_exchange_that_waits() {
    let cancelled = Arc::<AtomicBool>::default();
    let from_server = Arc::clone(&cancelled);
    let server = Server::new([Box::new(move |stream: &mut TcpStream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
            .unwrap();
        from_server.store(true, Ordering::Relaxed);
        wait_for_close(stream);
    }) as Step]);
    let mut host = TestHost::of(&server);
    host.cancelled = cancelled;
    let error = plan_with(&host).unwrap_err();
    assert_eq!(error.to_string(), "cancelled: the call was given up");
    assert_eq!(server.count(), 1);
}

#[test]
fn a_call_that_is_cancelled_or_out_of_time_before_it_starts_asks_nothing() {
    let server = Server::new([]);
    let mut host = TestHost::of(&server);
    host.time = Duration::ZERO;
    assert_eq!(
        plan_with(&host).unwrap_err().kind(),
        PlanErrorKind::Deadline
    );
    host.cancelled.store(true, Ordering::Relaxed);
    assert_eq!(
        plan_with(&host).unwrap_err().kind(),
        PlanErrorKind::Cancelled
    );
    assert_eq!(server.count(), 0);
}

#[test]
fn a_body_of_more_than_10_mib_is_refused_by_its_announced_length() {
    let announced = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n",
        10 * MIB + 1
    );
    assert_eq!(
        failure(raw(announced)),
        (
            PlanErrorKind::Failed,
            "planner failed: SERVER sent more than 10 MiB".to_owned()
        )
    );
}

#[test]
fn a_body_of_more_than_10_mib_is_refused_though_it_announces_no_length() {
    let mut bytes = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    bytes.resize(bytes.len() + 10 * MIB + 1, b' ');
    assert_eq!(
        failure(raw(bytes)),
        (
            PlanErrorKind::Failed,
            "planner failed: SERVER sent more than 10 MiB".to_owned()
        )
    );
    let mut bytes = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..11 {
        bytes.extend_from_slice(b"100000\r\n");
        bytes.resize(bytes.len() + MIB, b' ');
        bytes.extend_from_slice(b"\r\n");
    }
    assert_eq!(
        failure(raw(bytes)),
        (
            PlanErrorKind::Failed,
            "planner failed: SERVER sent more than 10 MiB".to_owned()
        )
    );
}

#[test]
fn a_body_of_exactly_10_mib_is_read() {
    let mut body = completion(GOOD);
    body.push_str(&" ".repeat(10 * MIB - body.len()));
    let server = Server::new([status(200, "", body)]);
    assert_eq!(plan_with(&TestHost::of(&server)).unwrap().tasks().len(), 2);
}

#[test]
fn a_redirect_is_an_error_and_nobody_else_is_asked() {
    for code in [301, 302, 303, 307, 308] {
        let elsewhere = Server::new([says(GOOD)]);
        let location = format!("location: {}/v1\r\n", elsewhere.url());
        assert_eq!(
            failure(status(code, &location, "")),
            (
                PlanErrorKind::Failed,
                format!(
                    "planner failed: SERVER redirects with status {code}, which is not followed"
                )
            )
        );
        assert_eq!(elsewhere.count(), 0);
    }
}

#[test]
fn a_connection_closed_before_the_head_or_within_the_body_is_not_tried_again() {
    for bytes in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
    ] {
        assert_eq!(
            failure(raw(bytes)),
            (
                PlanErrorKind::Unavailable,
                "unavailable: SERVER broke off: io: Peer disconnected".to_owned()
            ),
            "{bytes}"
        );
    }
}

#[test]
fn a_connection_reset_within_the_body_is_not_tried_again() {
    // Closing a socket with unread bytes in it makes the system send a reset.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = TestHost::at(&format!("http://{}", listener.local_addr().unwrap()));
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 16]).unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
            .unwrap();
        stream.set_nonblocking(true).unwrap();
        while stream.peek(&mut [0]).is_err() {}
        drop(stream);
        listener.set_nonblocking(true).unwrap();
        listener.accept().unwrap_err().kind()
    });
    let error = plan_with(&host).unwrap_err();
    assert_eq!(error.kind(), PlanErrorKind::Unavailable);
    assert!(error.to_string().contains(" broke off: io: "), "{error}");
    assert_eq!(server.join().unwrap(), ErrorKind::WouldBlock);
}

#[test]
fn what_is_no_http_is_not_tried_again() {
    let (kind, text) = failure(raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
    assert_eq!(kind, PlanErrorKind::Failed);
    assert_eq!(
        text,
        "planner failed: SERVER cannot be talked to: protocol: http parse fail: invalid HTTP version"
    );
    let flood = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "a".repeat(40_000));
    let (kind, text) = failure(raw(flood));
    assert_eq!(kind, PlanErrorKind::Failed);
    assert!(
        text.starts_with("planner failed: SERVER cannot be talked to: response header is too big"),
        "{text}"
    );
}

#[test]
fn encryption_with_a_server_that_has_none_fails_at_once() {
    let server = Server::new([raw("HTTP/1.1 400 Bad Request\r\n\r\n")]);
    let host = TestHost::at(&server.url().replace("http:", "https:"));
    let error = plan_with(&host).unwrap_err();
    assert_eq!(error.kind(), PlanErrorKind::Failed);
    assert!(
        error.to_string().contains(" cannot be talked to: "),
        "{error}"
    );
    assert_eq!(server.count(), 1);
    assert_eq!(host.slept(), Duration::ZERO);
}

#[test]
fn a_refusal_is_passed_on_in_the_endpoints_words_and_not_tried_again() {
    for (body, said) in [
        (
            r#"{"error":{"message":"no\nsuch  model"}}"#,
            r#", saying "no such model""#,
        ),
        (r#"{"error":"no"}"#, r#", saying "no""#),
        (r#"{"detail":"no"}"#, r#", saying "no""#),
        ("plain words", r#", saying "plain words""#),
        (r#"{"other":"no"}"#, ""),
        ("<html>no</html>", ""),
        ("{\"error", ""),
        ("", ""),
    ] {
        assert_eq!(
            failure(status(404, "", body)),
            (
                PlanErrorKind::Failed,
                format!("planner failed: SERVER answered 404{said}")
            )
        );
    }
    let (_, text) = failure(status(400, "", "x".repeat(1_000)));
    assert_eq!(
        text,
        format!(
            "planner failed: SERVER answered 400, saying \"{}\"",
            "x".repeat(300)
        )
    );
}

#[test]
fn a_refused_key_names_the_setting_that_it_came_from() {
    let server = Server::new([status(401, "", r#"{"error":{"message":"bad key"}}"#)]);
    let error = plan_with(&TestHost::of(&server)).unwrap_err();
    assert_eq!(error.setting(), Some("LLM_PLANNER_API_KEY"));
    assert_eq!(
        text(&error, &server),
        "configuration: LLM_PLANNER_API_KEY does not work: SERVER refuses the key with status 401, \
         saying \"bad key\""
    );
    assert_eq!(server.count(), 1);
}

#[test]
fn what_is_no_chat_completion_is_said_by_its_place_alone() {
    for (body, at) in [
        (&b"not json"[..], "line 1, column 2"),
        (b"", "line 1, column 0"),
        (
            b"{\"choices\":[{\"message\":{\"content\":\"\xff\xfe\"}}]}",
            "line 1, column 36",
        ),
        (b"{\"choices\":\n\"words\"}", "line 2, column 7"),
        (b"{}", "line 1, column 2"),
    ] {
        assert_eq!(
            failure(status(200, "", body)),
            (
                PlanErrorKind::Failed,
                format!("planner failed: SERVER sent no chat completion ({at})")
            )
        );
    }
}

#[test]
fn a_completion_without_text_is_an_error() {
    for body in [
        r#"{"choices":[]}"#,
        r#"{"choices":[{"message":{"content":null,"refusal":"no"}}]}"#,
        r#"{"choices":[{"message":{}}]}"#,
        r#"{"choices":[{"message":{"content":" \n"}}]}"#,
    ] {
        assert_eq!(
            failure(status(200, "", body)),
            (
                PlanErrorKind::Failed,
                "planner failed: SERVER sent a chat completion without text".to_owned()
            )
        );
    }
}
