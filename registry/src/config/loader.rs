//! Gathers the sources, in their order, into one checked configuration.

use std::path::{Path, PathBuf};

use super::{
    Config,
    env::Environment,
    error::{ConfigError, Problems},
    file::{self, Note, Role},
    layer::{Layer, Source},
    merged::{Merged, Setting},
    origin::Origin,
    settings::{CONFIG_FILE, Sections},
    values::Values,
};

/// The setting whose default depends on the files.
const LOCK_FILE: &str = "trust.lock_file";

/// Says where the configuration comes from. Nothing is read that was not named here.
#[derive(Clone, Debug, Default)]
pub struct Loader {
    defaults: Values,
    usual_files: Vec<PathBuf>,
    working_dir_file: Option<PathBuf>,
    files: Vec<PathBuf>,
    environment: Environment,
    overrides: Values,
}

impl Loader {
    /// Changes defaults: these values yield to every other source.
    #[must_use]
    pub fn defaults(mut self, values: Values) -> Self {
        self.defaults = values;
        self
    }

    /// Adds a file at a place where one may be, such as the system's and then the user's. It may be
    /// missing, and it is not read when a file is named by [`Loader::file`] or `FACTORY_CONFIG`.
    #[must_use]
    pub fn usual_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.usual_files.push(path.into());
        self
    }

    /// The file of the working directory, which may be missing. Only harmless settings are taken from
    /// it; the rest is told by [`Config::notes`].
    #[must_use]
    pub fn working_dir_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.working_dir_file = Some(path.into());
        self
    }

    /// Adds a file that must be there. The file that `FACTORY_CONFIG` names is then not read.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.files.push(path.into());
        self
    }

    /// The environment, which may name the file by `FACTORY_CONFIG`.
    #[must_use]
    pub fn env(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Values that outrank every other source.
    #[must_use]
    pub fn overrides(mut self, values: Values) -> Self {
        self.overrides = values;
        self
    }

    /// Reads, checks and merges the sources.
    ///
    /// # Errors
    /// [`ConfigError`] with every problem of every source.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let mut problems = Problems::default();
        let mut notes = Vec::new();
        let mut layers = vec![
            Layer::of_defaults(),
            self.defaults.layer(Source::Default, &mut problems),
        ];
        let (mut files, mut of_files, mut granting) = (Vec::new(), Vec::new(), None);
        for (path, role) in self.sources() {
            if let Some(layer) = file::read(path.clone(), role, &mut problems, &mut notes) {
                of_files.push(layer);
                if role != Role::WorkingDir {
                    granting = Some(path.clone());
                }
                files.push(path);
            }
        }
        layers.extend(
            granting
                .as_deref()
                .map(|file| lock_beside(file, &mut problems)),
        );
        layers.extend(of_files);
        layers.push(self.environment.layer(&mut problems));
        layers.push(self.overrides.layer(Source::Builder, &mut problems));
        problems.into_result()?;
        let mut config = self.build(Merged::new(layers), files, notes)?;
        config.lock_vouched |= granting.is_some();
        Ok(config)
    }

    fn build(
        &self,
        mut merged: Merged,
        files: Vec<PathBuf>,
        notes: Vec<Note>,
    ) -> Result<Config, ConfigError> {
        merged.settings.extend(self.named_file());
        let sections = Sections::read(&mut merged);
        let planners = merged.read_planners();
        let Merged {
            settings, problems, ..
        } = merged;
        let Some(sections) = sections else {
            return Err(problems.into_error());
        };
        problems.into_result()?;
        let mut of_lock = settings.iter().filter(|setting| setting.key == LOCK_FILE);
        Ok(Config {
            lock_vouched: of_lock.any(|setting| setting.origin != Origin::Default),
            sections,
            planners,
            settings,
            files,
            notes,
        })
    }

    /// The files to read, weakest first.
    fn sources(&self) -> Vec<(PathBuf, Role)> {
        let named = match self.environment.config_file() {
            Some(path) if self.files.is_empty() => vec![path],
            _ => self.files.clone(),
        };
        let usual = if named.is_empty() {
            self.usual_files.clone()
        } else {
            Vec::new()
        };
        // Whoever names the file of the working directory grants what it says.
        let is_named = |path: &PathBuf| named.iter().any(|named| is_same_path(named, path));
        let of_working_dir = self.working_dir_file.iter().filter(|path| !is_named(path));
        let of_working_dir: Vec<PathBuf> = of_working_dir.cloned().collect();
        let role = |role| move |path| (path, role);
        usual
            .into_iter()
            .map(role(Role::Usual))
            .chain(of_working_dir.into_iter().map(role(Role::WorkingDir)))
            .chain(named.into_iter().map(role(Role::Named)))
            .collect()
    }

    /// How the named configuration file is listed.
    fn named_file(&self) -> Option<Setting> {
        let key = CONFIG_FILE.key.to_owned();
        let variable = CONFIG_FILE.variable?;
        let (path, origin) = match (self.files.last(), self.environment.config_file()) {
            (Some(path), _) => (path.clone(), Origin::Builder { key: key.clone() }),
            (None, Some(path)) => {
                let variable = variable.to_owned();
                (path, Origin::Environment { variable })
            }
            (None, None) => (PathBuf::new(), Origin::Default),
        };
        Some(Setting {
            key,
            variable: Some(variable),
            value: path.to_string_lossy().into_owned(),
            origin,
        })
    }
}

fn is_same_path(one: &Path, other: &Path) -> bool {
    let absolute = |path| std::path::absolute(path).ok();
    absolute(one) == absolute(other)
}

/// The default that puts the lock beside the configuration file.
fn lock_beside(file: &Path, problems: &mut Problems) -> Layer {
    let lock = std::path::absolute(file.with_file_name("plugins.lock"));
    let values = lock.map_or_else(|_| Values::new(), |lock| Values::new().set(LOCK_FILE, lock));
    values.layer(Source::Default, problems)
}
