//! Who may change something over TCP, and what changes then.

use std::os::unix::fs::symlink;
use std::path::Path;

use registry::ops::Limits;
use serde_json::json;
use tests::set_mode;

use crate::ground::{Ground, NAME, TOKEN, builder, refused};

/// Every change there is, by method and path.
fn changes() -> [(&'static str, String); 5] {
    [
        ("POST", "/v1/heal".to_owned()),
        ("POST", "/v1/reload".to_owned()),
        ("POST", format!("/v1/planners/{NAME}/breaker/reset")),
        ("POST", format!("/v1/planners/{NAME}/quarantine")),
        ("DELETE", format!("/v1/planners/{NAME}/quarantine")),
    ]
}

#[test]
fn without_a_token_nobody_changes_anything() {
    let ground = Ground::new();
    assert!(!ground.running.takes_changes());
    for (method, path) in changes() {
        for told in [
            ground.ask(method, &path, &[], ""),
            ground.change(method, &path, ""),
        ] {
            assert_eq!(
                told.refusal(),
                refused(403, "E_CHANGES_OFF"),
                "{method} {path}"
            );
        }
    }
    assert!(ground.registry.list_quarantined().unwrap().is_empty());
}

#[test]
fn only_whoever_sends_the_token_once_and_whole_changes_something() {
    let ground = Ground::with_token();
    assert!(ground.running.takes_changes());
    let longer = format!("Authorization: Bearer {TOKEN}x");
    let shorter = format!("Authorization: Bearer {}", &TOKEN[1..]);
    let right = format!("Authorization: Bearer {TOKEN}");
    let basic = format!("Authorization: Basic {TOKEN}");
    let bare = format!("Authorization: {TOKEN}");
    for lines in [
        &[][..],
        &["Authorization: Bearer "],
        &["Authorization: Bearer"],
        &[&longer],
        &[&shorter],
        &[&basic],
        &[&bare],
        &[&right, &right],
    ] {
        for (method, path) in changes() {
            let told = ground.ask(method, &path, lines, "");
            assert_eq!(told.refusal(), refused(401, "E_HTTP_TOKEN"), "{lines:?}");
            assert_eq!(told.header("www-authenticate"), Some("Bearer"));
        }
    }
    assert!(ground.registry.list_quarantined().unwrap().is_empty());
    for (method, path) in changes() {
        assert_eq!(
            ground.change(method, &path, "").status,
            200,
            "{method} {path}"
        );
    }
}

#[test]
fn a_quarantine_holds_until_it_is_lifted() {
    let ground = Ground::with_token();
    let path = format!("/v1/planners/{NAME}/quarantine");
    let body = r#"{"for_seconds": 60, "reason": "too slow"}"#;
    let held = ground.change("POST", &path, body).json();
    assert_eq!(held["quarantine"]["reason"], "too slow");
    assert_eq!(held["quarantine"]["by"], "operator");
    assert_eq!(ground.get("/readyz").status, 503);
    let holds = ground.registry.list_quarantined().unwrap();
    assert_eq!((holds.len(), holds[0].reason.as_str()), (1, "too slow"));
    let lifted = ground.change("DELETE", &path, "").json();
    assert_eq!(
        (
            &lifted["planner"],
            &lifted["lifted"]["reason"],
            &lifted["still_held"]
        ),
        (&json!(NAME), &json!("too slow"), &json!(null))
    );
    assert_eq!(ground.get("/readyz").status, 200);
    for body in [
        "{",
        "[]",
        "\"x\"",
        r#"{"for": 1}"#,
        r#"{"for_seconds": 0}"#,
        r#"{"for_seconds": -1}"#,
        r#"{"reason": 1}"#,
    ] {
        let told = ground.change("POST", &path, body);
        assert_eq!(told.refusal(), refused(400, "E_HTTP_BODY"), "{body}");
    }
    let told = ground.change("POST", "/v1/heal", "{}");
    assert_eq!(told.refusal(), refused(400, "E_HTTP_BODY"));
    assert!(ground.registry.list_quarantined().unwrap().is_empty());
}

#[test]
fn the_token_is_read_from_a_file_that_nobody_else_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let start = |path: &Path| {
        let path = path.to_str().unwrap();
        let registry = builder().set("control.token_file", path).build().unwrap();
        let server = registry.server().listen(([127, 0, 0, 1], 0).into());
        server.start().map(drop).map_err(|error| error.code())
    };
    let refused = Err("E_TOKEN_FILE");
    assert_eq!(start(&path), refused, "missing");
    for (text, mode, expected) in [
        (format!("{TOKEN}\n"), 0o600, Ok(())),
        (format!("{TOKEN}\n"), 0o400, Ok(())),
        (format!("{TOKEN}\n"), 0o640, refused),
        (format!("{TOKEN}\n"), 0o644, refused),
        (format!("{TOKEN}\n"), 0o622, refused),
        (TOKEN[2..].to_owned(), 0o600, refused),
        (format!("{TOKEN} {TOKEN}"), 0o600, refused),
        (TOKEN.repeat(200), 0o600, refused),
        (String::new(), 0o600, refused),
    ] {
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, &text).unwrap();
        set_mode(&path, mode);
        assert_eq!(start(&path), expected, "{text:?} {mode:o}");
    }
    std::fs::write(&path, TOKEN).unwrap();
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    assert_eq!(start(&link), refused, "a link");

    let builder = builder().set("control.token_file", path.to_str().unwrap());
    let ground = Ground::of(builder, Limits::default());
    assert_eq!(ground.change("POST", "/v1/reload", "").status, 200);
}

#[test]
fn a_short_token_is_a_wrong_configuration() {
    let error = builder()
        .set("control.token", "secret")
        .build()
        .unwrap_err();
    let text = error.to_string();
    assert_eq!(error.code(), "E_CONFIG");
    assert!(text.contains("32 to 512"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}
