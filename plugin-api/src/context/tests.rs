//! Tests of contexts: what is read, and what junk does.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FileFacts, Layer, PlanContext};
use crate::error::PlanErrorKind;
use crate::plan::limits;

fn context(value: &Value) -> PlanContext {
    PlanContext::from_json(value.to_string().as_bytes()).unwrap()
}

fn refused(json: &[u8]) -> String {
    let error = PlanContext::from_json(json).expect_err("the JSON must be refused");
    assert_eq!(error.kind(), PlanErrorKind::InvalidInput);
    error.to_string()
}

#[test]
fn files_are_read_with_what_is_known_of_them() {
    let context = context(&json!({"files": [
        {"path": "b.rs", "depends_on": ["a.rs", "c.rs", "a.rs", 4, ""], "churn": "7", "complexity": 2.5,
         "fan_in": 3, "owner": "kept but not read"},
        "a.rs",
        {"path": "a.rs", "churn": 99},
        {"path": "c.rs", "depends_on": "a.rs", "churn": -1, "complexity": "much", "fan_in": null},
    ]}));
    let expected = [
        FileFacts::new("b.rs")
            .depends_on(["a.rs", "c.rs"])
            .churn(7.0)
            .complexity(2.5)
            .fan_in(3.0),
        FileFacts::new("a.rs"),
        FileFacts::new("c.rs"),
    ];
    assert_eq!(context.files(), expected);
    assert_eq!(
        context.get("files").unwrap()[0]["owner"],
        "kept but not read"
    );
}

#[test]
fn entries_without_a_usable_path_or_name_are_skipped() {
    let long = "x".repeat(limits::CONTEXT_NAME_CHARS_MAX + 1);
    let junk = json!([null, 3, true, "", " ", [], ["a"], {}, {"path": 3, "name": 3}, long, "kept"]);
    let context = context(&json!({"files": junk, "hotspots": junk, "layers": junk}));
    assert_eq!(context.files(), [FileFacts::new("kept")]);
    assert_eq!(context.hotspots(), [FileFacts::new("kept")]);
    assert_eq!(context.layers(), [Layer::new("kept", [""; 0])]);
}

#[test]
fn what_is_set_is_read_back() {
    let files = [
        FileFacts::new("a.rs").churn(0.1),
        FileFacts::new("b.rs").depends_on(["a.rs"]),
    ];
    let hotspots = [FileFacts::new("b.rs").complexity(f64::NAN)];
    let layers = [Layer::new("low", ["a.rs"]), Layer::new("high", ["b.rs"])];
    let context = PlanContext::new()
        .with_files(files.clone())
        .with_hotspots(hotspots)
        .with_layers(layers.clone())
        .with("allow_high_risk", true);
    assert_eq!(context.files(), files);
    assert_eq!(context.hotspots(), [FileFacts::new("b.rs")]);
    assert_eq!(context.layers(), layers);
    assert!(context.allows_high_risk());
}

#[test]
fn a_hotspot_count_is_a_number_a_numeric_string_or_zero() {
    let cases = [
        (json!(9), 9),
        (json!(9.9), 9),
        (json!(-3), -3),
        (json!("12"), 12),
        (json!(" 12.7 "), 12),
        (json!(u64::MAX), i64::MAX),
        (json!("nan"), 0),
        (json!("inf"), 0),
        (json!("many"), 0),
        (json!(""), 0),
        (json!(true), 0),
        (json!(null), 0),
        (json!([9]), 0),
        (json!({"n": 9}), 0),
    ];
    for (value, expected) in cases {
        let context = PlanContext::new().with("hotspots_count", value.clone());
        assert_eq!(context.hotspots_count(), expected, "{value}");
    }
    assert_eq!(PlanContext::new().hotspots_count(), 0);
}

#[test]
fn an_empty_summary_is_none() {
    for value in [
        json!(null),
        json!(false),
        json!(0),
        json!(0.0),
        json!(""),
        json!([]),
        json!({}),
    ] {
        let context = PlanContext::new().with("deep_index_summary", value.clone());
        assert_eq!(context.deep_index_summary(), None, "{value}");
    }
    for value in [
        json!(true),
        json!(1),
        json!("x"),
        json!([0]),
        json!({"a": null}),
    ] {
        let context = PlanContext::new().with("deep_index_summary", value.clone());
        assert_eq!(context.deep_index_summary(), Some(&value));
    }
    assert_eq!(PlanContext::new().deep_index_summary(), None);
}

#[test]
fn high_risk_is_allowed_by_true_alone() {
    for value in [json!("true"), json!(1), json!(false), json!(null)] {
        assert!(
            !PlanContext::new()
                .with("allow_high_risk", value)
                .allows_high_risk()
        );
    }
}

#[test]
fn contexts_are_objects_within_their_bounds() {
    assert!(refused(b"[]").starts_with("invalid input: the context is no JSON object: "));
    assert!(refused(b"{} x").starts_with("invalid input: the context is no JSON object: "));
    assert_eq!(
        refused(&vec![b' '; limits::CONTEXT_BYTES_MAX + 1]),
        "invalid input: the context takes 8388609 bytes as JSON; at most 8388608 are allowed"
    );
    let nested = |levels: usize| {
        format!(
            "{{\"k\":{}{}}}",
            "[".repeat(levels - 1),
            "]".repeat(levels - 1)
        )
    };
    assert_eq!(
        PlanContext::from_json(nested(32).as_bytes())
            .unwrap()
            .as_object()
            .len(),
        1
    );
    assert_eq!(
        refused(nested(33).as_bytes()),
        "invalid input: the context nests deeper than 32 levels"
    );
    assert!(refused(nested(100_000).as_bytes()).starts_with("invalid input: "));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("path".to_owned()),
        Just("name".to_owned()),
        Just("depends_on".to_owned()),
        Just("churn".to_owned()),
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_junk_makes_a_reader_panic_or_yield_an_unusable_entry(junk in any_json()) {
        let mut context = PlanContext::new();
        for key in ["files", "hotspots", "layers", "deep_index_summary", "hotspots_count"] {
            context = context.with(key, junk.clone());
        }
        for file in context.files().into_iter().chain(context.hotspots()) {
            prop_assert!(!file.path.trim().is_empty());
            prop_assert!(file.churn.is_none_or(|churn| churn >= 0.0 && churn.is_finite()));
        }
        let _ = (context.layers(), context.deep_index_summary(), context.hotspots_count());
    }
}
