//! One verdict for each thing that can be wrong.

use std::time::Duration;

use crate::name::PlannerName;
use crate::trust::RevokedKey;
use crate::trust::signature::testing::{Case, Publisher, edited, time};
use crate::trust::signature::{SignatureStanding, Signatures};

/// What is told of a plugin that `change` did something to.
fn told(publisher: &Publisher, change: impl FnOnce(&mut Case)) -> String {
    let mut case = Case::signed_by(publisher, &publisher.entry("release"));
    change(&mut case);
    case.told()
}

#[test]
fn a_plugin_that_a_trusted_key_signed_passes_with_the_key_as_evidence() {
    let publisher = Publisher::new();
    let case = Case::signed_by(&publisher, &publisher.entry("release"));
    let Ok(SignatureStanding::Signed(key)) = case.judged() else {
        panic!("{}", case.told());
    };
    assert_eq!(
        (key.name.as_str(), key.id, key.not_after.as_str()),
        ("release", publisher.id(), "2027-12-31")
    );
    assert_eq!(
        case.told(),
        format!(
            "ok: signed with \"release\" ({}), valid to 2027-12-31",
            publisher.id()
        )
    );
}

#[test]
fn without_keys_nothing_is_judged_and_nothing_passes_that_must_be_signed() {
    let publisher = Publisher::new();
    let without_keys = |required| {
        told(&publisher, |case| {
            case.wanted = Signatures {
                required,
                ..Signatures::default()
            };
        })
    };
    assert_eq!(
        without_keys(false),
        "ok: not judged: no trusted keys are configured, and none is required"
    );
    assert_eq!(
        without_keys(true),
        "E_NO_TRUSTED_KEYS: a signature is required, but no trusted keys are configured"
    );
}

#[test]
fn a_missing_signature_passes_only_where_none_is_required_and_a_bad_one_nowhere() {
    let publisher = Publisher::new();
    let missing = |required| {
        told(&publisher, |case| {
            case.signature = None;
            case.wanted.required = required;
        })
    };
    assert_eq!(missing(false), "ok: unsigned, and no signature is required");
    assert_eq!(
        missing(true),
        "E_SIGNATURE_MISSING: a signature is required, and there is no file of this name with \
         .minisig behind it"
    );
    let bad = told(&publisher, |case| {
        case.wanted.required = false;
        case.bytes.push(b'!');
    });
    assert_eq!(
        bad,
        "E_SIGNATURE_INVALID: its signature by key \"release\" does not hold: these are not the \
         bytes that were signed"
    );
}

#[test]
fn what_is_no_signature_file_is_malformed_and_says_where() {
    let publisher = Publisher::new();
    let replaced = |from: &str, to: &str| {
        told(&publisher, |case| {
            let text = String::from_utf8(case.signature.take().unwrap()).unwrap();
            assert!(text.contains(from), "{from:?} in {text}");
            case.signature = Some(text.replacen(from, to, 1).into_bytes());
        })
    };
    let cases = [
        (
            replaced("untrusted comment: ", "comment: "),
            "its first line is no untrusted comment",
        ),
        (
            replaced("\ntrusted comment: ", "\ncomment: "),
            "its third line is no trusted comment",
        ),
        (
            replaced("a comment\n", "a comment\n\n"),
            "it has not four lines",
        ),
        (
            replaced("a comment\n", "a comment\r\n"),
            "its lines end as no line of minisign's does",
        ),
        (replaced("\nRU", "\nR*"), "its second line is no signature"),
        (replaced("\nRU", "\nQU"), "its algorithm is unknown"),
        (replaced("==\n", "=\n"), "its fourth line is no signature"),
        (
            told(&publisher, |case| case.signature = Some(Vec::new())),
            "it has not four lines",
        ),
        (
            told(&publisher, |case| case.signature = Some(vec![0xff])),
            "it is not UTF-8",
        ),
    ];
    for (told, what) in cases {
        assert_eq!(
            told,
            format!("E_SIGNATURE_MALFORMED: its signature file is malformed: {what}")
        );
    }
    // `Ed` in place of `ED`.
    assert_eq!(
        replaced("\nRU", "\nRW"),
        "E_SIGNATURE_LEGACY: its signature is of the old kind that is made without a hash of the file"
    );
}

#[test]
fn a_key_that_does_not_count_is_refused_with_its_own_reason() {
    let (publisher, other) = (Publisher::new(), Publisher::new());
    let id = publisher.id();
    let unknown = Case::signed_by(&publisher, &other.entry("release")).told();
    assert_eq!(
        unknown,
        format!("E_KEY_UNKNOWN: its signature names key {id}, which is not among the trusted keys")
    );
    let revoked_by = |entries: [String; 2]| {
        let entries = entries.map(|text| RevokedKey::parse(&text).unwrap());
        told(&publisher, |case| case.revoked = entries.into())
    };
    for revoked in [id.to_string(), publisher.public()] {
        assert_eq!(
            revoked_by([revoked, other.id().to_string()]),
            format!("E_KEY_REVOKED: its signature names key \"release\" ({id}), which is revoked")
        );
    }
    assert!(revoked_by([other.id().to_string(), other.public()]).starts_with("ok: signed"));

    let entry = publisher.entry_of("llm", "[\"llm_planner\"]", "2026-01-01", "2027-12-31");
    assert_eq!(
        Case::signed_by(&publisher, &entry).told(),
        "E_KEY_NOT_FOR_NAME: key \"llm\" may not sign plugins of \"risk_planner\""
    );
    let entry = entry.replace("[\"", "[\"Risk_Planner\", \"");
    assert!(
        Case::signed_by(&publisher, &entry)
            .told()
            .starts_with("ok: signed")
    );
}

/// Somebody else's key under the number of a trusted one.
#[test]
fn the_number_of_a_key_proves_nothing() {
    let (publisher, thief) = (Publisher::new(), Publisher::new());
    let told = told(&publisher, |case| {
        let forged = thief.sign(&case.bytes, "name=risk_planner version=1.2.0");
        let forged = String::from_utf8(forged).unwrap();
        let line = forged.lines().nth(1).unwrap();
        let number = u64::from_str_radix(&publisher.id().to_string(), 16).unwrap();
        let relabelled = edited(line, |bytes| {
            bytes[2..10].copy_from_slice(&number.to_le_bytes());
        });
        case.signature = Some(forged.replacen(line, &relabelled, 1).into_bytes());
    });
    assert!(told.starts_with("E_SIGNATURE_INVALID: "), "{told}");
}

#[test]
fn a_signature_of_another_planner_or_version_or_of_nothing_in_particular_is_refused() {
    let publisher = Publisher::new();
    let claimed = |comment: &str| {
        told(&publisher, |case| {
            case.signature = Some(publisher.sign(&case.bytes, comment));
        })
    };
    assert_eq!(
        claimed("name=llm_planner version=1.2.0"),
        "E_SIGNED_OTHER_NAME: its signature is for planner \"llm_planner\", and the file is of \
         \"risk_planner\""
    );
    for version in [
        "1.1.0",
        "1.2.0-rc.1",
        "1.2.0 ",
        "1.2.0 version=1.2.0",
        "1.2",
    ] {
        assert_eq!(
            claimed(&format!("name=risk_planner version={version}")),
            format!(
                "E_SIGNED_OTHER_VERSION: its signature is for version {version}, and the file is of \
                 version 1.2.0"
            )
        );
    }
    for comment in [
        "",
        "timestamp:1\tfile:x",
        "version=1.2.0 name=risk_planner",
        "name=risk_planner",
    ] {
        let told = claimed(comment);
        assert!(told.starts_with("E_SIGNATURE_CLAIM: "), "{told}");
    }
    assert_eq!(
        claimed("a\u{1b}[2Jb"),
        "E_SIGNATURE_CLAIM: its signature says \"a\\u{1b}[2Jb\", and not which planner in which \
         version was signed"
    );
}

#[test]
fn a_key_counts_from_its_first_moment_to_its_last() {
    let publisher = Publisher::new();
    let entry = publisher.entry_of(
        "release",
        "\"all\"",
        "2026-03-01",
        "2026-09-30T18:00:00+02:00",
    );
    let at = |now| {
        let mut case = Case::signed_by(&publisher, &entry);
        case.now = now;
        case.told()
    };
    let tick = Duration::from_nanos(1);
    let (first, last) = (time("2026-03-01"), time("2026-09-30T16:00:00Z"));
    let early = "E_KEY_NOT_YET_VALID: key \"release\" is not valid before 2026-03-01";
    let late = "E_KEY_EXPIRED: key \"release\" is not valid after 2026-09-30T18:00:00+02:00";
    assert_eq!(at(std::time::UNIX_EPOCH), early);
    assert_eq!(at(first - tick), early);
    assert!(at(first).starts_with("ok: signed"));
    assert!(at(last).starts_with("ok: signed"));
    assert_eq!(at(last + tick), late);
    assert_eq!(at(time("9999-12-31")), late);
}

#[test]
fn keys_rotate_without_a_gap() {
    let (old, new) = (Publisher::new(), Publisher::new());
    let both = [
        old.entry_of("2026", "\"all\"", "2026-01-01", "2026-12-31"),
        new.entry_of("2027", "\"all\"", "2026-12-01", "2027-12-31"),
    ]
    .concat();
    let told = |publisher: &Publisher, keys: &str, now: &str| {
        let mut case = Case::signed_by(publisher, keys);
        case.now = time(now);
        case.told().split(':').next().unwrap().to_owned()
    };
    for (now, of_old, of_new) in [
        ("2026-11-30", "ok", "E_KEY_NOT_YET_VALID"),
        ("2026-12-01", "ok", "ok"),
        ("2026-12-31", "ok", "ok"),
        ("2027-01-01", "E_KEY_EXPIRED", "ok"),
        ("2028-01-01", "E_KEY_EXPIRED", "E_KEY_EXPIRED"),
    ] {
        let found = (told(&old, &both, now), told(&new, &both, now));
        assert_eq!(found, (of_old.to_owned(), of_new.to_owned()), "{now}");
    }
    let new_alone = new.entry("2027");
    assert_eq!(told(&old, &new_alone, "2026-12-15"), "E_KEY_UNKNOWN");
}

#[test]
fn a_name_is_compared_as_it_stands() {
    let publisher = Publisher::new();
    let told = told(&publisher, |case| {
        case.name = PlannerName::parse("risk-planner").unwrap();
    });
    assert!(told.starts_with("E_SIGNED_OTHER_NAME: "), "{told}");
}
