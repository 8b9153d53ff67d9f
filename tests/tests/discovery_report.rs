//! Reports show what discovery did: the fingerprint, what changed since it was last looked, and what
//! went wrong with what is remembered.

use std::path::Path;

use plugin_api::API_VERSION;
use registry::{Progress, Registry};
use serde_json::{Value, json};
use tests::{PluginFolder, RegistryCommand, manifest_source, set_mode};

fn plain(name: &str) -> String {
    manifest_source(name, API_VERSION.major, API_VERSION.minor)
}

fn command(arguments: &[&str], folder: &PluginFolder, cache: &Path) -> RegistryCommand {
    RegistryCommand::new(arguments)
        .env("FACTORY_ALLOWED_PLANNERS", "some_planner")
        .env("FACTORY_CACHE_DIR", &cache.to_string_lossy())
        .plugin_dir(folder.path())
}

/// What the last line of `list` says of the discovery, and all that `diagnose` does.
fn look(folder: &PluginFolder, cache: &Path) -> (String, Value) {
    // The report first, as either look changes what the next one is compared with.
    let report = command(&["diagnose", "--json"], folder, cache).run();
    assert_eq!(
        (report.code, report.stderr.as_str()),
        (0, ""),
        "{report:#?}"
    );
    let list = command(&["list"], folder, cache).run();
    let words: Vec<_> = list.stdout.trim_end().rsplitn(3, " · ").collect();
    (words[1].to_owned(), report.json()["discovery"].clone())
}

#[test]
fn a_new_process_compares_with_what_the_one_before_left_in_the_cache() {
    let folder = PluginFolder::new().with_c("some.so", &plain("some_planner"));
    let cache = tempfile::tempdir().unwrap();
    set_mode(cache.path(), 0o700);
    let (line, first) = look(&folder, cache.path());
    assert_eq!(first["unchanged"], Value::Null);
    assert_eq!(first["file_counts"]["read"], 1);
    assert_eq!(first["cache_problem"], Value::Null);
    let fingerprint = first["fingerprint"].as_str().unwrap();
    assert_eq!(fingerprint.len(), 64);
    assert_eq!(
        line,
        format!("fingerprint {} (unchanged)", &fingerprint[..8])
    );

    let folder = folder.with_c("other.so", &plain("other_planner"));
    let (line, second) = look(&folder, cache.path());
    assert_eq!(second["unchanged"], false);
    assert_ne!(second["fingerprint"], fingerprint);
    let mut counts = second["file_counts"].clone();
    counts["read"].take();
    assert_eq!(
        counts,
        json!({"added": 1, "changed": 0, "removed": 0, "unchanged": 1, "read": null})
    );
    let shown = &second["fingerprint"].as_str().unwrap()[..8];
    assert_eq!(line, format!("fingerprint {shown} (unchanged)"));

    std::fs::remove_file(folder.file("other.so")).unwrap();
    let list = command(&["list"], &folder, cache.path()).run();
    let expected = format!("fingerprint {} (1 removed) · ", &fingerprint[..8]);
    assert!(list.stdout.contains(&expected), "{list:#?}");
}

#[test]
fn without_contents_there_is_no_fingerprint_and_without_a_cache_nothing_to_compare_with() {
    let folder = PluginFolder::new().with_c("some.so", &plain("some_planner"));
    let list = command(&["list"], &folder, Path::new("off"))
        .env("FACTORY_DEEP_FINGERPRINT", "0")
        .run();
    assert!(
        list.stdout
            .contains(" in 1 folder · fingerprint na (first look) · "),
        "{list:#?}"
    );
}

#[test]
fn who_waits_for_a_discovery_can_see_how_far_it_has_come_and_it_is_made_once() {
    let folder = PluginFolder::new()
        .with_c("some.so", &plain("some_planner"))
        .with_file("junk.so", b"junk");
    let builder = Registry::builder().plugin_dir(folder.path());
    let registry = builder.allow(["some_planner"]).build().unwrap();
    assert_eq!(registry.progress(), Progress::default());
    registry.ensure_discovered().unwrap();
    assert_eq!(registry.progress(), Progress::new(2, 2));
    let folder = folder.with_file("more.so", b"more");
    registry.ensure_discovered().unwrap();
    assert_eq!(registry.diagnose().unwrap().files.refused.len(), 1);
    registry.discover().unwrap();
    assert_eq!(registry.progress(), Progress::new(3, 3));
    assert_eq!(registry.diagnose().unwrap().files.refused.len(), 2);
    drop(folder);
}

#[test]
fn a_long_discovery_writes_nothing_into_pipes() {
    // Each is hashed whole although it is no plugin, and takes no room on the disk.
    let folder = PluginFolder::new();
    for number in 0..5 {
        let file = std::fs::File::create(folder.file(&format!("{number}.so"))).unwrap();
        file.set_len(255 << 20).unwrap();
    }
    let health = command(&["health", "--json"], &folder, Path::new("off")).run();
    assert_eq!(
        (health.code, health.stderr.as_str()),
        (1, ""),
        "{health:#?}"
    );
    assert_eq!(health.json()["absent"], 1);
}

#[test]
fn a_cache_that_cannot_be_used_is_in_the_report_with_code_and_remedy() {
    let folder = PluginFolder::new().with_c("some.so", &plain("some_planner"));
    let cache = tempfile::tempdir().unwrap();
    set_mode(cache.path(), 0o777);
    let report = command(&["diagnose"], &folder, cache.path()).run();
    assert!(
        report.stdout.contains(
            "\nDISCOVERY\n  E_CACHE_NOT_OURS  nothing is remembered from or for other processes\n"
        ),
        "{report:#?}"
    );
    let report = command(&["diagnose", "--json"], &folder, cache.path()).run();
    let problem = &report.json()["discovery"]["cache_problem"];
    assert_eq!(problem["code"], "E_CACHE_NOT_OURS");
    assert_eq!(
        problem["remedy"],
        "Set FACTORY_CACHE_DIR to a folder of this user, or to off."
    );
}
