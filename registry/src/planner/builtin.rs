//! Planners linked into the host.

use plugin_api::manifest::{BuildInfo, Manifest, PanicStrategy};
use plugin_api::{API_VERSION, Planner};
use semver::Version;

use crate::load::Instance;

/// A planner linked into the host, for its own unit tests and for platforms that load no libraries.
///
/// It stands behind the same handle as any other planner and goes through the same calls. Its name
/// must be on the allowlist like any other.
#[derive(Debug)]
pub struct Builtin {
    manifest: Manifest,
    instance: Instance,
}

impl Builtin {
    /// `planner` under `name`; the name is checked when the registry is built.
    pub fn new<P: Planner>(name: &str, planner: P) -> Self {
        let build = BuildInfo {
            rustc: "the host's".to_owned(),
            profile: if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            }
            .to_owned(),
            panic: if cfg!(panic = "abort") {
                PanicStrategy::Abort
            } else {
                PanicStrategy::Unwind
            },
        };
        Self {
            manifest: Manifest::new(name, Version::new(0, 0, 0), API_VERSION, build),
            instance: Instance::builtin(planner),
        }
    }

    /// Declares more than the name: capabilities, tier, reliability and so on.
    #[must_use]
    pub fn manifest(mut self, declare: impl FnOnce(&mut Manifest)) -> Self {
        declare(&mut self.manifest);
        self
    }

    pub(crate) fn into_parts(self) -> (Manifest, Instance) {
        (self.manifest, self.instance)
    }
}
