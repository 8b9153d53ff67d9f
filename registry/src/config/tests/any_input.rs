//! No input, however odd, panics or breaks the lines of a report.

use std::{ffi::OsString, os::unix::ffi::OsStringExt};

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

/// Text that looks enough like values to get past the first check.
fn value_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..40),
        "[-+0-9.eEinfNa]{0,12}(ms|s|m|h)?".prop_map(String::into_bytes),
        "[a-zA-Z_,:\u{1b}\u{202e} ]{0,30}".prop_map(String::into_bytes),
    ]
}

fn variable() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        select(rows().filter_map(Row::variable).collect::<Vec<_>>())
            .prop_map(|variable| variable.as_bytes().to_vec()),
        vec(any::<u8>(), 0..20).prop_map(|rest| [b"FACTORY_", rest.as_slice()].concat()),
    ]
}

fn toml() -> impl Strategy<Value = String> {
    let section = select(vec![
        "discovery",
        "trust",
        "select",
        "heal",
        "log",
        "planners",
        "planners.abc",
        "x",
    ]);
    let key = select(vec![
        "plugin_dirs",
        "allowed",
        "min_reliability",
        "blocking",
        "level",
        "timeout",
        "config",
        "y",
    ]);
    let value = prop_oneof![
        "[-+0-9.e_]{1,10}",
        "\"[^\"\\\\]{0,20}\"",
        select(vec![
            "true",
            "nan",
            "-inf",
            "[]",
            "[1, 'a']",
            "{ a = { b = [nan] } }",
            "1979-05-27",
            "0xffff_ffff_ffff",
        ])
        .prop_map(str::to_owned),
    ];
    vec((section, key, value), 0..6).prop_map(|entries| {
        let lines = entries
            .into_iter()
            .map(|(section, key, value)| format!("{section}.{key} = {value}\n"));
        lines.collect()
    })
}

/// Loads, and holds the report of a refusal to its form: one clean line for each problem.
fn check(loader: &Loader) {
    if let Err(error) = loader.load() {
        let text = error.to_string();
        let heading = usize::from(error.problems().len() > 1);
        assert_eq!(
            text.lines().count(),
            error.problems().len() + heading,
            "{text:?}"
        );
        for line in text.lines() {
            assert_eq!(crate::scrub::escape(line), line);
        }
    }
}

proptest! {
    #[test]
    fn any_environment_is_judged(pairs in vec((variable(), value_bytes()), 0..5)) {
        let pairs = pairs
            .into_iter()
            .filter(|(name, _)| name != b"FACTORY_CONFIG")
            .map(|(name, value)| (OsString::from_vec(name), OsString::from_vec(value)));
        check(&Config::loader().env(Environment::from_pairs(pairs)));
    }

    #[test]
    fn any_bytes_in_a_file_are_judged(bytes in vec(any::<u8>(), 0..200)) {
        let folder = Folder::new();
        check(&Config::loader().file(folder.write("a.toml", bytes)));
    }

    #[test]
    fn any_settings_in_a_file_are_judged(text in toml()) {
        let folder = Folder::new();
        check(&Config::loader().file(folder.write("a.toml", text)));
    }

    #[test]
    fn any_value_of_the_builder_is_judged(key in ".{0,30}", value in value_bytes()) {
        let value = OsString::from_vec(value);
        check(&Config::loader().overrides(Values::new().set(&key, &value)));
        for row in rows() {
            check(&Config::loader().overrides(Values::new().set(row.key(), &value)));
        }
    }
}
