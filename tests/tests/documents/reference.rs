//! The documents that are made from the code are as the code would make them.

use crate::text::Text;

#[track_caller]
fn assert_current(path: &str, made: &str) {
    let written = Text::read(path).text;
    assert!(
        written == made,
        "{path} is not what the code makes: run cargo reference"
    );
}

#[test]
fn the_schema_of_a_diagnosis_is_that_of_its_types() {
    let made = registry::diagnose::schema_text();
    assert_current("docs/diagnose.schema.json", &made);
}

#[test]
fn the_reference_of_settings_is_that_of_their_table() {
    let made = registry::config::markdown();
    assert_current("docs/configuration.md", &made);
    for row in registry::config::rows() {
        let name = row.key().rsplit('.').next().unwrap_or_default();
        let named = row.variable().unwrap_or(name);
        assert!(made.contains(&format!("`{named}`")), "{named}");
        assert!(made.contains(row.doc()), "{named}");
    }
}
