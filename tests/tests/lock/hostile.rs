//! Locks and state files that somebody else may have made: they let nothing run, and are reported.

use std::os::unix::fs::{chown, symlink};

use registry::Registry;
use registry::diagnose::LockState;
use tests::{RegistryCommand, set_mode};

use crate::ground::{FILE, Ground, NAME, outcome};

/// The code with which the planner is refused, which the diagnosis tells as well.
fn refused(registry: &Registry) -> &'static str {
    let code = outcome(registry);
    let lock = registry.diagnose().unwrap().lock;
    assert_eq!(lock.state, LockState::Unusable);
    assert_eq!(lock.problem.unwrap().code, code);
    code
}

#[test]
fn a_lock_that_others_could_have_changed_refuses_everything() {
    let ground = Ground::locked();
    for mode in [0o666, 0o646] {
        set_mode(&ground.lock(), mode);
        assert_eq!(refused(&ground.registry()), "E_LOCK_NOT_OURS");
    }
    set_mode(&ground.lock(), 0o644);
    set_mode(ground.home(), 0o777);
    assert_eq!(refused(&ground.registry()), "E_LOCK_NOT_OURS");
    set_mode(ground.home(), 0o700);
    assert_eq!(outcome(&ground.registry()), "ready");
    let elsewhere = ground.home().join("elsewhere");
    std::fs::rename(ground.lock(), &elsewhere).unwrap();
    symlink(&elsewhere, ground.lock()).unwrap();
    assert_eq!(refused(&ground.registry()), "E_LOCK_NOT_OURS");
}

#[test]
fn a_lock_of_another_user_refuses_everything() {
    let ground = Ground::locked();
    let user = rustix::process::geteuid();
    if chown(ground.lock(), Some(65_534), None).is_err() {
        // Only root can give files away; nobody else meets a foreign file here.
        assert!(!user.is_root());
        return;
    }
    assert_eq!(refused(&ground.registry()), "E_LOCK_NOT_OURS");
    let reason = ground
        .registry()
        .diagnose()
        .unwrap()
        .lock
        .problem
        .unwrap()
        .reason;
    assert!(reason.contains("is owned by user 65534"), "{reason}");
}

#[test]
fn a_malformed_lock_refuses_everything_and_names_the_line() {
    let ground = Ground::locked();
    ground.write_lock("schema = 1\n\n[planner.well_behaved]\n");
    let registry = ground.registry();
    assert_eq!(refused(&registry), "E_LOCK_MALFORMED");
    let reason = registry.diagnose().unwrap().lock.problem.unwrap().reason;
    assert_eq!(
        reason,
        format!(
            "the lock {} is malformed: line 3: unknown field `planner`, expected one of `schema`, `planners`, `revoked`",
            ground.lock().display()
        )
    );
}

#[test]
fn a_lock_that_was_in_force_and_is_gone_refuses_everything_until_that_is_forgotten() {
    let ground = Ground::locked();
    assert_eq!(outcome(&ground.registry()), "ready");
    std::fs::remove_file(ground.lock()).unwrap();
    assert_eq!(refused(&ground.registry()), "E_LOCK_MISSING");
    assert!(ground.registry().forget_lock().unwrap());
    assert_eq!(outcome(&ground.registry()), "ready");
    assert!(!ground.registry().forget_lock().unwrap());
}

#[test]
fn a_required_lock_must_be_there() {
    let ground = Ground::new();
    let requiring = || {
        ground
            .builder()
            .set("trust.require_lock", "1")
            .build()
            .unwrap()
    };
    assert_eq!(refused(&requiring()), "E_LOCK_REQUIRED");
    ground.accept_found();
    assert_eq!(outcome(&requiring()), "ready");
    let off = ground.builder().set("trust.require_lock", "1");
    let off = off.set("trust.lock_file", "off").build().unwrap();
    assert_eq!(refused(&off), "E_LOCK_REQUIRED");
}

/// The command in a working directory that holds `lock`.
fn explain(ground: &Ground, lock: &str, required: &str) -> (i32, String) {
    let answer = RegistryCommand::new(&["explain", NAME, "--json"])
        .plugin_dir(ground.plugins.path())
        .env("FACTORY_ALLOWED_PLANNERS", NAME)
        .env("FACTORY_REQUIRE_LOCK", required)
        .working_file("plugins.lock", lock)
        .run();
    let json = answer.json();
    let gates = json["gates"].as_array().unwrap();
    let lock = gates.iter().find(|gate| gate["gate"] == "lock").unwrap();
    let code = lock["problem"]["code"].as_str().unwrap_or("passed");
    (answer.code, code.to_owned())
}

#[test]
fn a_lock_in_the_working_directory_restricts_and_vouches_for_nothing() {
    let ground = Ground::locked();
    let good = std::fs::read_to_string(ground.lock()).unwrap();
    assert_eq!(explain(&ground, &good, "0"), (0, "passed".to_owned()));
    assert_eq!(
        explain(&ground, "schema = 1\n", "0"),
        (1, "E_NOT_LOCKED".to_owned())
    );
    assert_eq!(
        explain(&ground, "mine!", "0"),
        (1, "E_LOCK_MALFORMED".to_owned())
    );
    assert_eq!(
        explain(&ground, &good, "1"),
        (1, "E_LOCK_REQUIRED".to_owned())
    );
}

#[test]
fn a_lock_beside_the_configuration_vouches_and_a_setting_in_the_working_directory_moves_nothing() {
    let ground = Ground::locked();
    let good = std::fs::read_to_string(ground.lock()).unwrap();
    let command = || {
        RegistryCommand::new(&["explain", NAME])
            .plugin_dir(ground.plugins.path())
            .config(&format!(
                "[trust]\nallowed = [\"{NAME}\"]\nrequire_lock = true\n"
            ))
    };
    let answer = command().home_file("plugins.lock", &good).run();
    assert_eq!(answer.code, 0, "{answer:#?}");
    // `granting.toml` lies in the same folder, so that its lock is the one there.
    let answer = command()
        .home_file("elsewhere/plugins.lock", &good)
        .working_file(
            "registry.toml",
            "[trust]\nlock_file = \"elsewhere/plugins.lock\"\n",
        )
        .run();
    assert_eq!(answer.code, 1, "{answer:#?}");
    assert!(answer.stdout.contains("E_LOCK_REQUIRED"), "{answer:#?}");
    assert!(
        answer.stderr.contains("trust.lock_file is ignored"),
        "{answer:#?}"
    );
}

#[test]
fn a_state_that_others_could_have_changed_is_told_and_refuses_only_where_a_lock_is_required() {
    let ground = Ground::locked();
    assert_eq!(outcome(&ground.registry()), "ready");
    for (path, bad, good) in [
        (ground.state(), 0o755, 0o700),
        (ground.state().join("accepted.json"), 0o666, 0o600),
    ] {
        set_mode(&path, bad);
        let registry = ground.registry();
        assert_eq!(outcome(&registry), "ready");
        let problem = registry.diagnose().unwrap().lock.record_problem.unwrap();
        assert_eq!(problem.code, "E_STATE_NOT_OURS");
        let requiring = ground.builder().set("trust.require_lock", "1");
        assert_eq!(outcome(&requiring.build().unwrap()), "E_STATE_NOT_OURS");
        set_mode(&path, good);
    }
    assert!(ground.plugins.file(FILE).exists());
}

/// An empty record in its place would let old versions run, and forget that there was a lock.
#[test]
fn a_damaged_record_is_told_kept_and_refuses_where_proof_is_required() {
    let ground = Ground::locked();
    assert_eq!(outcome(&ground.registry()), "ready");
    let record = ground.state().join("accepted.json");
    let whole = std::fs::read_to_string(&record).unwrap();
    for damaged in [
        "",
        &whole[..whole.len() / 2],
        "{\"version\":1,\"content\":{\"highest\":7}}",
    ] {
        std::fs::write(&record, damaged).unwrap();
        let registry = ground.registry();
        assert_eq!(outcome(&registry), "ready");
        let problem = registry.diagnose().unwrap().lock.record_problem.unwrap();
        assert_eq!(problem.code, "E_STATE_DAMAGED");
        let requiring = ground.builder().set("trust.require_lock", "1");
        assert_eq!(outcome(&requiring.build().unwrap()), "E_STATE_DAMAGED");
        assert_eq!(
            ground.registry().forget_lock().unwrap_err().code(),
            "E_STATE_DAMAGED"
        );
        assert_eq!(std::fs::read_to_string(&record).unwrap(), damaged);
    }
    std::fs::write(&record, &whole).unwrap();
    let requiring = ground.builder().set("trust.require_lock", "1");
    assert_eq!(outcome(&requiring.build().unwrap()), "ready");
}
