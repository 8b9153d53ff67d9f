//! What a host meets: every reason with its code, at discovery and when a planner is loaded.

use minisign::KeyPair;
use registry::diagnose::{GateKind, KeyState};
use registry::{Registry, SignatureStanding};
use tests::{PluginFolder, fixture};

use crate::{Ground, NAME, VERSION, comment, entry, entry_of, pair, sign};

/// The code by which the plugin is refused, or `ok`; the same from `verify`, `explain` and `get`.
fn outcome(ground: &Ground, required: bool) -> String {
    let registry = Registry::builder()
        .plugin_dir(ground.plugins.path())
        .allow([NAME])
        .set("trust.trusted_keys", ground.keys_file())
        .set("trust.require_signature", if required { "1" } else { "0" })
        .build()
        .unwrap();
    let verified = registry.verify(NAME);
    let by_name = verified.map_or_else(|error| error.code(), |_| "ok");
    let verified = registry.verify_file(ground.plugin());
    let by_file = verified.map_or_else(|error| error.code(), |_| "ok");
    let explanation = registry.explain(NAME).unwrap();
    let mut gates = explanation.gates.iter();
    let gate = gates.find(|gate| gate.gate == GateKind::Signature).unwrap();
    let explained = gate.problem.as_ref().map_or("ok", |problem| problem.code);
    assert_eq!((by_name, explained), (by_file, by_file), "{explanation:#?}");
    if by_file != "ok" {
        assert_eq!(registry.get(NAME).unwrap_err().code(), by_file);
    }
    by_file.to_owned()
}

/// The outcome for a plugin that `pair` signed, with these keys trusted.
fn signed_by(pair: &KeyPair, entries: &[String]) -> String {
    let ground = Ground::new();
    ground.trust(entries);
    ground.sign(pair, &comment(NAME, VERSION));
    let required = outcome(&ground, true);
    assert_eq!(outcome(&ground, false), required);
    required
}

#[test]
fn each_key_that_does_not_count_is_refused_with_its_own_code() {
    let (ours, other) = (pair(), pair());
    let public = ours.pk.to_base64();
    let within = |planners: &str, from: &str, to: &str| {
        signed_by(&ours, &[entry_of("ours", &public, planners, from, to)])
    };
    assert_eq!(within("\"all\"", "2020-01-01", "3020-01-01"), "ok");
    assert_eq!(
        within("\"all\"", "2020-01-01", "2020-12-31"),
        "E_KEY_EXPIRED"
    );
    assert_eq!(
        within("\"all\"", "3020-01-01", "3020-12-31"),
        "E_KEY_NOT_YET_VALID"
    );
    assert_eq!(
        within("[\"other_planner\"]", "2020-01-01", "3020-01-01"),
        "E_KEY_NOT_FOR_NAME"
    );
    assert_eq!(
        within("[\"signed_planner\"]", "2020-01-01", "3020-01-01"),
        "ok"
    );
    let of_other = entry("other", &other.pk.to_base64());
    assert_eq!(
        signed_by(&ours, std::slice::from_ref(&of_other)),
        "E_KEY_UNKNOWN"
    );
    assert_eq!(signed_by(&ours, &[of_other, entry("ours", &public)]), "ok");
}

#[test]
fn each_signature_that_does_not_fit_is_refused_with_its_own_code() {
    let ours = pair();
    let ground = Ground::new();
    ground.trust(&[entry("ours", &ours.pk.to_base64())]);
    assert_eq!(outcome(&ground, false), "ok");
    assert_eq!(outcome(&ground, true), "E_SIGNATURE_MISSING");
    for (comment, code) in [
        (comment(NAME, VERSION), "ok"),
        (comment("other_planner", VERSION), "E_SIGNED_OTHER_NAME"),
        (comment(NAME, "0.9.0"), "E_SIGNED_OTHER_VERSION"),
        ("timestamp:1".to_owned(), "E_SIGNATURE_CLAIM"),
    ] {
        ground.sign(&ours, &comment);
        assert_eq!(outcome(&ground, true), code, "{comment}");
        assert_eq!(outcome(&ground, false), code, "{comment}");
    }
    ground.sign(&ours, &comment(NAME, VERSION));
    let mut bytes = std::fs::read(ground.plugin()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(ground.plugin(), bytes).unwrap();
    assert_eq!(outcome(&ground, true), "E_SIGNATURE_INVALID");

    ground.sign(&ours, &comment(NAME, VERSION));
    let target = ground.plugins.file("elsewhere");
    std::fs::rename(ground.signature(), &target).unwrap();
    std::os::unix::fs::symlink(&target, ground.signature()).unwrap();
    assert_eq!(outcome(&ground, true), "E_SIGNATURE_UNREADABLE");
    std::fs::remove_file(ground.signature()).unwrap();
    std::fs::create_dir(ground.signature()).unwrap();
    assert_eq!(outcome(&ground, true), "E_SIGNATURE_UNREADABLE");
    std::fs::remove_dir(ground.signature()).unwrap();
    std::fs::write(ground.signature(), "x".repeat(20_000)).unwrap();
    assert_eq!(outcome(&ground, true), "E_SIGNATURE_MALFORMED");
}

#[test]
fn a_required_signature_without_keys_and_a_missing_file_of_keys_are_told_as_such() {
    let ground = Ground::new();
    let builder = || {
        Registry::builder()
            .plugin_dir(ground.plugins.path())
            .allow([NAME])
            .set("trust.require_signature", "1")
    };
    let registry = builder().build().unwrap();
    assert_eq!(registry.get(NAME).unwrap_err().code(), "E_NO_TRUSTED_KEYS");
    let error = builder()
        .set("trust.trusted_keys", ground.keys_file())
        .build()
        .unwrap_err();
    assert_eq!(error.code(), "E_TRUSTED_KEYS");
    assert_eq!(
        error.to_string(),
        format!(
            "trusted keys {}: no such file",
            ground.keys_file().display()
        )
    );
}

#[test]
fn an_unsigned_file_in_an_earlier_folder_never_shadows_a_signed_one() {
    let (ours, theirs) = (pair(), pair());
    let (first, second) = (Ground::new(), Ground::new());
    second.trust(&[entry("ours", &ours.pk.to_base64())]);
    second.sign(&ours, &comment(NAME, VERSION));
    let chosen = || {
        let registry = Registry::builder()
            .plugin_dir(first.plugins.path())
            .plugin_dir(second.plugins.path())
            .allow([NAME])
            .set("trust.trusted_keys", second.keys_file())
            .set("trust.require_signature", "1")
            .build()
            .unwrap();
        registry.verify(NAME).unwrap()
    };
    assert_eq!(chosen().path, second.plugin());
    first.sign(&theirs, &comment(NAME, VERSION));
    assert_eq!(chosen().path, second.plugin());
    first.sign(&ours, &comment(NAME, VERSION));
    assert_eq!(chosen().path, first.plugin());
}

/// The signature that discovery judged is not the one that counts when the planner is loaded.
#[test]
fn what_is_loaded_is_judged_again() {
    let ours = pair();
    let ground = Ground::new();
    let plugins = PluginFolder::new().with(&fixture("well_behaved"));
    let file = plugins.file("libwell_behaved.so");
    let version = registry::inspect(&file)
        .unwrap()
        .manifest()
        .version
        .to_string();
    sign(&ours, &file, &comment("well_behaved", &version));
    ground.trust(&[entry("ours", &ours.pk.to_base64())]);
    let registry = || {
        Registry::builder()
            .plugin_dir(plugins.path())
            .allow(["well_behaved"])
            .set("trust.trusted_keys", ground.keys_file())
            .set("trust.require_signature", "1")
            .build()
            .unwrap()
    };
    let signed = registry();
    signed.get("well_behaved").unwrap();
    let SignatureStanding::Signed(key) = signed.verify("well_behaved").unwrap().signature else {
        panic!("it is signed");
    };
    assert_eq!(key.name, "ours");
    let keys = signed.diagnose().unwrap().signatures.keys;
    assert_eq!((keys[0].id, keys[0].state), (key.id, KeyState::Valid));

    let late = registry();
    late.discover().unwrap();
    sign(&pair(), &file, &comment("well_behaved", &version));
    assert_eq!(
        late.get("well_behaved").unwrap_err().code(),
        "E_KEY_UNKNOWN"
    );
    // Who runs already goes on until the next discovery.
    signed.get("well_behaved").unwrap();
    signed.discover().unwrap();
    assert_eq!(
        signed.get("well_behaved").unwrap_err().code(),
        "E_KEY_UNKNOWN"
    );
}
