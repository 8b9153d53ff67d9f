//! The configuration as a whole, through its public boundary.

use std::{fs, path::PathBuf};

use super::*;

fn with_variables<const N: usize>(pairs: [(&str, &str); N]) -> Loader {
    Config::loader().env(Environment::from_pairs(pairs))
}

#[test]
fn a_bad_variable_is_named_with_its_value_and_what_is_allowed() {
    let error = with_variables([("FACTORY_MIN_RELIABILITY", "abc")])
        .load()
        .unwrap_err();
    assert_eq!(error.code(), "E_CONFIG");
    assert_eq!(
        error.to_string(),
        "invalid configuration: FACTORY_MIN_RELIABILITY=abc: not a number; allowed: 0 to 1"
    );
}

#[test]
fn the_example_lists_every_variable_with_its_default() {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.env.example"));
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        env_example(),
        "write the right side into .env.example"
    );
}
