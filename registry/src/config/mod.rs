//! The configuration: layered, checked as a whole, every value knowing where it came from.
//!
//! Sources, weakest first: the defaults of the table in `settings.rs`, the system's and the user's
//! file, the file of the working directory (harmless settings only), the file named by `--config` or
//! `FACTORY_CONFIG` (in place of the system's and the user's), the environment, the builder.
//!
//! Each source becomes a layer whose values are judged one by one against the table; figment merges
//! the layers and remembers which one each value is from; the merged values become [`Config`], one
//! small struct a section. What must always hold:
//!
//! * Nothing is read that the [`Loader`] was not told of: no environment, no working directory.
//! * No bad value falls back to a default, and none is hidden by a stronger source: every problem of
//!   every source is reported at once.
//! * An unknown key, or an unknown variable that starts with `FACTORY_`, is a problem, so that nobody
//!   believes in a protection that is not there.
//! * A setting that grants something comes only from files that nobody else can write.

pub(crate) mod access_list;
mod env;
mod error;
mod file;
pub(crate) mod guarded;
mod kind;
mod layer;
mod loader;
mod merged;
mod origin;
mod reference;
mod row;
mod settings;
#[cfg(test)]
mod tests;
mod value;
mod values;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

pub(crate) use self::guarded::{is_private_group, open_granting};
pub use self::{
    env::Environment,
    error::{ConfigError, Place, Problem, Reason},
    file::Note,
    guarded::FileFault,
    kind::{
        BytesFrom, Folder, LogFormat, Network, Policy, ProgramFile, SandboxMode, SocketFolder,
        Table, Token,
    },
    loader::Loader,
    merged::Setting,
    origin::Origin,
    reference::{env_example, markdown},
    row::Row,
    settings::{
        Control, Discovery, Heal, Isolation, Log, PlannerSettings, Profiles, Select, Trust, rows,
    },
    values::Values,
};
pub(crate) use self::{file::parse as parse_toml, origin::shown_path};
use crate::name::PlannerName;

/// A checked configuration. Each section has its accessor.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    sections: settings::Sections,
    planners: BTreeMap<PlannerName, PlannerSettings>,
    settings: Vec<Setting>,
    files: Vec<PathBuf>,
    notes: Vec<Note>,
    /// Whether the place of the lock comes from somewhere that may grant.
    lock_vouched: bool,
}

impl Config {
    /// Starts with the defaults and no source.
    pub fn loader() -> Loader {
        Loader::default()
    }

    /// What is set for single planners.
    pub fn planners(&self) -> &BTreeMap<PlannerName, PlannerSettings> {
        &self.planners
    }

    /// How long one plan call of `planner` may take.
    pub fn plan_timeout(&self, planner: &PlannerName) -> Duration {
        self.planners
            .get(planner)
            .and_then(|settings| settings.timeout)
            .unwrap_or(self.isolation().plan_timeout)
    }

    /// Where `planner` runs.
    pub fn policy(&self, planner: &PlannerName) -> Policy {
        self.planners
            .get(planner)
            .and_then(|settings| settings.isolation)
            .unwrap_or(self.isolation().policy)
    }

    /// Whether any planner may run that way.
    pub(crate) fn uses_policy(&self, policy: Policy) -> bool {
        let mut own = self.planners.values();
        self.isolation().policy == policy || own.any(|own| own.isolation == Some(policy))
    }

    /// The largest file that is looked into, and that may run.
    pub fn file_bytes_max(&self) -> u64 {
        u64::from(self.trust().file_mib_max) << 20
    }

    /// Every setting with its shown value and its origin, in the order of the table.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// Whether whoever chose the place of the lock may grant something. The working directory, where the
    /// command looks if nobody chose one, may not.
    pub(crate) fn vouches_for_lock(&self) -> bool {
        self.lock_vouched
    }

    /// Where the value of `key` came from.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.settings
            .iter()
            .find(|setting| setting.key == key)
            .map(|setting| &setting.origin)
    }

    /// The configuration files that were read, weakest first.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// What was left aside, for a person to know.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}
