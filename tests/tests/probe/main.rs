//! Plugins that are tried in a child before they are mapped into the host.

mod attempts;
mod outcomes;
mod prober;
mod verdicts;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use plugin_api::API_VERSION;
use registry::diagnose::{Explanation, GateKind, Verdict};
use registry::{Builder, GetError, ProbeCause, ProbeFailure, Registry, StartError, StartFailure};
use tests::{PluginFolder, manifest_source, program};

/// A registry that tries its planners first, and remembers what it found in `state`.
fn probing(folder: &PluginFolder, name: &str, state: &Path) -> Registry {
    builder(folder, name, state).build().unwrap()
}

fn builder(folder: &PluginFolder, name: &str, state: &Path) -> Builder {
    Registry::builder()
        .plugin_dir(folder.path())
        .allow([name])
        .set("isolation.policy", "probe")
        .set("isolation.worker_program", program())
        .set("trust.state_dir", state)
}

fn state() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    folder
}

/// Why the planner's probe failed.
fn failure(registry: &Registry, name: &str) -> ProbeFailure {
    let error = registry.get(name).unwrap_err();
    assert_eq!(error.code(), "E_PROBE_FAILED", "{error:?}");
    match error {
        GetError::Start(StartError::Failed { cause, .. }) => match &*cause {
            StartFailure::Probe(failure) => failure.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// The code of what was found in a probe just now.
fn found(failure: &ProbeFailure) -> &'static str {
    match &failure.cause {
        ProbeCause::Found(cause) => cause.code(),
        other => panic!("{other:?}"),
    }
}

/// A library whose constructor does `what`.
fn constructing(what: &str) -> String {
    format!(
        "#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n{}\
         __attribute__((constructor)) static void begin(void) {{ {what} }}\n",
        manifest_source("bad_planner", API_VERSION.major, API_VERSION.minor),
    )
}

fn verdict(explanation: &Explanation) -> (Verdict, &str) {
    let gate = explanation.gates.last().unwrap();
    assert_eq!(gate.gate, GateKind::Probe);
    (gate.verdict, &gate.evidence)
}
