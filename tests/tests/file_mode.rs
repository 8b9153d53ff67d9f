//! Mapping the file itself: the same checks, and what an overwritten file leads to.

use std::fs;
use std::os::unix::fs::FileExt;

use registry::Registry;
use tests::{NAMES_ITS_BUILD, PluginFolder, RegistryCommand, name_of_build, named_build, set_mode};

fn registry(folder: &PluginFolder) -> Registry {
    let builder = Registry::builder().plugin_dir(folder.path());
    let builder = builder.allow([NAMES_ITS_BUILD]);
    builder.set("trust.bytes", "file").build().unwrap()
}

#[test]
fn the_file_is_mapped_new_files_are_new_libraries_and_one_written_over_is_refused() {
    let folder = PluginFolder::new().with_file("planner.so", &named_build("file mode 1"));
    let registry = registry(&folder);
    assert_eq!(name_of_build(&registry), "file mode 1");
    let mapped = registry.diagnose().unwrap().loading;
    assert_eq!((mapped.bytes, mapped.mapped.original_files), ("file", 1));
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    assert!(maps.contains(folder.file("planner.so").to_str().unwrap()));

    let staged = folder.file("staged");
    fs::write(&staged, named_build("file mode 2")).unwrap();
    set_mode(&staged, 0o644);
    fs::rename(staged, folder.file("planner.so")).unwrap();
    registry.discover().unwrap();
    assert_eq!(name_of_build(&registry), "file mode 2");

    // In place, of the same length and with the same code, since what runs of it goes on: emptying the
    // file first would crash this process, which is what this mode gives up.
    let file = fs::File::options()
        .write(true)
        .open(folder.file("planner.so"));
    file.unwrap()
        .write_all_at(&named_build("file mode 3"), 0)
        .unwrap();
    registry.discover().unwrap();
    let error = registry.get(NAMES_ITS_BUILD).unwrap_err();
    assert_eq!(error.code(), "E_ALREADY_MAPPED");

    let explained = registry.explain(NAMES_ITS_BUILD).unwrap();
    assert!(
        explained
            .notes
            .iter()
            .any(|note| note.starts_with("trust.bytes = \"file\"")),
        "{:?}",
        explained.notes
    );
}

#[test]
fn the_choice_stands_in_the_report() {
    let folder = PluginFolder::new();
    let answer = RegistryCommand::new(&["diagnose"])
        .plugin_dir(folder.path())
        .env("FACTORY_TRUST_BYTES", "file")
        .run();
    let line = "  mapped from  the files themselves: whoever may write one can change code while it runs\n";
    assert!(answer.text().contains(line), "{answer:#?}");
}
