//! Which program workers run.

use std::path::Path;

use plugin_api::PlanRequest;
use registry::config::Config;
use registry::{Builder, Registry};
use tests::{PluginFolder, fixture, program, set_mode};

fn with_program(folder: &PluginFolder, program: impl AsRef<Path>) -> Builder {
    Registry::builder()
        .plugin_dir(folder.path())
        .allow(["well_behaved"])
        .set("isolation.policy", "worker")
        .set("isolation.worker_program", program.as_ref())
}

#[test]
fn a_host_that_does_not_serve_is_refused_when_it_is_built() {
    let builder = Registry::builder().set("isolation.policy", "worker");
    let error = builder.build().unwrap_err();
    assert_eq!(error.code(), "E_WORKER_PROGRAM");
    assert_eq!(
        error.to_string(),
        "planners are to run in workers, but this program does not call \
         registry::worker::serve_if_requested()"
    );
    // In process nobody needs it.
    assert!(Registry::builder().build().is_ok());
}

#[test]
fn a_program_that_is_missing_or_open_to_others_is_refused_when_the_registry_is_built() {
    let folder = PluginFolder::new().with_file("program", b"");
    set_mode(&folder.file("program"), 0o777);
    let texts = ["program", "missing"].map(|name| {
        let error = with_program(&folder, folder.file(name))
            .build()
            .unwrap_err();
        assert_eq!(error.code(), "E_WORKER_PROGRAM");
        std::error::Error::source(&error).unwrap().to_string()
    });
    let shown = folder.file("program");
    assert_eq!(
        texts,
        [
            format!(
                "{} can be changed by other users (mode 0777); try chmod go-w",
                shown.display()
            ),
            "no such file".to_owned()
        ]
    );
}

#[test]
fn a_program_that_serves_no_host_is_no_failure_of_the_planner() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let registry = with_program(&folder, "/usr/bin/true").build().unwrap();
    let error = registry
        .plan("well_behaved", &PlanRequest::new("Serve"))
        .unwrap_err();
    assert_eq!(error.code(), "E_WORKER_START", "{error:?}");
    let status = registry.describe("well_behaved").unwrap();
    assert_eq!((status.calls, status.failures), (0, 0));
}

#[test]
fn one_planner_runs_in_a_worker_where_the_others_do_not() {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let file = folder.file("registry.toml");
    let text = "[planners.obeys]\nisolation = \"worker\"\n";
    let folder = folder.with_file("registry.toml", text.as_bytes());
    let registry = Registry::builder()
        .plugin_dir(folder.path())
        .allow(["obeys"])
        .sources(Config::loader().file(&file))
        .set("isolation.worker_program", program())
        .build()
        .unwrap();
    assert_ne!(super::pid_of_obeys(&registry), std::process::id());
}
