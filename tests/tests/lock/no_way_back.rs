//! The highest version that was accepted is remembered, and so is the newest time.

use registry::Refusal;
use serde_json::Value;

use crate::ground::{Ground, NAME, VERSION, outcome, refusal, with_version};

fn record(ground: &Ground) -> Value {
    let text = std::fs::read_to_string(ground.state().join("accepted.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn an_older_version_than_one_accepted_before_is_refused_unless_it_is_allowed() {
    let ground = Ground::new();
    let old = ground.bytes();
    assert_eq!(outcome(&ground.registry()), "ready");
    ground.install(&with_version(&old, "0.4.0"));
    assert_eq!(outcome(&ground.registry()), "ready");
    ground.install(&old);
    let registry = ground.registry();
    let refusal = refusal(&registry);
    let Refusal::Downgrade {
        version, highest, ..
    } = &refusal
    else {
        panic!("{refusal}");
    };
    assert_eq!(
        (version.to_string(), highest.to_string()),
        (VERSION.to_owned(), "0.4.0".to_owned())
    );
    assert_eq!(refusal.code(), "E_DOWNGRADE");
    let allowing = ground.builder().set("trust.allow_downgrade", NAME);
    assert_eq!(outcome(&allowing.build().unwrap()), "ready");
    // What is allowed once does not lower the bar.
    assert_eq!(outcome(&ground.registry()), "E_DOWNGRADE");
    let forgetful = ground.builder().set("trust.state_dir", "off");
    assert_eq!(outcome(&forgetful.build().unwrap()), "ready");
}

#[test]
fn a_version_that_another_process_accepts_meanwhile_counts_from_the_next_discovery_on() {
    let ground = Ground::new();
    let registry = ground.registry();
    registry.discover().unwrap();
    let old = ground.bytes();
    ground.install(&with_version(&old, "0.4.0"));
    assert_eq!(outcome(&ground.registry()), "ready");
    ground.install(&old);
    registry.discover().unwrap();
    assert_eq!(outcome(&registry), "E_DOWNGRADE");
}

#[test]
fn the_record_is_written_once_for_all_loads_that_are_no_news() {
    let ground = Ground::new();
    assert_eq!(outcome(&ground.registry()), "ready");
    let written = record(&ground);
    assert_eq!(written["content"]["highest"][NAME], VERSION);
    assert!(written["content"]["newest_s"].as_u64().unwrap() > 1_700_000_000);
    let modified = || {
        std::fs::metadata(ground.state().join("accepted.json"))
            .unwrap()
            .modified()
            .unwrap()
    };
    let before = modified();
    assert_eq!(outcome(&ground.registry()), "ready");
    assert_eq!((record(&ground), modified()), (written, before));
}

#[test]
fn a_clock_that_was_set_back_leaves_the_newest_time_as_it_is() {
    let ground = Ground::new();
    assert_eq!(outcome(&ground.registry()), "ready");
    let path = ground.state().join("accepted.json");
    let mut ahead = record(&ground);
    // As if the clock had been right in the year 2200, and were set back to today.
    ahead["content"]["newest_s"] = 7_258_118_400_u64.into();
    std::fs::write(&path, ahead.to_string()).unwrap();
    ground.install(&with_version(&ground.bytes(), "0.4.0"));
    assert_eq!(outcome(&ground.registry()), "ready");
    let after = record(&ground);
    assert_eq!(after["content"]["highest"][NAME], "0.4.0");
    assert_eq!(after["content"]["newest_s"], 7_258_118_400_u64);
}
