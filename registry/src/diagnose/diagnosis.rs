//! What a registry knows, all of it at one moment.

use std::path::PathBuf;

use plugin_api::{API_VERSION, ApiVersion};
use serde::Serialize;

use super::{
    DiscoveryStatus, LoadingStatus, LockState, LockStatus, PastFailure, PlannerState,
    PlannerStatus, Problem, Profiles, SignatureStatus, Slow, advice, json,
};
use crate::config::{self, Config};
use crate::discovery::LeftOut;

/// What a registry knows, all of it at one moment.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Diagnosis {
    /// The version of `registry`.
    pub version: &'static str,
    /// The plugin interface it speaks.
    pub api: ApiVersion,
    /// By what a file proves that it is the planner it says it is.
    pub checked_by: Vec<Check>,
    /// Which lock is in force, and whether it is remembered what was accepted before.
    pub lock: LockStatus,
    /// What is wanted of signatures, and how the trusted keys stand.
    pub signatures: SignatureStatus,
    /// The planners that are allowed or built in, by name; absent ones too.
    pub planners: Vec<PlannerStatus>,
    /// What was seen in the plugin folders beside these planners.
    #[serde(flatten)]
    pub files: Files,
    /// How files become code in this process.
    pub loading: LoadingStatus,
    /// How long selections and starts took.
    pub profiles: Profiles,
    /// What takes long.
    pub slow: Vec<Slow>,
    /// The newest starts that failed, oldest first.
    pub failures: Vec<PastFailure>,
    /// The configuration.
    pub settings: Vec<Setting>,
    /// What to do next, the most useful first.
    pub next: Vec<Step>,
}

/// What was seen in the plugin folders beside the planners in the catalog.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Files {
    /// The folders that were searched.
    pub folders: Vec<FolderStatus>,
    /// Files that are in no catalog, and why.
    pub refused: Vec<RefusedFile>,
    /// Files that lost their planner's name to another file.
    pub shadowed: Vec<ShadowedFile>,
    /// Files whose planners the configuration excludes.
    pub excluded: Vec<ExcludedFile>,
    /// What was not looked at, because there was too much of it.
    pub left_out: LeftOut,
    /// How many files were passed over because they are no libraries by their names.
    pub ignored: usize,
    /// What the search did.
    pub discovery: DiscoveryStatus,
}

/// By what a file proves that it is the planner it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Check {
    /// Its manifest carries an allowed name.
    Name,
    /// The digest of its bytes is in the lock.
    Lock,
    /// A trusted key signed its bytes.
    Signature,
}

impl Check {
    /// What every plugin from a file has to prove.
    pub(super) fn of(config: &Config, lock: LockState) -> Vec<Self> {
        let lock = (lock != LockState::None).then_some(Self::Lock);
        let signature = config.trust().require_signature;
        let signature = signature.then_some(Self::Signature);
        [Some(Self::Name), lock, signature]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// A folder that was searched for plugins.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FolderStatus {
    /// Where it is.
    #[serde(serialize_with = "json::path")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub path: PathBuf,
    /// Why it could not be searched.
    pub problem: Option<Problem>,
}

/// A file that is not used.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RefusedFile {
    /// Where it is.
    #[serde(serialize_with = "json::path")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub path: PathBuf,
    /// Why.
    #[serde(flatten)]
    pub problem: Problem,
}

/// A file that lost its planner's name to another file.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ShadowedFile {
    /// Where it is.
    #[serde(serialize_with = "json::path")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub path: PathBuf,
    /// The planner's name, as both files give it.
    pub planner: String,
    /// The file that is used.
    #[serde(serialize_with = "json::path")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub by: PathBuf,
}

/// A file whose planner the configuration excludes.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ExcludedFile {
    /// Where it is.
    #[serde(serialize_with = "json::path")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub path: PathBuf,
    /// The planner's name.
    pub planner: String,
}

/// One setting, with secrets masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Setting {
    /// Its name, `section.key`.
    pub key: String,
    /// The variable that sets it.
    pub variable: Option<&'static str>,
    /// Its value.
    pub value: String,
    /// Where the value came from.
    pub origin: String,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Step {
    /// A command, ready to be run.
    pub command: String,
    /// What it is good for.
    pub purpose: String,
}

impl Diagnosis {
    /// Puts together what is known, and reads off it what to do next.
    pub fn new(
        config: &Config,
        lock: LockStatus,
        signatures: SignatureStatus,
        loading: LoadingStatus,
        planners: Vec<PlannerStatus>,
        files: Files,
    ) -> Self {
        let mut diagnosis = Self {
            version: env!("CARGO_PKG_VERSION"),
            api: API_VERSION,
            checked_by: Check::of(config, lock.state),
            lock,
            signatures,
            planners,
            files,
            loading,
            profiles: Profiles::default(),
            slow: Vec::new(),
            failures: Vec::new(),
            settings: config.settings().iter().map(Setting::from).collect(),
            next: Vec::new(),
        };
        diagnosis.next = advice::steps(&diagnosis);
        diagnosis
    }

    /// How many planners are in `state`.
    pub fn count(&self, state: PlannerState) -> usize {
        self.planners
            .iter()
            .filter(|planner| planner.state == state)
            .count()
    }

    /// How many planners there is code for.
    pub fn found(&self) -> usize {
        self.planners.len() - self.count(PlannerState::Absent)
    }
}

impl From<&config::Setting> for Setting {
    fn from(setting: &config::Setting) -> Self {
        Self {
            key: setting.key.clone(),
            variable: setting.variable,
            value: setting.value.clone(),
            origin: setting.origin.to_string(),
        }
    }
}
