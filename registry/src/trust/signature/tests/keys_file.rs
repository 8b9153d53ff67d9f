//! What a file of trusted keys may hold, and which files are read at all.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use crate::config::{Config, Values};
use crate::trust::signature::testing::{Publisher, edited, keys};
use crate::trust::signature::{KeysError, Signatures, Signs};

fn told(text: &str) -> String {
    keys(text).unwrap_err().to_string()
}

fn read(path: &Path) -> Result<Signatures, KeysError> {
    let values = Values::new().set("trust.trusted_keys", path);
    Signatures::read(&Config::loader().overrides(values).load().unwrap())
}

#[test]
fn a_key_is_read_with_all_that_it_is_trusted_with() {
    let (first, second) = (Publisher::new(), Publisher::new());
    let text = [
        first.entry("release-2026.a"),
        second.entry_of(
            "llm",
            "[\"llm_planner\", \"Risk_Planner\"]",
            "\"2026-02-01\"",
            "2026-03-01T00:00:00Z",
        ),
    ]
    .concat();
    let keys = keys(&text).unwrap();
    let rows: Vec<_> = keys
        .iter()
        .map(|key| {
            (
                key.name().to_owned(),
                key.id(),
                key.signs().to_string(),
                key.not_before().as_str().to_owned(),
                key.not_after().as_str().to_owned(),
            )
        })
        .collect();
    let row = |name: &str, publisher: &Publisher, signs: &str, from: &str, to: &str| {
        let [name, signs, from, to] = [name, signs, from, to].map(str::to_owned);
        (name, publisher.id(), signs, from, to)
    };
    assert_eq!(
        rows,
        [
            row(
                "release-2026.a",
                &first,
                "all planners",
                "2026-01-01",
                "2027-12-31"
            ),
            row(
                "llm",
                &second,
                "llm_planner, risk_planner",
                "2026-02-01",
                "2026-03-01T00:00:00Z"
            ),
        ]
    );
    assert_eq!(*keys.iter().next().unwrap().signs(), Signs::All);
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_what_is_allowed() {
    let publisher = Publisher::new();
    let entry = publisher.entry("release");
    let with = |from: &str, to: &str| {
        assert!(entry.contains(from), "{from} in {entry}");
        told(&entry.replacen(from, to, 1))
    };
    let fields = "name, public, planners, not_before and not_after, all of them";
    let moment = "a day like 2026-12-31, or a moment with its offset like 2026-12-31T18:00:00Z; from 1970 on";
    for (told, expected) in [
        (with("not_after", "not_aftr"), format!("key 1, not_aftr: unknown field; allowed: {fields}")),
        (with("not_after = 2027-12-31\n", ""), format!("key 1, not_after: missing; allowed: {fields}")),
        (with("2027-12-31", "2027-12-31T10:00:00"), format!("key 1, not_after: not a day or a moment; allowed: {moment}")),
        (with("2027-12-31", "20271231"), format!("key 1, not_after: not a day or a moment; allowed: {moment}")),
        (with("2027-12-31", "2025-12-31"), "key 1, not_after: the key is never valid; allowed: a not_after that is not before not_before".to_owned()),
        (with("\"release\"", "\"a b\""), "key 1, name: not a name; allowed: 1 to 64 letters, digits, '.', '_' and '-'".to_owned()),
        (with("\"RW", "\"RX"), "key 1, public: not a public key; allowed: the second line of a public key file of minisign's, RW…".to_owned()),
        (with("\"all\"", "\"everything\""), "key 1, planners: not a list of planners; allowed: \"all\", or a list of planner names".to_owned()),
        (with("\"all\"", "[]"), "key 1, planners: not a list of planners; allowed: \"all\", or a list of planner names".to_owned()),
        (with("\"all\"", "[\"a b\"]"), "key 1, planners: not a list of planners; allowed: \"all\", or a list of planner names".to_owned()),
        (with("[[key]]", "trust = 1\n[[key]]"), "trust: unknown key; allowed: [[key]] alone".to_owned()),
        (with("[[key]]", "[key]"), "key: not a list of keys; allowed: [[key]], from 1 to 1000 times".to_owned()),
        (told(""), "key: not a list of keys; allowed: [[key]], from 1 to 1000 times".to_owned()),
    ] {
        assert_eq!(told, expected);
    }
    assert!(told("[[key]").starts_with("not valid TOML at line 1, column "));
}

#[test]
fn no_two_keys_share_a_name_or_are_one_and_the_same() {
    let (first, second) = (Publisher::new(), Publisher::new());
    let twice = |a: String, b: String| told(&[a, b].concat());
    assert_eq!(
        twice(first.entry("a"), second.entry("a")),
        "key 2, name: given twice; allowed: one [[key]] for each name, key number and public key"
    );
    let same =
        "key 2, public: given twice; allowed: one [[key]] for each name, key number and public key";
    assert_eq!(twice(first.entry("a"), first.entry("b")), same);
    // The same key under another number, by which it would outlive its revocation.
    let renumbered = edited(&first.public(), |bytes| bytes[2] ^= 1);
    let renumbered = first.entry("b").replace(&first.public(), &renumbered);
    let found = keys(&[first.entry("a"), renumbered].concat());
    assert_eq!(found.unwrap_err().to_string(), same);
}

#[test]
fn only_a_file_that_nobody_else_could_have_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    let shown = path.display().to_string();
    let error = read(&path).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string()),
        (
            "E_TRUSTED_KEYS",
            format!("trusted keys {shown}: no such file")
        )
    );
    fs::write(&path, Publisher::new().entry("release")).unwrap();
    let set_mode = |mode| fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    set_mode(0o644);
    assert_eq!(read(&path).unwrap().keys.unwrap().iter().count(), 1);

    set_mode(0o646);
    assert_eq!(
        read(&path).unwrap_err().to_string(),
        format!(
            "trusted keys {shown}: {shown} can be changed by other users (mode 0646); try chmod go-w"
        )
    );
    set_mode(0o644);
    let link = folder.path().join("link.toml");
    symlink(&path, &link).unwrap();
    assert_eq!(
        read(&link).unwrap_err().to_string(),
        format!(
            "trusted keys {link}: {link} is a symbolic link; allowed: the path it stands for",
            link = link.display()
        )
    );
    let user = rustix::process::geteuid().as_raw();
    if chown(&path, Some(65_534), None).is_ok() {
        assert_eq!(
            read(&path).unwrap_err().to_string(),
            format!(
                "trusted keys {shown}: {shown} is owned by user 65534; allowed: root and user {user}"
            )
        );
    } else {
        // Only root can give files away; nobody else meets a foreign file here.
        assert_ne!(user, 0);
    }
}

#[test]
fn no_file_is_read_where_none_is_configured() {
    let signatures = Signatures::read(&Config::loader().load().unwrap()).unwrap();
    assert!(signatures.keys.is_none());
    assert!(!signatures.are_wanted());
}
