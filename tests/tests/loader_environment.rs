//! The environment of a process leads no plugin to other libraries, and reports say what it tries.

use std::path::Path;

use plugin_api::API_VERSION;
use tests::{Answer, PluginFolder, RegistryCommand, c_library, fixture, manifest_source};

/// The library that says in a file that it ran.
const MARKING: &str = "#include <stdio.h>\n\
    #include <stdlib.h>\n\
    double only_in_this_one(double x) { return x; }\n\
    double cos(double x) { return x; }\n\
    __attribute__((constructor)) static void mark(void) {\n\
        FILE *file = fopen(getenv(\"MARK\"), \"w\");\n\
        if (file) fclose(file);\n\
    }\n";

/// Asks for a plan of `name` with `libraries` in front of the system's.
fn plan(name: &str, folder: &PluginFolder, libraries: &Path, mark: &Path) -> Answer {
    RegistryCommand::new(&["--json", "plan", name, "Split the billing module"])
        .plugin_dir(folder.path())
        .env("FACTORY_ALLOWED_PLANNERS", name)
        .env("FACTORY_ISOLATION", "in-process")
        .env("LD_LIBRARY_PATH", libraries.to_str().unwrap())
        .env("MARK", mark.to_str().unwrap())
        .run()
}

/// A library that carries a manifest, needs one that the command itself does not, and calls `function`.
fn needs_libdl(folder: &PluginFolder, name: &str, function: &str, libraries: &Path) {
    let source = format!(
        "{}double {function}(double);\n\
         double planner(double x) {{ return {function}(x); }}\n",
        manifest_source(name, API_VERSION.major, API_VERSION.minor)
    );
    let beside = format!("-L{}", libraries.display());
    let flags = [
        "-fno-builtin",
        &beside,
        "-Wl,--no-as-needed",
        "-l:libdl.so.2",
    ];
    let file = c_library(folder.path(), &format!("{name}.so"), &source, &flags);
    tests::set_mode(&file, 0o644);
}

#[test]
fn a_needed_library_in_the_search_path_is_passed_over_for_the_systems() {
    let libraries = PluginFolder::new();
    c_library(
        libraries.path(),
        "libdl.so.2",
        MARKING,
        &["-Wl,-soname,libdl.so.2"],
    );
    let folder = PluginFolder::new();
    needs_libdl(&folder, "honest_planner", "cos", libraries.path());
    needs_libdl(
        &folder,
        "relying_planner",
        "only_in_this_one",
        libraries.path(),
    );
    let mark = libraries.file("mark");
    // The first one is mapped, and found to be no plugin; the second one lacks what it relies on.
    for (name, code) in [
        ("honest_planner", "E_NO_ROOT"),
        ("relying_planner", "E_OPEN"),
    ] {
        let answer = plan(name, &folder, libraries.path(), &mark);
        assert_eq!(answer.code, 1, "{answer:#?}");
        assert!(
            answer.stdout.contains(code) || answer.stderr.contains(code),
            "{answer:#?}"
        );
        assert!(
            !mark.exists(),
            "{name} ran code of the library in the search path"
        );
    }
}

#[test]
fn a_library_that_the_process_itself_took_from_the_search_path_is_no_ground_for_a_plugin() {
    let libraries = PluginFolder::new();
    let unwinder = "/lib/x86_64-linux-gnu/libgcc_s.so.1";
    std::fs::copy(unwinder, libraries.file("libgcc_s.so.1")).unwrap();
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let answer = plan(
        "well_behaved",
        &folder,
        libraries.path(),
        &libraries.file("mark"),
    );
    assert_eq!(answer.code, 1, "{answer:#?}");
    let told = format!("{}{}", answer.stdout, answer.stderr);
    assert!(told.contains("E_LIBRARY_REDIRECTED"), "{answer:#?}");
    // A search path that leads to nothing of the kind harms nobody.
    let empty = PluginFolder::new();
    let answer = plan(
        "well_behaved",
        &folder,
        empty.path(),
        &libraries.file("mark"),
    );
    assert_eq!(answer.code, 0, "{answer:#?}");
}

#[test]
fn variables_that_change_loading_stand_in_the_report_and_end_a_load_where_that_is_asked_for() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let command = |arguments: &[&str]| {
        RegistryCommand::new(arguments)
            .plugin_dir(folder.path())
            .env("FACTORY_ALLOWED_PLANNERS", "well_behaved")
            .env("LD_BIND_NOT", "1")
    };
    let report = command(&["--json", "diagnose"]).run().json();
    let found = &report["loading"]["loader_variables"];
    assert_eq!(found, &serde_json::json!(["LD_BIND_NOT"]), "{report}");
    let text = command(&["diagnose"]).run();
    assert!(
        text.text()
            .contains("started with  LD_BIND_NOT, which change what loading means"),
        "{text:#?}"
    );
    let planned = ["plan", "well_behaved", "Split the billing module"];
    assert_eq!(command(&planned).run().code, 0);
    let refused = command(&planned)
        .env("FACTORY_REFUSE_LOADER_VARIABLES", "1")
        .run();
    let (code, told) = refused.refusal();
    assert_eq!(code, 1);
    assert!(told.contains("E_LOADER_VARIABLES"), "{told}");
}

#[test]
fn a_library_that_would_capture_the_next_ones_name_is_refused_unopened() {
    let folder = PluginFolder::new();
    for (file, soname) in [
        ("descriptor.so", "/proc/self/fd/57"),
        ("system.so", "libm.so.6"),
    ] {
        let source = manifest_source("capturing_planner", API_VERSION.major, API_VERSION.minor);
        let flag = format!("-Wl,-soname,{soname}");
        let path = c_library(folder.path(), file, &source, &[&flag]);
        let refused = registry::inspect(&path).unwrap_err();
        assert_eq!(refused.code(), "E_BAD_SONAME", "{soname}");
    }
}
