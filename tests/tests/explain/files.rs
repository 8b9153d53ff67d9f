//! Files that discovery has not seen, and ways that lead to one.

use super::*;

#[test]
fn a_file_that_discovery_has_not_seen_is_judged_by_itself_and_says_so() {
    let folder = PluginFolder::new().with_c("aside.so", &plain("aside_planner"));
    let outside = PluginFolder::new()
        .with_c("far.so", &plain("aside_planner"))
        .with_c("other.so", &plain("other_planner"));
    let registry = registry(&[&folder], &["aside_planner"]);
    registry.discover().unwrap();
    std::fs::copy(outside.file("far.so"), folder.file("aside.bin")).unwrap();
    let by_itself = [
        "+name",
        "+allowlist",
        "+path",
        "+library",
        "+manifest",
        "+lock",
        "+signature",
        "+version",
        "+hold",
    ];
    for (file, note) in [
        (
            outside.file("far.so"),
            "the file lies in no plugin folder: ",
        ),
        (
            folder.file("aside.bin"),
            "discovery has not looked at the file, ",
        ),
    ] {
        let explanation = registry.explain_file(&file).unwrap();
        assert_eq!(course(&explanation), by_itself, "{file:?}");
        assert_eq!(explanation.notes.len(), 1);
        assert!(explanation.notes[0].starts_with(note), "{explanation:?}");
    }
    let other = registry.explain_file(outside.file("other.so")).unwrap();
    assert_eq!(
        course(&other),
        [
            "+name",
            "-allowlist E_NOT_ALLOWED",
            "?path",
            "?library",
            "?manifest",
            "?lock",
            "?signature",
            "?version",
            "?hold"
        ]
    );
    let missing = registry.explain_file("/nowhere/x.so").unwrap();
    assert_eq!(
        course(&missing),
        [
            "?name",
            "?allowlist",
            "-path E_MISSING",
            "?library",
            "?manifest",
            "?lock",
            "?signature",
            "?version",
            "?hold"
        ]
    );
    assert_eq!(
        missing.gates[2].problem.as_ref().unwrap().remedy,
        "Check the path."
    );
}

#[test]
fn a_file_is_found_in_its_folder_whatever_way_leads_there() {
    let folder = PluginFolder::new().with_c("some.so", &plain("some_planner"));
    let other = PluginFolder::new();
    let link = other.file("link");
    std::os::unix::fs::symlink(folder.path(), &link).unwrap();
    let registry = registry(&[&folder], &["some_planner"]);
    for way in [link.join("some.so"), link.join("./x/..//some.so")] {
        std::fs::create_dir_all(folder.file("x")).unwrap();
        let explanation = registry.explain_file(&way).unwrap();
        assert_eq!(course(&explanation), stopped("nothing"), "{way:?}");
        assert_eq!(explanation.path.as_deref(), Some(&*folder.file("some.so")));
    }
}
