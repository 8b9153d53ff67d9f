//! Plugins of other builds: other profile, other optimisation, and the next version of the interface.

use plugin_api::PlanRequest;
use registry::Registry;
use tests::{PluginFolder, RegistryCommand, compiled, fixture, program};
use xtask::artifacts::Build;

/// The fixture `well_behaved` of a build of its own.
fn built(folder: &str, configure: impl FnOnce(Build) -> Build, arguments: &[&str]) -> PluginFolder {
    let package = ["--package", "fixture-plugins", "--example", "well_behaved"];
    let arguments: Vec<_> = package.iter().chain(arguments).copied().collect();
    let build = configure(Build::new(&arguments));
    PluginFolder::new().with(&compiled(build, folder, "well_behaved", "example"))
}

/// A build against the next minor version of the interface.
fn next(build: Build) -> Build {
    build.env("RUSTFLAGS", "--cfg plugin_api_next")
}

#[test]
fn a_plugin_built_with_other_settings_by_a_call_of_its_own_loads_and_plans() {
    let folder = built(
        "fixtures-small",
        |build| build,
        &[
            "--release",
            "--config",
            "profile.release.opt-level='s'",
            "--config",
            "profile.release.codegen-units=1",
        ],
    );
    let builder = Registry::builder().plugin_dir(folder.path());
    let registry = builder.allow(["well_behaved"]).build().unwrap();
    let manifest = registry.describe("well_behaved").unwrap().manifest.unwrap();
    assert_eq!(manifest.build.profile, "release");
    let plan = registry
        .plan("well_behaved", &PlanRequest::new("Meet the other build"))
        .unwrap();
    assert_eq!(plan.objective(), "Meet the other build");
    assert_eq!(plan.stats().tasks, 2);
}

#[test]
fn the_manifest_section_survives_the_release_link() {
    let folder = built("fixtures-small", |build| build, &["--release"]);
    let candidate = registry::inspect(&folder.file("libwell_behaved.so")).unwrap();
    assert_eq!(
        candidate.manifest().description,
        "Says \"hello\" and plans\tcarefully \u{1b}[31m"
    );
    assert_eq!(candidate.manifest().reliability, Some(0.75));
}

#[test]
fn a_plugin_newer_than_the_host_is_refused_with_both_versions_named() {
    let folder = built("fixtures-next", next, &[]);
    let builder = Registry::builder().plugin_dir(folder.path());
    let registry = builder.allow(["well_behaved"]).build().unwrap();
    let error = registry.get("well_behaved").unwrap_err();
    assert_eq!(error.code(), "E_API_VERSION");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        cause,
        "plugin interface 1.1 of the file is not compatible with 1.0 of this host"
    );
    assert_eq!(
        error.remedy(),
        "Update the host, or build the plugin again with plugin-api 1.0."
    );
}

#[test]
fn a_plugin_whose_panic_would_end_the_host_is_refused_with_the_remedy() {
    let folder = built(
        "fixtures-abort",
        |build| build,
        &["--config", "profile.dev.panic='abort'"],
    );
    let builder = Registry::builder().plugin_dir(folder.path());
    let registry = builder.allow(["well_behaved"]).build().unwrap();
    let error = registry.get("well_behaved").unwrap_err();
    assert_eq!(error.code(), "E_PANIC_ABORTS");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        cause,
        "a panic in this plugin would end the process: it is built with panic = \"abort\""
    );
    assert_eq!(
        error.remedy(),
        "Build the plugin with panic = \"unwind\", or set `[planners.NAME] isolation` to worker."
    );
    let builder = Registry::builder().plugin_dir(folder.path());
    let registry = builder
        .allow(["well_behaved"])
        .set("isolation.policy", "worker")
        .set("isolation.worker_program", program())
        .build()
        .unwrap();
    let plan = registry.plan("well_behaved", &PlanRequest::new("Contain"));
    assert_eq!(plan.unwrap().tasks().len(), 2);
}

#[test]
fn a_plugin_of_today_loads_in_a_host_of_the_next_minor_version() {
    let host = compiled(
        next(Build::new(&["--package", "registry-cli"])),
        "fixtures-next",
        "registry",
        "bin",
    );
    let today = PluginFolder::new().with(&fixture("well_behaved"));
    let answer = RegistryCommand::of(
        &host,
        &["plan", "well_behaved", "Meet the newer host", "--json"],
    )
    .env("FACTORY_ALLOWED_PLANNERS", "well_behaved")
    .plugin_dir(today.path())
    .run();
    assert_eq!(answer.code, 0, "{answer:#?}");
    assert_eq!(answer.json()["plan"]["objective"], "Meet the newer host");

    // The same host says that it is newer, and that it takes a plugin of its own version too.
    let own = built("fixtures-next", next, &[]);
    let answer = RegistryCommand::of(&host, &["plan", "well_behaved", "Meet an equal", "--json"])
        .env("FACTORY_ALLOWED_PLANNERS", "well_behaved")
        .plugin_dir(own.path())
        .run();
    assert_eq!(answer.code, 0, "{answer:#?}");
    let diagnosis = RegistryCommand::of(&host, &["diagnose", "--json"])
        .run()
        .json();
    assert_eq!(diagnosis["api"]["minor"], 1);
}
