//! Which bytes a lock lets run, and what it says of others.

use registry::{LockRefusal, Registry};
use tests::{PluginFolder, fixture};

use crate::ground::{FILE, Ground, NAME, VERSION, lock_refusal, outcome, with_version};

/// A registry that knows no digest before it loads.
fn shallow(ground: &Ground) -> Registry {
    let builder = ground.builder().set("discovery.deep_fingerprint", "0");
    builder.build().unwrap()
}

fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_string()
}

#[test]
fn what_the_lock_accepts_runs_and_other_bytes_are_refused_with_both_digests() {
    let ground = Ground::locked();
    assert_eq!(outcome(&ground.registry()), "ready");
    let old = ground.bytes();
    let new = [old.as_slice(), b"more"].concat();
    ground.install(&new);
    for registry in [ground.registry(), shallow(&ground)] {
        let refusal = lock_refusal(&registry);
        assert_eq!(refusal.code(), "E_DIGEST_MISMATCH");
        assert_eq!(
            refusal.to_string(),
            format!(
                "the digest of \"{NAME}\" is not in the lock: expected blake3:{}, found blake3:{}",
                digest(&old),
                digest(&new)
            )
        );
    }
}

/// Who asks why, before anybody loads it, gets the verdict that a load would get.
#[test]
fn what_a_load_would_refuse_is_explained_although_discovery_hashed_nothing() {
    let ground = Ground::locked();
    let explained = || shallow(&ground).explain(NAME).unwrap();
    let passed = explained();
    assert_eq!(passed.refused_by, None);
    assert_eq!(
        passed.digest.unwrap(),
        format!("blake3:{}", digest(&ground.bytes()))
    );
    ground.install(&[ground.bytes().as_slice(), b"more"].concat());
    let refused = explained();
    let (gate, code) = (refused.refused_by, refused.refusal().unwrap().1);
    assert_eq!(gate.unwrap().label(), "lock");
    assert_eq!(code.problem.as_ref().unwrap().code, "E_DIGEST_MISMATCH");
}

#[test]
fn a_planner_or_version_that_the_lock_does_not_know_is_refused() {
    let ground = Ground::new();
    ground.write_lock("schema = 1\n");
    assert_eq!(lock_refusal(&ground.registry()).code(), "E_NOT_LOCKED");
    ground.accept_found();
    ground.install(&with_version(&ground.bytes(), "0.4.0"));
    let refusal = lock_refusal(&ground.registry());
    let LockRefusal::Version { found, listed, .. } = &refusal else {
        panic!("{refusal}");
    };
    assert_eq!(found.to_string(), "0.4.0");
    assert_eq!(
        listed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [VERSION]
    );
    assert_eq!(refusal.code(), "E_LOCK_VERSION");
    let told = format!(
        "version 0.4.0 of \"{NAME}\" is not in the lock; it accepts {VERSION}; found blake3:{}",
        blake3::hash(&ground.bytes())
    );
    assert_eq!(refusal.to_string(), told);
}

#[test]
fn a_version_below_the_lowest_and_revoked_bytes_are_refused_although_the_digest_is_listed() {
    let ground = Ground::locked();
    let text = std::fs::read_to_string(ground.lock()).unwrap();
    let entry = format!("[planners.{NAME}]\n");
    ground.write_lock(&text.replacen(&entry, &format!("{entry}min_version = \"0.3.1\"\n"), 1));
    assert_eq!(
        lock_refusal(&ground.registry()).code(),
        "E_BELOW_MIN_VERSION"
    );
    let revoked = digest(&ground.bytes());
    ground.write_lock(&format!(
        "{text}\n[revoked]\ndigests = [\"blake3:{revoked}\"]\n"
    ));
    for registry in [ground.registry(), shallow(&ground)] {
        assert_eq!(lock_refusal(&registry).code(), "E_DIGEST_REVOKED");
    }
}

#[test]
fn two_digests_let_old_and_new_run_until_the_old_one_is_dropped() {
    let ground = Ground::locked();
    let old = ground.bytes();
    let new = with_version(&old, "0.4.0");
    let mut lock = ground.read_lock();
    lock.add(
        &NAME.parse().unwrap(),
        &"0.4.0".parse().unwrap(),
        blake3::hash(&new),
    );
    lock.write(&ground.lock()).unwrap();
    assert_eq!(outcome(&ground.registry()), "ready");
    ground.install(&new);
    assert_eq!(outcome(&ground.registry()), "ready");
    ground.accept_found();
    assert_eq!(outcome(&ground.registry()), "ready");
    ground.install(&old);
    assert_eq!(outcome(&ground.registry()), "E_LOCK_VERSION");
}

#[test]
fn a_running_planner_whose_bytes_are_revoked_is_retired_by_the_next_discovery() {
    for deep in ["0", "1"] {
        let ground = Ground::locked();
        let builder = ground.builder().set("discovery.deep_fingerprint", deep);
        let registry = builder.build().unwrap();
        assert_eq!(outcome(&registry), "ready");
        let mut lock = ground.read_lock();
        assert!(lock.revoke(&format!("blake3:{}", digest(&ground.bytes()))));
        lock.write(&ground.lock()).unwrap();
        let report = registry.discover().unwrap();
        assert_eq!(report.retired.shut_down, 1);
        assert_eq!(outcome(&registry), "E_DIGEST_REVOKED");
    }
}

#[test]
fn a_file_that_the_lock_does_not_accept_does_not_shadow_one_that_it_does() {
    let first = PluginFolder::new().with_own(&fixture(NAME), "tampered");
    let ground = Ground::locked();
    let beside = ground.plugins.file("beside.so");
    // Whether discovery hashes what it finds or not, in an earlier folder or in the same one.
    for (deep, same_folder) in [("1", false), ("0", false), ("1", true), ("0", true)] {
        let builder = Registry::builder();
        let (builder, tampered) = if same_folder {
            std::fs::copy(first.file(FILE), &beside).unwrap();
            (builder, beside.clone())
        } else {
            (builder.plugin_dir(first.path()), first.file(FILE))
        };
        let registry = builder
            .plugin_dir(ground.plugins.path())
            .allow([NAME])
            .set("trust.lock_file", ground.lock())
            .set("discovery.deep_fingerprint", deep)
            .build()
            .unwrap();
        assert_eq!(registry.get(NAME).unwrap().path(), Some(&*ground.file()));
        let refused = &registry.diagnose().unwrap().files.refused;
        let refused: Vec<_> = refused
            .iter()
            .map(|file| (file.path.clone(), file.problem.code))
            .collect();
        assert_eq!(refused, [(tampered, "E_DIGEST_MISMATCH")]);
    }
}
