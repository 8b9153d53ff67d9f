//! A server that says the key back in every place it can: no error and no log line holds it.

use super::host::TestHost;
use super::server::{Server, Step, completion, raw, says, status};
use super::{KEY, plan_with};
use crate::settings::Settings;

/// What of the key may not be seen either: the rest could be cut off, or spelt with escapes.
const PART: &str = "k-012345";

/// Plans against a server that does `step` each time; all that anyone gets to read of it.
fn all_that_is_said(step: impl Fn() -> Step) -> String {
    let server = Server::new([step(), step(), step()]);
    let host = TestHost::of(&server);
    let error = plan_with(&host).unwrap_err();
    format!(
        "{error}\n{error:?}\n{}\n{}",
        serde_json::to_string(&error).unwrap(),
        host.warnings().join("\n")
    )
}

#[test]
fn the_key_is_in_no_error_and_no_log_line_whatever_the_server_says() {
    let mut escaped = format!(
        "{{\"error\":{{\"message\":\"bad key \\u0073{}\"}}}}",
        &KEY[1..]
    );
    let nested = format!(r#"{{"error":{{"message":"{}{KEY}"}}}}"#, "x".repeat(290));
    let cut = escaped.len() - 3;
    let bodies = [
        format!("bad key {KEY}"),
        format!("{{\"error\":{{\"message\":\"bad key {KEY}{KEY}\"}}}}"),
        format!("{{\"{KEY}\":\"{KEY}\"}}"),
        escaped.clone(),
        nested,
        {
            escaped.truncate(cut);
            escaped
        },
        format!("{{\"choices\":\"{KEY}\"}}"),
        completion(&format!("{{\"{KEY}\":1}}")),
        completion(&format!(r#"{{"tasks":[{{"type":"{KEY}"}}]}}"#)),
        completion(&format!(
            r#"{{"tasks":[{{"type":"TOOL","\u0073{}":1}}]}}"#,
            &KEY[1..]
        )),
        completion(&format!(
            r#"{{"tasks":[{{"type":"VERIFY","task_id":"{KEY}"}}]}}"#
        )),
    ];
    for code in [200, 302, 400, 401, 403, 429, 500] {
        for body in &bodies {
            let headers = format!("location: /{KEY}\r\nx-{KEY}: {KEY}\r\nretry-after: {KEY}\r\n");
            let said = all_that_is_said(|| status(code, &headers, body));
            assert!(!said.contains(PART), "{code} {body}: {said}");
        }
    }
}

#[test]
fn the_key_is_in_no_error_when_the_reply_is_no_http() {
    for reply in [
        format!("{KEY}\r\n\r\n"),
        format!("HTTP/1.1 {KEY}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ncontent-length: {KEY}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{KEY}\r\n\r\n"),
    ] {
        let said = all_that_is_said(|| raw(reply.clone()));
        assert!(!said.contains(PART), "{reply}: {said}");
    }
}

#[test]
fn the_key_is_in_no_plan() {
    let answer = format!(
        r#"{{"tasks":[{{"type":"VERIFY","task_id":"a","description":"Say {KEY}","metadata":{{"{KEY}":["{KEY}"]}}}}]}}"#
    );
    let server = Server::new([says(&answer)]);
    let plan = plan_with(&TestHost::of(&server)).unwrap();
    assert_eq!(plan.tasks()[0].description, "Say ***");
    let json = String::from_utf8(plan.to_json().unwrap()).unwrap();
    assert!(!json.contains(KEY), "{json}");
}

#[test]
fn settings_print_without_the_key() {
    let settings = Settings::read(&TestHost::at("https://api.example")).unwrap();
    let printed = format!("{settings:?} {settings:#?}");
    assert!(printed.contains("ApiKey(***)"), "{printed}");
    assert!(!printed.contains(KEY), "{printed}");
}
