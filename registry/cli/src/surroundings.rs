//! What the command finds around itself, gathered in one place so that tests can give their own.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use registry::config::{Config, Environment, Loader, Values};
use registry::diagnose::text::Look;

use crate::arguments::Global;
use crate::signals::Signals;
use crate::terminal;

/// The name of a configuration file, wherever it lies.
const CONFIG_FILE: &str = "registry.toml";

/// The name of the lock in the working directory.
const LOCK_FILE: &str = "plugins.lock";

/// The system's folder for configuration.
const SYSTEM_CONFIG_DIR: &str = "/etc";

/// What the command finds around itself.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// The variables that concern the registry.
    pub(crate) environment: Environment,
    /// The folder of the program.
    pub(crate) program_dir: Option<PathBuf>,
    /// The user's folder for data.
    pub(crate) data_dir: Option<PathBuf>,
    /// The user's folder for what can be made anew.
    pub(crate) cache_dir: Option<PathBuf>,
    /// The user's folder for what a program remembers.
    pub(crate) state_dir: Option<PathBuf>,
    /// The user's folder for configuration.
    pub(crate) config_dir: Option<PathBuf>,
    /// Whether this program serves when it is started as a worker.
    pub(crate) serves: bool,
    /// What stops the command.
    pub(crate) signals: Signals,
    /// How answers look.
    pub(crate) stdout: Look,
    /// How errors look.
    pub(crate) stderr: Look,
}

impl Surroundings {
    /// Those of this process.
    pub(crate) fn of_process(signals: Signals) -> Self {
        let program = env::current_exe().ok();
        Self {
            environment: Environment::process(),
            program_dir: program
                .as_deref()
                .and_then(Path::parent)
                .map(Path::to_owned),
            data_dir: user_dir("XDG_DATA_HOME", ".local/share"),
            cache_dir: user_dir("XDG_CACHE_HOME", ".cache"),
            state_dir: user_dir("XDG_STATE_HOME", ".local/state"),
            config_dir: user_dir("XDG_CONFIG_HOME", ".config"),
            serves: true,
            signals,
            stdout: terminal::look(&io::stdout()),
            stderr: terminal::look(&io::stderr()),
        }
    }

    /// Says where this command's configuration comes from.
    pub(crate) fn loader(&self, global: &Global) -> Loader {
        let mut loader = Config::loader()
            .env(self.environment.clone())
            .defaults(self.defaults())
            .working_dir_file(CONFIG_FILE);
        let config_dirs = [
            Some(PathBuf::from(SYSTEM_CONFIG_DIR)),
            self.config_dir.clone(),
        ];
        for dir in config_dirs.into_iter().flatten() {
            loader = loader.usual_file(dir.join("registry").join(CONFIG_FILE));
        }
        match &global.config {
            Some(file) => loader.file(file),
            None => loader,
        }
    }

    /// What the command does unless somebody says otherwise.
    fn defaults(&self) -> Values {
        let mut values = Values::new().set_list("discovery.plugin_dirs", self.plugin_dirs());
        if self.serves {
            values = values.set("isolation.policy", "worker");
        }
        if let Ok(dir) = env::current_dir() {
            values = values.set("trust.lock_file", dir.join(LOCK_FILE));
        }
        let folders = [
            ("discovery.cache_dir", &self.cache_dir),
            ("trust.state_dir", &self.state_dir),
        ];
        folders
            .into_iter()
            .fold(values, |values, (key, folder)| match folder {
                Some(folder) => values.set(key, folder.join("registry")),
                None => values,
            })
    }

    /// Where plugins are looked for unless somebody says otherwise. A folder that is not there is
    /// named only if none is, so that a report tells where to put the first plugin.
    fn plugin_dirs(&self) -> Vec<PathBuf> {
        let beside_program = self.program_dir.as_ref().map(|dir| dir.join("plugins"));
        let of_user = self
            .data_dir
            .as_ref()
            .map(|dir| dir.join("registry/plugins"));
        let dirs: Vec<PathBuf> = beside_program.into_iter().chain(of_user).collect();
        let (present, missing): (Vec<_>, Vec<_>) = dirs.into_iter().partition(|dir| dir.exists());
        if present.is_empty() { missing } else { present }
    }
}

/// The folder that `variable` names, else `below_home` in the user's home. A relative path in the
/// variable counts as none, as the base directory specification says.
fn user_dir(variable: &str, below_home: &str) -> Option<PathBuf> {
    let given = env::var_os(variable).map(PathBuf::from);
    given
        .filter(|path| path.is_absolute())
        .or_else(|| Some(env::home_dir()?.join(below_home)))
        .filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surroundings(folder: &Path) -> Surroundings {
        Surroundings {
            environment: Environment::empty(),
            program_dir: Some(folder.join("bin")),
            data_dir: Some(folder.join("share")),
            cache_dir: None,
            state_dir: None,
            config_dir: None,
            serves: false,
            signals: Signals::default(),
            stdout: Look::PLAIN,
            stderr: Look::PLAIN,
        }
    }

    #[test]
    fn folders_that_are_there_are_searched_the_one_beside_the_program_first() {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = surroundings(folder.path());
        let beside = folder.path().join("bin/plugins");
        let of_user = folder.path().join("share/registry/plugins");
        assert_eq!(
            surroundings.plugin_dirs(),
            [beside.clone(), of_user.clone()]
        );
        std::fs::create_dir_all(&of_user).unwrap();
        assert_eq!(surroundings.plugin_dirs(), std::slice::from_ref(&of_user));
        std::fs::create_dir_all(&beside).unwrap();
        assert_eq!(surroundings.plugin_dirs(), [beside, of_user]);
    }
}
