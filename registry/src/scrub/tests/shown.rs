use std::borrow::Cow;

use super::super::*;

#[test]
fn ordinary_text_is_borrowed() {
    for text in ["", "risk_planner", "größer ≥ 1", "日本語", "a\\b 'c' \"d\""] {
        assert!(matches!(escape(text), Cow::Borrowed(same) if same == text));
        assert!(matches!(mask_secrets(text), Cow::Borrowed(same) if same == text));
        assert!(matches!(mask_paths(text), Cow::Borrowed(same) if same == text));
        assert!(matches!(cut(text, 100), Cow::Borrowed(same) if same == text));
    }
}

#[test]
fn no_text_can_forge_a_row_or_reorder_one() {
    assert_eq!(
        escape("a\nready\r\t\u{1b}]0;x\u{7}\u{9b}2J"),
        "a\\nready\\r\\t\\u{1b}]0;x\\u{7}\\u{9b}2J"
    );
    assert_eq!(
        escape("\u{202e}gpj\u{2069}\u{200b}\u{feff}\u{e0041}\u{2028}"),
        "\\u{202e}gpj\\u{2069}\\u{200b}\\u{feff}\\u{e0041}\\u{2028}"
    );
}

#[test]
fn long_text_is_cut_at_a_character() {
    assert_eq!(shorten(&"é".repeat(81)), format!("{}…", "é".repeat(80)));
    assert_eq!(shorten(&"é".repeat(80)), "é".repeat(80));
    assert_eq!(cut("éé", 3), "é…");
}

#[test]
fn a_backtrace_is_left_out_and_what_stands_around_it_stays() {
    let text = "it panicked\nstack backtrace:\n   0: std::panicking::begin\n             at ./src/a.rs:12\n   1: main\nand went on\n";
    assert_eq!(
        cut(text, 1000),
        "it panicked\nstack backtrace: …\nand went on\n"
    );
}

#[test]
fn free_text_is_masked_first_and_escaped_after() {
    assert_eq!(
        text("password=hunter2\n\u{1b}[2J"),
        format!("password={MASK}\\n\\u{{1b}}[2J")
    );
}

#[test]
fn secrets_are_masked_by_name_and_by_shape() {
    for (name, value) in [
        ("planners.llm_planner.config.api_key", "abc"),
        ("FACTORY_TOKEN", "abc"),
        ("db-password", "abc"),
        ("accessToken", "abc"),
        ("note", "sk-abcdef"),
        ("header", "Bearer abc"),
    ] {
        assert_eq!(mask_secret(name, value), MASK, "{name}={value}");
    }
    assert_eq!(
        mask_secret("url", "https://me:pw@host/a@b"),
        format!("https://{MASK}@host/a@b")
    );
    assert_eq!(
        mask_secret(
            "urls",
            "https://a:pw@one, http://two/x@y, https://b:pw@three"
        ),
        format!("https://{MASK}@one, http://two/x@y, https://{MASK}@three")
    );
}

#[test]
fn what_is_no_secret_stays_readable() {
    for (name, value) in [
        ("keyboard", "abc"),
        ("max_tokens", "4096"),
        ("FACTORY_TRUSTED_KEYS", "/etc/registry/keys"),
        ("select.min_reliability", "0.25"),
        ("url", "https://host/a@b"),
        ("api_key", ""),
    ] {
        assert_eq!(mask_secret(name, value), value);
    }
}

#[test]
fn the_folders_of_absolute_paths_are_hidden_and_nothing_else_is() {
    for (text, shown) in [
        ("/opt/planners/librisk.so", "…/librisk.so"),
        (
            "cannot open \"/etc/registry/keys\": no",
            "cannot open \"…/keys\": no",
        ),
        ("path=/a/b/ c", "path=…/b/ c"),
        ("(/home/me/.config/x, /tmp)", "(…/x, …/tmp)"),
        ("/größe/日本/x", "…/x"),
    ] {
        assert_eq!(mask_paths(text), shown);
    }
    for same in [
        "and/or",
        "1/2 of it",
        "https://host/a/b",
        "a // comment",
        "src/main.rs",
        "/",
    ] {
        assert_eq!(mask_paths(same), same);
    }
}

#[test]
fn json_is_masked_by_the_names_of_its_fields_and_by_shape_and_stays_json() {
    let json = r#"{"note":"password=\"hunter2\"!","api_key": "abc","list":["abc",{"token":"t"}],"key":"name"}"#;
    assert_eq!(
        mask_json(json),
        r#"{"note":"password=\"********\"!","api_key": "********","list":["abc",{"token":"t"}],"key":"name"}"#
    );
    for same in [
        "{}",
        r#"{"password":""}"#,
        r#"{"password":["a"]}"#,
        "\"",
        "\"\\\"",
    ] {
        assert_eq!(mask_json(same), same);
    }
}
