//! What the command prints of it, and how it ends.

use super::*;

fn command(folder: &Path, subject: &str) -> RegistryCommand {
    RegistryCommand::new(&["explain", subject])
        .env("FACTORY_ALLOWED_PLANNERS", "some_planner,other_planner")
        .plugin_dir(folder)
}

#[test]
fn the_command_shows_the_gates_and_ends_with_1_when_one_refuses() {
    let folder = PluginFolder::new().with_c("some.so", &plain("some_planner"));
    let fine = command(folder.path(), "some_planner").run();
    assert_eq!((fine.code, fine.stderr.as_str()), (0, ""), "{fine:#?}");
    assert!(
        fine.stdout.contains("passes all 12 gates\n  ✓  name "),
        "{fine:#?}"
    );
    assert!(
        fine.stdout.contains("note: names alone are checked, "),
        "{fine:#?}"
    );

    let absent = command(folder.path(), "other_planner")
        .env("LANG", "C")
        .run();
    assert_eq!(
        (absent.code, absent.stderr.as_str()),
        (1, ""),
        "{absent:#?}"
    );
    assert_eq!(
        absent.stdout,
        "this command's own view; no running host was asked\n\
         other_planner  —  —  REFUSED at gate 3 of 12, path\n  \
         ✓  name       other_planner\n  \
         ✓  allowlist  on trust.allowed, from FACTORY_ALLOWED_PLANNERS (environment); not on trust.blocked\n  \
         ✗  path       E_ABSENT: no file in the plugin folders declares this name\n                \
         Copy its library into a plugin folder, or take its name off the allowlist.\n  \
         ·  library    not reached\n  \
         ·  manifest   not reached\n  \
         ·  lock       not reached\n  \
         ·  signature  not reached\n  \
         ·  version    not reached\n  \
         ·  unique     not reached\n  \
         ·  hold       not reached\n  \
         ·  start      not reached\n  \
         ·  breaker    not reached\n  \
         note: names alone are checked, since there is no lock and no signature is required\n  \
         next:  registry diagnose --verbose  see the folders and every file in them that is refused\n"
    );
    let unknown = command(folder.path(), "some_planer").run();
    assert_eq!((unknown.code, unknown.stdout.as_str()), (1, ""));
    assert_eq!(
        unknown.stderr,
        "error[E_UNKNOWN_PLANNER]: no planner named \"some_planer\"\n  \
         did you mean \"some_planner\"?\n  see: registry list\n"
    );
}

#[test]
fn machines_get_the_same_gates_with_a_schema() {
    let folder = PluginFolder::new().with_file("junk.so", b"junk");
    let file = folder.file("junk.so");
    let answer = RegistryCommand::new(&["explain", &file.to_string_lossy(), "--json"])
        .plugin_dir(folder.path())
        .run();
    assert_eq!(
        (answer.code, answer.stderr.as_str()),
        (1, ""),
        "{answer:#?}"
    );
    let json = answer.json();
    assert_eq!(json["schema"], 1);
    assert_eq!(json["planner"], serde_json::Value::Null);
    assert_eq!(json["path"], *file.to_string_lossy());
    assert_eq!(json["refused_by"], "library");
    assert_eq!(json["checked_by"], serde_json::json!(["name"]));
    assert_eq!(json["gates"][0]["verdict"], "not_reached");
    assert_eq!(json["gates"][3]["problem"]["code"], "E_NOT_A_LIBRARY");
}
