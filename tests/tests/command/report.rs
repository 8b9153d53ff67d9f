//! The whole report: every planner, every file, and what to do next.

use std::path::Path;

use serde_json::json;
use tests::{PluginFolder, RegistryCommand, fixture, manifest_source, program, set_mode, shipped};

use crate::{each, timeless};

#[test]
fn diagnose_tells_of_every_planner_and_every_file() {
    let future = manifest_source("future_planner", 2, 0);
    let folder = PluginFolder::new()
        .with(&fixture("well_behaved"))
        .with_c("future.so", &future)
        .with_file("notes.so", b"some notes, and no library at all, but long")
        .with_file("README", b"");
    let diagnose = |arguments: &[&str]| {
        RegistryCommand::new(arguments)
            .plugin_dir(folder.path())
            .env(
                "FACTORY_ALLOWED_PLANNERS",
                "well_behaved,future_planner,absent_one",
            )
            .run()
    };
    let here = folder.path().display();
    let inspect = format!("registry inspect {here}/future.so");
    let plan = "registry plan well_behaved \"Split the billing module\"";
    let width = inspect.len().max(plan.len());
    assert_eq!(
        timeless(diagnose(&["diagnose"]).text()),
        format!(
            "this command's own view; no running host was asked\n\
             registry 0.1.0 · plugin interface 1.0\n\
             2 of 3 allowed planners found in 1 folder · fingerprint PRINT (first look) · TIME\n\
             1 not loaded · 1 refused · 1 absent · 2 files refused\n\
             \n\
             PLANNERS\n  \
               NAME            VERSION  STATE       ISOLATION  RELIABILITY  CAPABILITIES\n  \
               absent_one      —        absent      —          —            —\n  \
               future_planner  —        refused     —          —            —\n  \
               well_behaved    0.3.0    not loaded  worker     0.75 prior   greeting\n\
             \n\
             NOT USABLE\n  \
               absent  absent_one\n    \
                 reason  allowed, but no file in the plugin folders declares this name\n    \
                 next    Copy its library into a plugin folder, or take its name off the allowlist.\n\
             \n\
             REFUSED FILES\n  \
               E_API_VERSION  {here}/future.so\n    \
                 reason  plugin interface 2.0 of the file is not compatible with 1.0 of this host\n    \
                 next    Build the plugin again with plugin-api 1.0.\n  \
               E_NOT_A_LIBRARY  {here}/notes.so\n    \
                 reason  not a shared library: it starts with \"some not\"\n    \
                 next    Remove the file, or put the plugin's shared library in its place.\n\
             \n\
             TRUST\n  \
                Only names are checked, since there is no lock and no signature is required:\n  \
               whoever can write a plugin folder can be any allowed planner.\n\
             \n\
             NEXT\n  \
               {inspect:<width$}  see what the refused file says of itself\n  \
               {plan:<width$}  make a plan\n"
        )
    );
    let verbose = diagnose(&["diagnose", "--verbose"]);
    for part in [
        "\nPLUGIN FOLDERS\n",
        "\nOTHER FILES\n  1 file is not named *.so\n",
        "\nRECORDS\n  future_planner  refused\n",
        "\n\n  well_behaved  not loaded\n    file          ",
        "\nCONFIGURATION\n  SETTING ",
    ] {
        assert!(
            verbose.text().contains(part),
            "{part:?} in {}",
            verbose.stdout
        );
    }
    let json = diagnose(&["diagnose", "--json"]).json();
    assert_eq!(
        (
            &json["schema"],
            &json["version"],
            &json["api"],
            &json["checked_by"]
        ),
        (
            &json!(1),
            &json!("0.1.0"),
            &json!({"major": 1, "minor": 0}),
            &json!(["name"])
        )
    );
    let codes = each(&json["refused"], "code");
    assert_eq!(codes, ["E_API_VERSION", "E_NOT_A_LIBRARY"]);
    assert_eq!(json["ignored"], 1);
}

#[test]
fn the_shipped_planners_are_found_without_any_configuration_in_the_users_folder() {
    let data = PluginFolder::new();
    for planner in xtask::demo::PLANNERS {
        xtask::demo::stage(&shipped(planner), &data.path().join("registry/plugins")).unwrap();
    }
    let answer = RegistryCommand::new(&["list"])
        .env("XDG_DATA_HOME", &data.path().to_string_lossy())
        .run();
    assert_eq!(
        timeless(answer.report()),
        "NAME                     VERSION  STATE       ISOLATION  RELIABILITY   CAPABILITIES\n\
         llm_planner              1.2.0    not loaded  worker     0.10 default  llm\n\
         multi_pass_arch_planner  1.2.0    not loaded  worker     0.75 prior    architecture, multi_pass, structural\n\
         risk_planner             1.2.0    not loaded  worker     0.80 prior    risk, refactor\n\
         structural_planner       1.2.0    not loaded  worker     0.80 prior    structural, deep_index\n\
         4 of 4 allowed planners found in 1 folder · fingerprint PRINT (first look) · TIME\n"
    );
}

#[test]
fn a_state_folder_that_takes_no_more_is_told_of_in_the_report() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let state = tempfile::tempdir().unwrap();
    set_mode(state.path(), 0o700);
    // The system refuses every byte that is written to a file, as it does where a disk is full.
    let shell = r#"trap "" XFSZ; ulimit -f 0; exec "$0" "$@""#;
    let full = [
        "-c",
        shell,
        program().to_str().unwrap(),
        "diagnose",
        "--json",
    ];
    let answer = RegistryCommand::of(Path::new("/bin/sh"), &full)
        .plugin_dir(folder.path())
        .env("FACTORY_ALLOWED_PLANNERS", "well_behaved")
        .env("FACTORY_CACHE_DIR", "off")
        .env("FACTORY_STATE_DIR", state.path().to_str().unwrap())
        .run();
    let file = state.path().join("events.json");
    let problem = json!({
        "code": "E_STATE_IO",
        "reason": format!("writing {} failed: File too large (os error 27)", file.display()),
        "remedy": "Make room or give rights, or set FACTORY_STATE_DIR=off.",
    });
    assert_eq!(answer.json()["discovery"]["unsaved_problem"], problem);
    assert!(!file.exists());
}
