use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::*;

/// Told to the test binary when it is started to write until it is killed.
const WRITE_IN: &str = "STATE_TEST_WRITES_IN";

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Seen {
    versions: BTreeMap<String, u64>,
}

impl Document for Seen {
    const NAME: &'static str = "seen";
    const VERSION: u32 = 1;
}

fn private() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// All entries hold one number: a torn or mixed document would show two.
fn set_all(seen: &mut Seen, number: u64) {
    for name in 0..200 {
        seen.versions.insert(format!("planner_{name}"), number);
    }
}

#[test]
fn what_was_remembered_is_recalled_by_another_user_of_the_folder() {
    let folder = private();
    let path = folder.path().join("deep/state");
    let written = StateFolder::at(path.clone())
        .update(|seen: &mut Seen| _ = seen.versions.insert("risk_planner".to_owned(), 3))
        .unwrap();
    let recalled: Seen = StateFolder::at(path.clone()).read().unwrap();
    assert_eq!(recalled, written);
    assert_eq!(recalled.versions["risk_planner"], 3);
    assert_eq!(names(&path), ["seen.json", "turn"]);
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        [mode(path.clone()), mode(path.join("seen.json"))],
        [0o700, 0o600]
    );
}

#[test]
fn nothing_is_created_by_reading_or_where_nothing_is_kept() {
    let folder = private();
    let path = folder.path().join("state");
    let read: Seen = StateFolder::at(path.clone()).read().unwrap();
    assert_eq!(read, Seen::default());
    let off = StateFolder::off();
    let changed = off.update(|seen| set_all(seen, 1)).unwrap();
    assert_eq!(changed.versions.len(), 200);
    assert_eq!(off.read::<Seen>().unwrap(), Seen::default());
    assert!(!path.exists());
}

#[test]
fn a_damaged_document_is_set_aside_whole_and_begun_anew() {
    let folder = private();
    let file = folder.path().join("seen.json");
    for damaged in [
        "",
        "{",
        "[]",
        r#"{"version":1}"#,
        r#"{"version":1,"content":{"versions":7}}"#,
    ] {
        std::fs::write(&file, damaged).unwrap();
        let state = StateFolder::at(folder.path().to_owned());
        assert_eq!(state.read::<Seen>().unwrap(), Seen::default());
        let kept: Vec<_> = names(folder.path());
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert!(kept[0].starts_with("seen.damaged-"), "{kept:?}");
        let aside = folder.path().join(&kept[0]);
        assert_eq!(std::fs::read_to_string(&aside).unwrap(), damaged);
        std::fs::remove_file(aside).unwrap();
    }
}

/// A document that keeps something out.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Kept {
    out: Vec<u64>,
}

impl Document for Kept {
    const NAME: &'static str = "kept";
    const VERSION: u32 = 1;
    const BEGUN_ANEW: bool = false;
}

#[test]
fn a_damaged_document_that_keeps_something_out_is_neither_used_nor_touched() {
    let folder = private();
    let file = folder.path().join("kept.json");
    let state = StateFolder::at(folder.path().to_owned());
    for damaged in ["", "{", r#"{"version":1,"content":{}}"#] {
        std::fs::write(&file, damaged).unwrap();
        let errors = [
            state.read::<Kept>().unwrap_err(),
            state
                .update(|kept: &mut Kept| kept.out.push(1))
                .unwrap_err(),
        ];
        assert_eq!(
            errors.each_ref().map(StateError::code),
            ["E_STATE_DAMAGED"; 2]
        );
        assert_eq!(std::fs::read_to_string(&file).unwrap(), damaged);
    }
}

#[test]
fn a_document_of_a_newer_version_is_neither_used_nor_touched() {
    let folder = private();
    let file = folder.path().join("seen.json");
    let newer = r#"{"version":2,"content":{"else":1}}"#;
    std::fs::write(&file, newer).unwrap();
    let state = StateFolder::at(folder.path().to_owned());
    let errors = [
        state.read::<Seen>().unwrap_err(),
        state
            .update(|seen: &mut Seen| set_all(seen, 1))
            .unwrap_err(),
    ];
    assert_eq!(
        errors.each_ref().map(StateError::code),
        ["E_STATE_NEWER"; 2]
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), newer);
}

#[test]
fn a_folder_or_file_that_others_could_have_changed_is_not_used() {
    let folder = private();
    let path = folder.path().join("state");
    let state = StateFolder::at(path.clone());
    state.update(|seen: &mut Seen| set_all(seen, 1)).unwrap();
    let file = path.join("seen.json");
    let chmod = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for (what, bad, good) in [(&path, 0o755, 0o700), (&file, 0o666, 0o600)] {
        chmod(what, bad);
        let error = state.read::<Seen>().unwrap_err();
        assert_eq!(error.code(), "E_STATE_NOT_OURS", "{error}");
        chmod(what, good);
        assert_eq!(state.read::<Seen>().unwrap().versions.len(), 200);
    }
    let other = folder.path().join("other");
    std::os::unix::fs::symlink(&path, &other).unwrap();
    let error = StateFolder::at(other).read::<Seen>().unwrap_err();
    assert_eq!(error.code(), "E_STATE_NOT_OURS", "{error}");
}

#[test]
fn changes_of_many_threads_are_all_kept() {
    let folder = private();
    let state = StateFolder::at(folder.path().to_owned());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let state = &state;
            scope.spawn(move || {
                for round in 0..10 {
                    let add = |seen: &mut Seen| {
                        seen.versions.insert(format!("{thread}-{round}"), round);
                    };
                    state.update(add).unwrap();
                }
            });
        }
    });
    assert_eq!(state.read::<Seen>().unwrap().versions.len(), 40);
}

#[test]
fn a_writer_that_is_killed_leaves_the_old_document_or_the_new_one() {
    if let Some(folder) = std::env::var_os(WRITE_IN) {
        write_until_killed(&StateFolder::at(folder.into()));
    }
    let folder = private();
    let state = StateFolder::at(folder.path().to_owned());
    let mut newest = 0;
    for round in 0..200_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("state::tests::a_writer_that_is_killed_leaves_the_old_document_or_the_new_one")
            .env(WRITE_IN, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // It writes on while it is killed; each round lets it come a little further.
        let written = lines.map(Result::unwrap).filter(|line| line == "written");
        let count = usize::try_from(1 + round % 4).unwrap();
        assert_eq!(written.take(count).count(), count, "the child ended early");
        child.kill().unwrap();
        child.wait().unwrap();
        let seen: Seen = state.read().unwrap();
        let mut numbers: Vec<u64> = seen.versions.values().copied().collect();
        assert_eq!(numbers.len(), 200);
        numbers.dedup();
        assert_eq!(numbers.len(), 1, "two documents are mixed: {numbers:?}");
        assert!(numbers[0] > newest, "{numbers:?} was to follow {newest}");
        newest = numbers[0];
    }
    let left = names(folder.path());
    assert!(
        left.iter()
            .all(|name| ["seen.json", "seen.staged", "turn"].contains(&name.as_str())),
        "{left:?}"
    );
}

fn write_until_killed(state: &StateFolder) -> ! {
    loop {
        let next = |seen: &mut Seen| {
            let newest = seen.versions.values().max().copied().unwrap_or(0);
            set_all(seen, newest + 1);
        };
        state.update(next).unwrap();
        println!("written");
    }
}
