//! Planners linked into the host.

use std::collections::BTreeSet;
use std::sync::Arc;

use plugin_api::manifest::{BuildInfo, Manifest, ManifestError, PanicStrategy};
use plugin_api::{API_VERSION, Planner};
use registry_core::instance::Instance as Cell;
use semver::Version;

use super::supervised::{self, Options, Source, Supervision};
use crate::config::Config;
use crate::load::Instance;
use crate::name::{NameError, PlannerName};
use crate::trust::{self, Policy, Refusal};

/// A planner linked into the host, for its own unit tests and for platforms that load no libraries.
///
/// It stands behind the same handle as any other planner and goes through the same calls. Its name
/// must be on the allowlist and its manifest correct, like any other's.
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
            instance: Instance::builtin(name, planner),
        }
    }

    /// Declares more than the name: capabilities, tier, reliability and so on.
    #[must_use]
    pub fn manifest(mut self, declare: impl FnOnce(&mut Manifest)) -> Self {
        declare(&mut self.manifest);
        self
    }

    /// The name and manifest that a host may believe, and the instance.
    fn checked(self, policy: &Policy) -> Result<(PlannerName, Manifest, Instance), BuiltinError> {
        let mut manifest = self.manifest;
        let name = PlannerName::parse(&manifest.name)?;
        name.as_str().clone_into(&mut manifest.name);
        trust::judge_name(&name, policy)
            .and_then(|()| trust::judge_api(manifest.api, API_VERSION))
            .map_err(|refusal| BuiltinError::Refused {
                name: name.clone(),
                refusal,
            })?;
        match reread(&manifest) {
            Ok(manifest) => Ok((name, manifest, self.instance)),
            Err(cause) => Err(BuiltinError::Manifest { name, cause }),
        }
    }
}

/// Catalog entries of the planners that a host brings along.
pub(crate) fn planners_of(
    builtins: Vec<Builtin>,
    config: &Config,
    supervision: &Arc<Supervision>,
) -> Result<Vec<Arc<supervised::Planner>>, BuiltinError> {
    let mut names = BTreeSet::new();
    let mut planners = Vec::with_capacity(builtins.len());
    for builtin in builtins {
        let (name, manifest, instance) = builtin.checked(&supervision.policy)?;
        if !names.insert(name.clone()) {
            return Err(BuiltinError::Twice { name });
        }
        let options = Options::of(config, &name);
        let source = Source::Builtin(Arc::new(Cell::new(instance)));
        let supervision = Arc::clone(supervision);
        let planner = supervised::Planner::new(name, manifest.into(), source, options, supervision);
        planners.push(Arc::new(planner));
    }
    Ok(planners)
}

/// The manifest as it would be read from a file, with all that is checked there.
fn reread(manifest: &Manifest) -> Result<Manifest, ManifestError> {
    let json = serde_json::to_vec(manifest).map_err(ManifestError::Syntax)?;
    Manifest::from_json(&json)
}

/// Why a planner linked into the host was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuiltinError {
    /// It has no valid name.
    #[error("a built-in planner has no valid name")]
    Name(#[from] NameError),
    /// It may not run here.
    #[error("built-in planner {name:?} was refused", name = name.as_str())]
    Refused {
        /// Its name.
        name: PlannerName,
        /// Why.
        #[source]
        refusal: Refusal,
    },
    /// It declares what no plugin may declare.
    #[error("built-in planner {name:?} has a bad manifest", name = name.as_str())]
    Manifest {
        /// Its name.
        name: PlannerName,
        /// What is wrong; it names the field.
        #[source]
        cause: ManifestError,
    },
    /// Another one has its name.
    #[error("built-in planner {name:?} was given twice", name = name.as_str())]
    Twice {
        /// The name.
        name: PlannerName,
    },
}

impl BuiltinError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name(error) => error.code(),
            Self::Refused { refusal, .. } => refusal.code(),
            Self::Manifest { cause, .. } => cause.code(),
            Self::Twice { .. } => "E_BUILTIN_TWICE",
        }
    }

    /// What the host's developer can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Name(_) => "Give the planner a name that follows the rule.".to_owned(),
            Self::Refused { refusal, .. } => refusal.remedy(),
            Self::Manifest { .. } => "Correct it in `Builtin::manifest`.".to_owned(),
            Self::Twice { .. } => "Give each its own name.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use plugin_api::{Context, Plan, PlanError, PlanRequest};

    use super::*;
    use crate::trust::{Guards, Signatures};

    struct Idle;

    impl Planner for Idle {
        fn plan(&self, _: &PlanRequest, _: &Context) -> Result<Plan, PlanError> {
            Err(PlanError::failed("it only idles"))
        }
    }

    fn refused(declare: impl FnOnce(&mut Manifest)) -> (&'static str, String) {
        let policy = Policy {
            allowed: ["idle_planner", "bad_planner"].map(parse).into(),
            blocked: ["bad_planner"].map(parse).into(),
            guards: Guards::without_lock().into(),
            ..Policy::of(&Config::loader().load().unwrap(), Signatures::default())
        };
        let builtin = Builtin::new("idle_planner", Idle).manifest(declare);
        let error = builtin.checked(&policy).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        (error.code(), cause)
    }

    fn parse(name: &str) -> PlannerName {
        PlannerName::parse(name).unwrap()
    }

    #[test]
    fn a_manifest_that_no_file_may_have_is_refused_with_the_field() {
        assert_eq!(
            refused(|manifest| manifest.reliability = Some(7.0)),
            (
                "E_MANIFEST_FIELD",
                "manifest field \"reliability\" is 7.0; allowed: a number from 0 to 1".to_owned()
            )
        );
        assert_eq!(
            refused(|manifest| manifest.tags = vec!["tag".to_owned(); 65]),
            (
                "E_MANIFEST_FIELD",
                "manifest field \"tags\" is a list of 65; allowed: a list of at most 64 texts of 1 to \
                 128 bytes each"
                    .to_owned()
            )
        );
        assert_eq!(
            refused(|manifest| manifest.description = "a".repeat(1 << 20)).0,
            "E_MANIFEST_TOO_LARGE"
        );
    }

    #[test]
    fn an_interface_version_or_name_that_no_file_may_have_is_refused_with_its_own_code() {
        assert_eq!(
            refused(|manifest| manifest.api.major = 9).0,
            "E_API_VERSION"
        );
        let codes = ["bad_planner", "other_planner", "a.b"]
            .map(|name| refused(|manifest| name.clone_into(&mut manifest.name)).0);
        assert_eq!(codes, ["E_BLOCKED", "E_NOT_ALLOWED", "E_BAD_NAME"]);
    }
}
