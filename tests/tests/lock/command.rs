//! `registry lock`: writing, comparing, updating and checking.

use std::os::unix::fs::PermissionsExt;

use tests::{Answer, RegistryCommand, set_mode};

use crate::ground::{FILE, Ground, NAME, VERSION, outcome, with_version};

fn run(ground: &Ground, arguments: &[&str]) -> Answer {
    RegistryCommand::new(arguments)
        .plugin_dir(ground.plugins.path())
        .env("FACTORY_ALLOWED_PLANNERS", NAME)
        .env("FACTORY_LOCK_FILE", &ground.lock().to_string_lossy())
        .env("FACTORY_STATE_DIR", &ground.state().to_string_lossy())
        .run()
}

fn hex(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_string()
}

#[test]
fn a_first_lock_is_written_and_a_second_run_finds_nothing_to_do() {
    let ground = Ground::new();
    let (path, digest) = (ground.lock(), hex(&ground.bytes()));
    let path = path.display();
    assert_eq!(
        run(&ground, &["lock"]).text(),
        format!("{path}: written, with 1 planner\n  + {NAME} {VERSION} blake3:{digest}\n")
    );
    let text = std::fs::read_to_string(ground.lock()).unwrap();
    assert!(text.ends_with(&format!(
        "schema = 1\n\n[planners.{NAME}]\n\n[planners.{NAME}.versions]\n\"{VERSION}\" = [\n    \"blake3:{digest}\",\n]\n"
    )));
    let mode = std::fs::metadata(ground.lock())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o7777, 0o644);
    for arguments in [&["lock"][..], &["lock", "--check"], &["lock", "--update"]] {
        assert_eq!(
            run(&ground, arguments).text(),
            format!("{path}: as it is found, with 1 planner\n")
        );
    }
    assert_eq!(std::fs::read_to_string(ground.lock()).unwrap(), text);
    assert_eq!(outcome(&ground.registry()), "ready");
}

#[test]
fn a_difference_is_printed_with_1_and_written_only_when_asked_for() {
    let ground = Ground::locked();
    let (old, before) = (hex(&ground.bytes()), std::fs::read(ground.lock()).unwrap());
    ground.install(&with_version(&ground.bytes(), "0.4.0"));
    let new = hex(&ground.bytes());
    let lines = format!("  - {NAME} {VERSION} blake3:{old}\n  + {NAME} 0.4.0 blake3:{new}\n");
    for arguments in [&["lock"][..], &["lock", "--check"]] {
        let answer = run(&ground, arguments);
        assert_eq!(answer.code, 1, "{answer:#?}");
        assert_eq!(
            answer.stdout,
            format!(
                "{}: differs from what is found\n{lines}  next: registry lock --update\n",
                ground.lock().display()
            )
        );
        assert_eq!(std::fs::read(ground.lock()).unwrap(), before);
    }
    assert_eq!(outcome(&ground.registry()), "E_LOCK_VERSION");
    let answer = run(&ground, &["lock", "--update", NAME, "--json"]);
    assert_eq!(answer.code, 0, "{answer:#?}");
    let json = answer.json();
    assert_eq!(
        (&json["schema"], &json["written"]),
        (&1.into(), &true.into())
    );
    assert_eq!(json["changes"][1]["what"], format!("0.4.0 blake3:{new}"));
    assert_eq!(outcome(&ground.registry()), "ready");
}

#[test]
fn adding_a_file_skips_the_digest_gate_alone() {
    let ground = Ground::locked();
    let old = ground.bytes();
    ground.install(&with_version(&old, "0.4.0"));
    let file = ground.file();
    let file = file.to_str().unwrap();
    run(&ground, &["lock", "--add", file]).text();
    assert_eq!(outcome(&ground.registry()), "ready");
    assert_eq!(
        ground
            .read_lock()
            .entry(&NAME.parse().unwrap())
            .unwrap()
            .versions()
            .count(),
        2
    );
    // The older one is listed still, and going back is another gate's business.
    ground.install(&old);
    let answer = run(&ground, &["lock", "--add", file]);
    assert_eq!(answer.code, 1);
    assert!(
        answer.stderr.starts_with("error[E_DOWNGRADE]: "),
        "{answer:#?}"
    );
    let junk = ground.home().join("junk.so");
    std::fs::write(&junk, b"junk").unwrap();
    let answer = run(&ground, &["lock", "--add", junk.to_str().unwrap()]);
    assert!(
        answer.stderr.starts_with("error[E_NOT_A_LIBRARY]: "),
        "{answer:#?}"
    );
    let other = RegistryCommand::new(&["lock", "--add", file])
        .env("FACTORY_LOCK_FILE", &ground.lock().to_string_lossy())
        .run();
    assert!(
        other.stderr.starts_with("error[E_NOT_ALLOWED]: "),
        "{other:#?}"
    );
}

#[test]
fn what_is_revoked_is_refused_and_no_update_brings_it_back() {
    let ground = Ground::locked();
    let digest = format!("blake3:{}", hex(&ground.bytes()));
    run(&ground, &["lock", "--revoke", &digest]).text();
    assert_eq!(outcome(&ground.registry()), "E_DIGEST_REVOKED");
    let answer = run(&ground, &["lock", "--update"]);
    assert!(answer.stdout.contains("E_DIGEST_REVOKED"), "{answer:#?}");
    assert_eq!(outcome(&ground.registry()), "E_DIGEST_REVOKED");
    run(&ground, &["lock", "--revoke", "00aa11bb22cc33dd"]).text();
    let keys: Vec<_> = ground
        .read_lock()
        .revoked_keys()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(keys, ["00AA11BB22CC33DD"]);
    let answer = run(&ground, &["lock", "--revoke", "x"]);
    assert_eq!(
        (answer.code, answer.stdout.as_str()),
        (2, ""),
        "{answer:#?}"
    );
}

#[test]
fn a_lock_that_cannot_be_used_is_not_overwritten() {
    let ground = Ground::locked();
    ground.write_lock("schema = 1\nmine = true\n");
    for arguments in [&["lock"][..], &["lock", "--check"], &["lock", "--update"]] {
        let answer = run(&ground, arguments);
        let (code, stderr) = answer.refusal();
        assert_eq!(code, 1);
        assert!(stderr.starts_with("error[E_LOCK_MALFORMED]: "), "{stderr}");
    }
    assert_eq!(
        std::fs::read_to_string(ground.lock()).unwrap(),
        "schema = 1\nmine = true\n"
    );
}

#[test]
fn no_lock_is_begun_that_would_accept_nothing_because_other_gates_refuse_all_that_is_found() {
    let ground = Ground::new();
    set_mode(&ground.file(), 0o666);
    let (path, file) = (ground.lock(), ground.file());
    for arguments in [&["lock"][..], &["lock", "--update"]] {
        let answer = run(&ground, arguments);
        assert_eq!((answer.code, ground.lock().exists()), (1, false));
        let (path, file) = (path.display(), file.display());
        assert_eq!(
            answer.stdout,
            format!(
                "{path}: not written, for other gates refuse all that is found\n  note: {file} is not let in: the file \
                 can be changed by other users (mode 0666) (E_FILE_WRITABLE_BY_OTHERS)\n"
            )
        );
    }
    set_mode(&ground.file(), 0o644);
    assert!(run(&ground, &["lock"]).text().contains("written, with 1"));
}

#[test]
fn an_update_by_name_keeps_the_entry_of_a_planner_whose_file_another_gate_refuses() {
    let ground = Ground::locked();
    let before = std::fs::read(ground.lock()).unwrap();
    ground.install(&with_version(&ground.bytes(), "0.4.0"));
    set_mode(&ground.file(), 0o666);
    let answer = run(&ground, &["lock", "--update", NAME]);
    let (code, stderr) = answer.refusal();
    assert_eq!(code, 1);
    assert!(
        stderr.starts_with("error[E_FILE_WRITABLE_BY_OTHERS]: "),
        "{stderr}"
    );
    assert_eq!(std::fs::read(ground.lock()).unwrap(), before);
}

#[test]
fn checking_without_a_lock_fails_and_a_lost_one_is_forgotten_only_when_asked_for() {
    let ground = Ground::locked();
    assert_eq!(outcome(&ground.registry()), "ready");
    run(&ground, &["lock", "--check"]).text();
    let answer = run(&ground, &["lock", "--forget"]);
    assert!(
        answer.text().ends_with("nothing to forget\n"),
        "{answer:#?}"
    );
    std::fs::remove_file(ground.lock()).unwrap();
    let answer = run(&ground, &["lock", "--check"]);
    assert_eq!(
        (answer.code, ground.lock().exists()),
        (1, false),
        "{answer:#?}"
    );
    let told = format!(
        "{}: there is none; so it would be written\n  + {NAME} {VERSION} blake3:{}\n  next: registry lock\n",
        ground.lock().display(),
        hex(&ground.bytes())
    );
    assert_eq!(answer.stdout, told);
    assert_eq!(outcome(&ground.registry()), "E_LOCK_MISSING");
    run(&ground, &["lock", "--forget"]).text();
    assert_eq!(outcome(&ground.registry()), "ready");
}

#[test]
fn what_is_in_the_lock_but_not_found_is_told_and_goes_only_by_name() {
    let ground = Ground::locked();
    let bytes = ground.bytes();
    std::fs::remove_file(ground.file()).unwrap();
    let answer = run(&ground, &["lock", "--check"]);
    let note = format!("  note: {NAME} is in the lock, and no file of it was found\n");
    assert!(answer.text().ends_with(&note), "{answer:#?}");
    let report = run(&ground, &["diagnose"]);
    let told = format!("in the lock, but not in the catalog: {NAME}");
    assert!(report.text().contains(&told), "{report:#?}");
    let gone = format!("  - {NAME} {VERSION} blake3:{}\n", hex(&bytes));
    let answer = run(&ground, &["lock", "--update", NAME]);
    assert!(answer.text().contains(&gone), "{answer:#?}");
    assert_eq!(ground.read_lock().planners().len(), 0);
    let answer = run(&ground, &["lock", "--update", "well_behavd"]);
    assert!(
        answer
            .refusal()
            .1
            .contains("did you mean \"well_behaved\"?"),
        "{answer:#?}"
    );
}

#[test]
fn explain_and_diagnose_name_the_lock_its_entry_and_the_next_command() {
    let ground = Ground::locked();
    let lock = ground.lock();
    let lock = lock.display();
    let answer = run(&ground, &["explain", NAME]);
    let entry = format!("{lock}: [planners.{NAME}.versions]");
    let passed = format!("{entry} \"{VERSION}\", its digest is accepted");
    assert!(answer.text().contains(&passed), "{answer:#?}");
    assert!(
        answer
            .text()
            .contains(&format!("{VERSION}; none was accepted before"))
    );
    let report = run(&ground, &["diagnose"]);
    let told = format!("lock {lock}, with 1 planner; not required");
    assert!(report.text().contains(&told), "{report:#?}");
    ground.install(&[ground.bytes().as_slice(), b"more"].concat());
    let answer = run(&ground, &["explain", NAME]);
    assert_eq!(answer.code, 1);
    for part in [
        "REFUSED at gate 6 of 12, lock",
        "E_DIGEST_MISMATCH",
        &entry,
        "registry lock --check",
        "registry lock --add ",
    ] {
        assert!(answer.stdout.contains(part), "{part:?} in {answer:#?}");
    }
    // A file that discovery has not seen is judged by its digest, too.
    let stray = ground.home().join(FILE);
    std::fs::copy(ground.file(), &stray).unwrap();
    let answer = run(&ground, &["explain", stray.to_str().unwrap(), "--json"]);
    assert_eq!(answer.json()["refused_by"], "lock", "{answer:#?}");
}

/// Written over, what was revoked meanwhile would be accepted again.
#[test]
fn a_lock_that_was_changed_since_it_was_read_is_left_as_it_is() {
    let ground = Ground::locked();
    let accepted = ground.read_lock();
    let proposal = ground.registry().propose_lock().unwrap();
    let mut revoking = accepted.clone();
    assert!(revoking.revoke("00AA11BB22CC33DD"));
    revoking.write(&ground.lock()).unwrap();
    assert_eq!(
        proposal.write(&accepted).unwrap_err().code(),
        "E_LOCK_CHANGED"
    );
    assert_eq!(ground.read_lock(), revoking);
    let proposal = ground.registry().propose_lock().unwrap();
    proposal.write(&accepted).unwrap();
    assert_eq!(ground.read_lock(), accepted);
    // So is one that was begun where there was none.
    std::fs::remove_file(ground.lock()).unwrap();
    let proposal = ground.registry().propose_lock().unwrap();
    revoking.write(&ground.lock()).unwrap();
    assert_eq!(
        proposal.write(&accepted).unwrap_err().code(),
        "E_LOCK_CHANGED"
    );
}
