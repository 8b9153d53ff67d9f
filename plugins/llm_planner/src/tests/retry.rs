//! Which failures are tried again, how often, and after what wait.

use std::net::TcpListener;
use std::time::Duration;

use plugin_api::PlanErrorKind;

use super::host::TestHost;
use super::server::{Server, Step, says, status};
use super::{GOOD, plan_with, text};

fn busy(code: u16, headers: &str) -> Step {
    status(code, headers, r#"{"error":{"message":"busy"}}"#)
}

/// Plans against a server that is busy once and then good; how long was slept between.
fn wait_after(code: u16, headers: &str) -> Duration {
    let server = Server::new([busy(code, headers), says(GOOD)]);
    let host = TestHost::of(&server);
    assert_eq!(plan_with(&host).unwrap().tasks().len(), 2);
    assert_eq!(server.count(), 2);
    host.slept()
}

#[test]
fn a_busy_server_is_waited_for_as_long_as_it_asks() {
    assert_eq!(
        wait_after(429, "retry-after: 7\r\n"),
        Duration::from_secs(7)
    );
    assert_eq!(
        wait_after(503, "Retry-After: 60\r\n"),
        Duration::from_mins(1)
    );
    let date = "retry-after: Sun, 06 Nov 1994 08:49:49 GMT\r\n";
    assert_eq!(wait_after(429, date), Duration::from_secs(12));
}

#[test]
fn without_a_usable_retry_after_the_backoff_counts() {
    for headers in [
        "",
        "retry-after: soon\r\n",
        "retry-after: 0\r\n",
        "retry-after: \u{ff}\r\n",
    ] {
        assert_eq!(
            wait_after(500, headers),
            Duration::from_millis(250),
            "{headers}"
        );
    }
}

#[test]
fn each_wait_is_logged() {
    let server = Server::new([busy(429, "retry-after: 2\r\n"), says(GOOD)]);
    let host = TestHost::of(&server);
    plan_with(&host).unwrap();
    assert_eq!(
        host.warnings(),
        [
            "try 1 of 3 failed, the next comes in 2000 ms: the endpoint answered 429, saying \"busy\""
        ]
    );
}

#[test]
fn a_server_that_fails_three_times_is_not_asked_a_fourth_time() {
    let server = Server::new([busy(500, ""), busy(502, ""), busy(503, ""), says(GOOD)]);
    let host = TestHost::of(&server);
    let error = plan_with(&host).unwrap_err();
    assert_eq!(error.kind(), PlanErrorKind::Unavailable);
    assert!(error.is_transient());
    assert_eq!(
        text(&error, &server),
        "unavailable: SERVER failed 3 of 3 tries: answered 503, saying \"busy\""
    );
    assert_eq!(server.count(), 3);
    assert_eq!(host.slept(), Duration::from_millis(250 + 500));
}

#[test]
fn a_refused_connection_is_tried_three_times() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let host = TestHost::at(&url);
    let error = plan_with(&host).unwrap_err();
    assert_eq!(
        error.to_string().replace(&url, "SERVER"),
        "unavailable: SERVER failed 3 of 3 tries: cannot be reached: io: Connection refused (os error 111)"
    );
    assert_eq!(host.slept(), Duration::from_millis(250 + 500));
    assert_eq!(host.warnings().len(), 2);
}

#[test]
fn a_longer_wait_than_a_minute_is_not_waited_for() {
    for asked in ["61", "99999999999999999999999"] {
        let server = Server::new([busy(429, &format!("retry-after: {asked}\r\n")), says(GOOD)]);
        let host = TestHost::of(&server);
        let error = plan_with(&host).unwrap_err();
        let seconds = asked.parse().unwrap_or(u64::MAX);
        assert_eq!(
            text(&error, &server),
            format!("unavailable: SERVER asks to wait {seconds} s: answered 429, saying \"busy\"")
        );
        assert_eq!((server.count(), host.slept()), (1, Duration::ZERO));
    }
}

#[test]
fn a_wait_that_the_call_has_no_time_for_ends_the_tries_at_once() {
    let server = Server::new([busy(429, "retry-after: 30\r\n"), says(GOOD)]);
    let mut host = TestHost::of(&server);
    host.time = Duration::from_secs(30);
    let error = plan_with(&host).unwrap_err();
    assert_eq!(
        text(&error, &server),
        "unavailable: SERVER failed 1 of 3 tries: answered 429, saying \"busy\""
    );
    assert_eq!((server.count(), host.slept()), (1, Duration::ZERO));
}

#[test]
fn a_call_that_is_cancelled_while_it_waits_ends_within_a_moment() {
    let server = Server::new([busy(429, "retry-after: 30\r\n"), says(GOOD)]);
    let mut host = TestHost::of(&server);
    host.cancelled_after = Some(Duration::from_millis(120));
    let error = plan_with(&host).unwrap_err();
    assert_eq!(error.kind(), PlanErrorKind::Cancelled);
    assert_eq!(
        (server.count(), host.slept()),
        (1, Duration::from_millis(150))
    );
}

#[test]
fn both_questions_have_tries_of_their_own() {
    let server = Server::new([
        busy(500, ""),
        busy(500, ""),
        says("nonsense"),
        busy(500, ""),
        busy(500, ""),
        says(GOOD),
    ]);
    assert_eq!(plan_with(&TestHost::of(&server)).unwrap().tasks().len(), 2);
    assert_eq!(server.count(), 6);
}
