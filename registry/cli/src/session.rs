//! The configuration and the registry of one run, made when a command first needs them.

use std::io::Write;
use std::sync::Arc;

use registry::config::{Config, ConfigError, Values};
use registry::scrub;
use registry::{BuildError, Registry};

use crate::arguments::Global;
use crate::failure::{Failure, Stop};
use crate::logging;
use crate::progress;
use crate::signals::Signals;
use crate::surroundings::Surroundings;

/// Nothing outlives the process, so that nobody would ever know of the change.
#[derive(Debug, thiserror::Error)]
#[error("nothing is remembered, so that no process would know of it")]
struct StateOff;

/// What a command asks, and in what surroundings.
pub(crate) struct Session<'a> {
    global: &'a Global,
    surroundings: &'a Surroundings,
    stderr: &'a mut dyn Write,
}

impl<'a> Session<'a> {
    /// Nothing is read yet.
    pub(crate) fn new(
        global: &'a Global,
        surroundings: &'a Surroundings,
        stderr: &'a mut dyn Write,
    ) -> Self {
        Self {
            global,
            surroundings,
            stderr,
        }
    }

    /// What `--attach` names.
    pub(crate) fn target(&self) -> Option<&'a str> {
        self.global.attach.as_deref()
    }

    /// What stops the command.
    pub(crate) fn signals(&self) -> &'a Signals {
        &self.surroundings.signals
    }

    /// The configuration alone.
    pub(crate) fn config(&mut self) -> Result<Config, Stop> {
        let mut values = Values::new();
        if !self.global.plugin_dir.is_empty() {
            values = values.set_list("discovery.plugin_dirs", &self.global.plugin_dir);
        }
        if let Some(format) = self.global.log_format {
            values = values.set("log.format", format.as_str());
        }
        let loader = self.surroundings.loader(self.global).overrides(values);
        let config = loader.load().map_err(|error| config_failure(&error))?;
        self.begin(&config);
        Ok(config)
    }

    /// The registry, with its plugin folders read. It has loaded no plugin yet.
    pub(crate) fn registry(&mut self) -> Result<Arc<Registry>, Stop> {
        let mut builder = Registry::builder().sources(self.surroundings.loader(self.global));
        for folder in &self.global.plugin_dir {
            builder = builder.plugin_dir(folder);
        }
        if let Some(format) = self.global.log_format {
            builder = builder.set("log.format", format.as_str());
        }
        let registry = builder.build().map_err(|error| match error {
            BuildError::Config(error) => config_failure(&error),
            error => Failure::new(error.code(), &error)
                .remedy(error.remedy())
                .usage(),
        })?;
        self.begin(registry.config());
        let registry = Arc::new(registry);
        self.surroundings.signals.look_after(&registry);
        let discovered = progress::during(
            || registry.ensure_discovered(),
            || registry.progress(),
            self.surroundings.stderr.columns,
            self.stderr,
        );
        discovered.map_err(|error| Failure::of_get(&error))?;
        Ok(registry)
    }

    /// The same, for a change that other processes are to know of.
    pub(crate) fn registry_with_state(&mut self) -> Result<Arc<Registry>, Stop> {
        let registry = self.registry()?;
        if registry.config().trust().state_dir.path().is_none() {
            let failure = Failure::new("E_STATE_OFF", &StateOff);
            let remedy = "Set FACTORY_STATE_DIR to a folder of this user with mode 0700.";
            return Err(failure.remedy(remedy.to_owned()).into());
        }
        Ok(registry)
    }

    /// Tells what was left aside in the configuration, and starts logging as it says.
    fn begin(&mut self, config: &Config) {
        for note in config.notes() {
            let note = note.to_string();
            // A note that cannot be written is no reason to give no answer.
            let _ = writeln!(self.stderr, "note: {}", scrub::escape(&note));
        }
        logging::start(config, self.surroundings.stderr);
    }
}

/// All problems of a configuration, each on a line of its own.
fn config_failure(error: &ConfigError) -> Failure {
    let mut problems: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    if error.omitted() > 0 {
        problems.push(format!("and {} more", error.omitted()));
    }
    let failure = Failure::new(error.code(), error).usage();
    match problems.as_slice() {
        [_] => failure,
        _ => failure.list("invalid configuration".to_owned(), problems),
    }
}
