use serde_json::{Value, json};

use super::*;

fn least() -> Value {
    json!({
        "schema": 1,
        "name": "release_planner",
        "version": "1.2.3-rc.1+build.5",
        "api": {"major": 1, "minor": 0},
        "build": {"rustc": "rustc 1.95.0", "profile": "release", "panic": "unwind"},
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut manifest = least();
    manifest[field] = value;
    manifest
}

fn read(manifest: &Value) -> Result<Manifest, ManifestError> {
    Manifest::from_json(manifest.to_string().as_bytes())
}

fn refusal(manifest: &Value) -> (&'static str, String) {
    let error = read(manifest).unwrap_err();
    (error.code(), error.to_string())
}

#[test]
fn the_required_fields_suffice_and_the_rest_has_defaults() {
    let manifest = read(&least()).unwrap();
    let build = BuildInfo {
        rustc: "rustc 1.95.0".into(),
        profile: "release".into(),
        panic: PanicStrategy::Unwind,
    };
    let version = Version::parse("1.2.3-rc.1+build.5").unwrap();
    let api = ApiVersion { major: 1, minor: 0 };
    assert_eq!(
        manifest,
        Manifest::new("release_planner", version, api, build)
    );
    assert_eq!(
        (manifest.tier, manifest.risk_rating, manifest.reliability),
        (Tier::Beta, RiskRating::Medium, None)
    );
}

#[test]
fn serialising_gives_the_manifest_back_with_what_is_unknown() {
    let full = json!({
        "schema": 1,
        "name": "release_planner",
        "version": "1.2.3",
        "api": {"major": 1, "minor": 7},
        "build": {"rustc": "rustc 1.95.0", "profile": "dev", "panic": "abort"},
        "description": "Plans releases. ✓",
        "capabilities": ["release", "verify"],
        "tags": ["x"],
        "tier": "vip",
        "production_ready": true,
        "reliability": 0.85,
        "risk_rating": "high",
        "quarantined": true,
        "self_test": true,
        "permissions": ["net"],
        "config_schema": {"type": "object", "properties": {"a": {"type": "string"}}},
        "homepage": {"url": "https://example.org", "n": [1, 2.5, null]},
    });
    let manifest = read(&full).unwrap();
    assert_eq!(serde_json::to_value(&manifest).unwrap(), full);
    assert_eq!(
        manifest.unknown["homepage"].to_value(),
        json!({"url": "https://example.org", "n": [1, 2.5, null]})
    );
    let again = serde_json::to_vec(&manifest).unwrap();
    assert_eq!(Manifest::from_json(&again).unwrap(), manifest);
}

#[test]
fn unknown_fields_inside_api_and_build_are_kept_by_dotted_path() {
    let mut manifest = least();
    manifest["api"]["patch"] = json!(3);
    manifest["build"]["target"] = json!("x86_64");
    let unknown = read(&manifest).unwrap().unknown;
    let kept: Vec<_> = unknown.iter().map(|(k, v)| (&**k, v.as_str())).collect();
    assert_eq!(kept, [("api.patch", "3"), ("build.target", "\"x86_64\"")]);
}

#[test]
fn words_are_read_in_any_case() {
    let mut manifest = with("tier", json!("GoLd"));
    manifest["risk_rating"] = json!("LOW");
    let manifest = read(&manifest).unwrap();
    assert_eq!(
        (manifest.tier, manifest.risk_rating),
        (Tier::Gold, RiskRating::Low)
    );
}

#[test]
fn each_required_field_is_missed_by_name() {
    for field in ["schema", "name", "version", "api", "build"] {
        let mut manifest = least();
        manifest.as_object_mut().unwrap().remove(field);
        assert_eq!(
            refusal(&manifest),
            (
                "E_MANIFEST_MISSING_FIELD",
                format!("manifest has no field {field:?}, which is required")
            )
        );
    }
    for (outer, inner) in [("api", "major"), ("api", "minor"), ("build", "panic")] {
        let mut manifest = least();
        manifest[outer].as_object_mut().unwrap().remove(inner);
        assert_eq!(
            refusal(&manifest).1,
            format!("manifest has no field \"{outer}.{inner}\", which is required")
        );
    }
}

#[test]
fn a_wrong_value_is_refused_with_field_value_and_what_is_allowed() {
    let rule = name::RULE;
    let long = "a".repeat(65);
    let tiers = "\"alpha\", \"beta\", \"stable\", \"gold\" or \"vip\"";
    for (field, value, found, allowed) in [
        ("schema", json!(2), "2", "1"),
        ("schema", json!("1"), "\"1\"", "1"),
        ("name", json!("../evil"), "\"../evil\"", rule),
        ("name", json!("nul\0nul"), "\"nul\\0nul\"", rule),
        ("name", json!("esc\u{1b}[2J"), "\"esc\\u{1b}[2J\"", rule),
        ("name", json!(long), &format!("\"{long}\""), rule),
        ("name", json!(7), "7", rule),
        ("tier", json!("betta"), "\"betta\"", tiers),
        (
            "risk_rating",
            json!(null),
            "null",
            "\"low\", \"medium\" or \"high\"",
        ),
        ("reliability", json!(2.0), "2.0", "a number from 0 to 1"),
        ("reliability", json!(-0.1), "-0.1", "a number from 0 to 1"),
        (
            "reliability",
            json!("high"),
            "\"high\"",
            "a number from 0 to 1",
        ),
        ("production_ready", json!(1), "1", A_FLAG),
        ("quarantined", json!("no"), "\"no\"", A_FLAG),
        ("self_test", json!([]), "a list of 0", A_FLAG),
        ("capabilities", json!("one"), "\"one\"", WORDS),
        ("tags", json!([""]), "a list of 1", WORDS),
        ("permissions", json!(["net", 1]), "a list of 2", WORDS),
        ("api", json!("1.0"), "\"1.0\"", AN_OBJECT),
        ("build", json!(null), "null", AN_OBJECT),
    ] {
        assert_eq!(
            refusal(&with(field, value)),
            (
                "E_MANIFEST_FIELD",
                format!("manifest field {field:?} is {found}; allowed: {allowed}")
            )
        );
    }
}

#[test]
fn nested_fields_are_named_by_their_path() {
    let mut manifest = least();
    manifest["api"]["minor"] = json!(-1);
    assert_eq!(
        refusal(&manifest).1,
        format!("manifest field \"api.minor\" is -1; allowed: {A_NUMBER}")
    );
    let mut manifest = least();
    manifest["build"]["panic"] = json!("explode");
    assert_eq!(
        refusal(&manifest).1,
        "manifest field \"build.panic\" is \"explode\"; allowed: \"unwind\" or \"abort\""
    );
}

#[test]
fn lengths_are_bounded_exactly() {
    let text = |len: usize| json!("é".repeat(len / 2));
    let list = |len: usize| Value::from(vec!["x"; len]);
    for (field, fits, over) in [
        ("description", text(4096), text(4098)),
        ("tags", list(64), list(65)),
        ("capabilities", json!([text(128)]), json!([text(130)])),
    ] {
        assert!(read(&with(field, fits)).is_ok(), "{field}");
        assert_eq!(refusal(&with(field, over)).0, "E_MANIFEST_FIELD", "{field}");
    }
}

#[test]
fn size_and_encoding_are_checked_before_anything_else() {
    let mut padded = least().to_string().into_bytes();
    padded.resize(SIZE_BYTES_MAX, b' ');
    assert_eq!(
        Manifest::from_json(&padded).unwrap().name,
        "release_planner"
    );
    padded.push(b' ');
    let error = Manifest::from_json(&padded).unwrap_err();
    assert_eq!(error.code(), "E_MANIFEST_TOO_LARGE");
    let error = Manifest::from_json(b"{\"name\":\"\xff\"}").unwrap_err();
    assert!(matches!(error, ManifestError::NotUtf8 { at: 9 }), "{error}");
}

#[test]
fn a_number_that_is_none_is_a_syntax_error() {
    let text = with("reliability", json!(0.5)).to_string();
    for number in ["NaN", "Infinity", "1e999", "0x1", "01"] {
        let error = Manifest::from_json(text.replace("0.5", number).as_bytes()).unwrap_err();
        assert_eq!(error.code(), "E_MANIFEST_SYNTAX", "{number}");
    }
}

#[test]
fn a_manifest_that_is_no_object_is_refused() {
    for text in ["[]", "1", "null", "\"x\""] {
        let error = Manifest::from_json(text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "E_MANIFEST_FIELD", "{text}");
    }
}
