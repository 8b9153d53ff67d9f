//! What a lock and the record of what was accepted say of keys that the file of keys still trusts.

use std::path::PathBuf;

use registry::{KeyId, Lock, Registry};
use tests::{PluginFolder, fixture};

use crate::{Ground, comment, entry, entry_of, pair, sign};

const PLANNER: &str = "well_behaved";

/// The version of the package of fixtures.
const PLANNER_VERSION: &str = "0.3.0";

fn ground() -> Ground {
    Ground {
        plugins: PluginFolder::new().with(&fixture(PLANNER)),
        aside: PluginFolder::new(),
    }
}

fn file(ground: &Ground) -> PathBuf {
    ground.plugins.file("libwell_behaved.so")
}

fn registry(ground: &Ground) -> Registry {
    Registry::builder()
        .plugin_dir(ground.plugins.path())
        .allow([PLANNER])
        .set("trust.trusted_keys", ground.keys_file())
        .set("trust.require_signature", "1")
        .set("trust.lock_file", ground.aside.file("plugins.lock"))
        .set("trust.state_dir", ground.aside.file("state"))
        .build()
        .unwrap()
}

/// The code by which the planner is refused, or `ready`; `verify` says the same.
fn outcome(ground: &Ground) -> &'static str {
    let registry = registry(ground);
    let verified = registry.verify_file(file(ground));
    let verified = verified.map_or_else(|error| error.code(), |_| "ready");
    let got = registry
        .get(PLANNER)
        .map_or_else(|error| error.code(), |_| "ready");
    assert_eq!(got, verified);
    got
}

#[test]
fn a_key_that_the_lock_revokes_by_number_or_whole_counts_no_longer() {
    let (ours, other) = (pair(), pair());
    let ground = ground();
    ground.trust(&[entry("ours", &ours.pk.to_base64())]);
    sign(&ours, &file(&ground), &comment(PLANNER, PLANNER_VERSION));
    let found = registry(&ground).lockable(file(&ground)).unwrap();
    let mut lock = Lock::default();
    lock.add(&found.name, &found.version, found.digest);
    let number = KeyId::of_bytes(ours.pk.keynum().try_into().unwrap());
    for (revoked, expected) in [
        (other.pk.to_base64(), "ready"),
        (number.to_string(), "E_KEY_REVOKED"),
        (ours.pk.to_base64(), "E_KEY_REVOKED"),
    ] {
        let mut lock = lock.clone();
        assert!(lock.revoke(&revoked), "{revoked}");
        lock.write(&ground.aside.file("plugins.lock")).unwrap();
        assert_eq!(outcome(&ground), expected, "{revoked}");
    }
}

#[test]
fn a_key_whose_time_was_over_once_stays_expired_when_the_clock_is_set_back() {
    let ours = pair();
    let ground = ground();
    let public = ours.pk.to_base64();
    ground.trust(&[entry_of(
        "ours",
        &public,
        "\"all\"",
        "2020-01-01",
        "2150-01-01",
    )]);
    sign(&ours, &file(&ground), &comment(PLANNER, PLANNER_VERSION));
    assert_eq!(outcome(&ground), "ready");
    let path = ground.aside.file("state/accepted.json");
    let record = std::fs::read_to_string(&path).unwrap();
    let mut ahead: serde_json::Value = serde_json::from_str(&record).unwrap();
    // As if the clock had been right in the year 2200, and were set back to today.
    ahead["content"]["newest_s"] = 7_258_118_400_u64.into();
    std::fs::write(&path, ahead.to_string()).unwrap();
    assert_eq!(outcome(&ground), "E_KEY_EXPIRED");
}

/// Nothing is accepted by it any more that could record the time.
#[test]
fn the_time_at_which_a_key_was_refused_as_expired_is_remembered() {
    let ours = pair();
    let ground = ground();
    let public = ours.pk.to_base64();
    ground.trust(&[entry_of(
        "ours",
        &public,
        "\"all\"",
        "2020-01-01",
        "2025-01-01",
    )]);
    sign(&ours, &file(&ground), &comment(PLANNER, PLANNER_VERSION));
    assert_eq!(outcome(&ground), "E_KEY_EXPIRED");
    let record = std::fs::read_to_string(ground.aside.file("state/accepted.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!(record["content"]["highest"], serde_json::json!({}));
    // Far behind the key's last day, which was one of 2025.
    assert!(record["content"]["newest_s"].as_u64().unwrap() > 1_767_225_600);
}
