//! How a registry is put together.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;

use crate::config::{Config, ConfigError, Environment, Loader, Values};
use crate::name::{NameError, PlannerName};
use crate::planner::{Builtin, Options, Planner, Roster, Source, Supervision};
use crate::registry::Registry;

/// Puts a [`Registry`] together. Nothing is opened before the registry is used, but configuration
/// files.
#[derive(Debug, Default)]
#[must_use]
pub struct Builder {
    loader: Loader,
    plugin_dirs: Vec<OsString>,
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
    /// A planner linked into the host has no valid name.
    #[error("a built-in planner has no valid name")]
    BuiltinName(#[from] NameError),
    /// A planner linked into the host may not run.
    #[error("built-in planner {name:?} is not on the allowlist, or is blocked or given twice", name = name.as_str())]
    BuiltinRefused {
        /// Its name.
        name: PlannerName,
    },
}

impl BuildError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::BuiltinName(error) => error.code(),
            Self::BuiltinRefused { .. } => "E_BUILTIN_REFUSED",
        }
    }
}

impl Builder {
    /// Adds a folder to search for plugins. The first use replaces all configured folders.
    pub fn plugin_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.plugin_dirs
            .push(folder.as_ref().as_os_str().to_owned());
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

    /// Checks the configuration.
    pub fn build(self) -> Result<Registry, BuildError> {
        let mut values = self.values;
        if !self.plugin_dirs.is_empty() {
            values = values.set_list("discovery.plugin_dirs", &self.plugin_dirs);
        }
        let config = self.loader.overrides(values).load()?;
        let supervision = Arc::new(Supervision::of(&config));
        let mut builtins = Vec::new();
        let mut names = BTreeSet::new();
        for builtin in self.builtins {
            let (mut manifest, instance) = builtin.into_parts();
            let name = PlannerName::parse(&manifest.name)?;
            let taken = !names.insert(name.clone());
            if taken || !supervision.policy.permits(&name) {
                return Err(BuildError::BuiltinRefused { name });
            }
            manifest.name = name.to_string();
            let options = Options::of(&config, &name);
            let source = Source::Builtin(Arc::new(instance));
            builtins.push(Arc::new(Planner::new(
                name,
                manifest,
                source,
                options,
                Arc::clone(&supervision),
            )));
        }
        Ok(Registry::of(Roster::new(config, supervision, builtins)))
    }
}
