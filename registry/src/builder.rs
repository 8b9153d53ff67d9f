//! How a registry is put together.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(test)]
use registry_core::clock::Clock;

use crate::config::{Config, ConfigError, Environment, Loader, Values};
use crate::isolate::ProgramError;
#[cfg(test)]
use crate::planner::Ledger;
use crate::planner::{self, Builtin, BuiltinError, Roster, Supervision};
use crate::registry::Registry;
use crate::trust::{KeysError, Signatures};

/// Puts a [`Registry`] together. Nothing is opened before the registry is used, but configuration
/// files and the file of trusted keys.
#[derive(Debug, Default)]
#[must_use]
pub struct Builder {
    loader: Loader,
    plugin_dirs: Vec<PathBuf>,
    values: Values,
    builtins: Vec<Builtin>,
}

/// Why no registry was built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The configuration is wrong; every problem is in it.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file of trusted keys is wrong.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A planner linked into the host was not taken.
    #[error(transparent)]
    Builtin(#[from] BuiltinError),
    /// There is no program for workers.
    #[error(transparent)]
    Worker(#[from] ProgramError),
}

impl BuildError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::Keys(error) => error.code(),
            Self::Builtin(error) => error.code(),
            Self::Worker(error) => error.code(),
        }
    }

    /// What the host's developer can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Config(_) => "Mend what each line names; it says what is allowed.".to_owned(),
            Self::Keys(error) => error.remedy().to_owned(),
            Self::Builtin(error) => error.remedy(),
            Self::Worker(error) => error.remedy().to_owned(),
        }
    }
}

impl Builder {
    /// Adds a folder to search for plugins. The first use replaces all configured folders.
    ///
    /// A relative path starts at the working directory in which the registry is built.
    pub fn plugin_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.plugin_dirs.push(folder.as_ref().to_owned());
        self
    }

    /// Replaces the allowlist.
    pub fn allow(mut self, names: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.values = self.values.set_list("trust.allowed", names);
        self
    }

    /// Sets any setting, such as `select.min_reliability`, over every other source.
    pub fn set(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.values = self.values.set(key, value);
        self
    }

    /// Replaces the sources that are read below what this builder sets: environment, files, defaults.
    pub fn sources(mut self, loader: Loader) -> Self {
        self.loader = loader;
        self
    }

    /// Reads the process's environment, and the file that `FACTORY_CONFIG` names.
    pub fn from_env(self) -> Self {
        let loader = Config::loader().env(Environment::process());
        self.sources(loader)
    }

    /// Adds a planner linked into the host.
    pub fn builtin(mut self, planner: Builtin) -> Self {
        self.builtins.push(planner);
        self
    }

    /// Checks the configuration and the trusted keys.
    pub fn build(self) -> Result<Registry, BuildError> {
        self.build_with(Supervision::of)
    }

    /// Builds it with clocks of its own: the steady one, and the system's date.
    #[cfg(test)]
    pub(crate) fn build_at(self, clock: &Clock, date: &Clock) -> Result<Registry, BuildError> {
        self.build_with(|config, signatures| {
            let ledger = Ledger::with_clocks(config, clock.clone(), date.clone());
            Supervision::with_ledger(config, signatures, ledger)
        })
    }

    fn build_with(
        self,
        supervise: impl FnOnce(&Config, Signatures) -> Result<Supervision, ProgramError>,
    ) -> Result<Registry, BuildError> {
        let mut values = self.values;
        if !self.plugin_dirs.is_empty() {
            let folders = self.plugin_dirs.into_iter().map(absolute);
            values = values.set_list("discovery.plugin_dirs", folders);
        }
        let config = self.loader.overrides(values).load()?;
        let signatures = Signatures::read(&config)?;
        let supervision = Arc::new(supervise(&config, signatures)?);
        let builtins = planner::planners_of(self.builtins, &config, &supervision)?;
        Ok(Registry::of(Roster::new(config, supervision, builtins)))
    }
}

/// The folder as it is found from anywhere. One that cannot be is left to the checks of the setting
/// and to discovery, which says that it is missing.
fn absolute(folder: PathBuf) -> PathBuf {
    std::path::absolute(&folder).unwrap_or(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_plugin_folder_starts_where_the_registry_was_built() {
        let builder = Registry::builder().plugin_dir("plugins").plugin_dir("/b");
        let registry = builder.build().unwrap();
        let here = std::env::current_dir().unwrap();
        assert_eq!(
            registry.config().discovery().plugin_dirs,
            [here.join("plugins"), PathBuf::from("/b")]
        );
    }
}
