//! The environment as a source: given, never read behind the caller's back.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
    os::unix::ffi::OsStrExt,
    path::PathBuf,
};

use figment::value::Value;

use super::{
    error::{Problem, Problems, Reason},
    layer::{Entry, Layer, Source},
    row::Row,
    settings::{CONFIG_FILE, rows},
};
use crate::suggest::nearest;

/// Variables of this prefix are ours alone, so an unknown one is a mistake.
const PREFIX: &str = "FACTORY_";

/// The environment variables that concern the registry.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// No variable at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The environment of this process, as it is now.
    pub fn process() -> Self {
        Self::from_pairs(std::env::vars_os())
    }

    /// The given variables; the last of a name counts, and those of others are left out.
    pub fn from_pairs<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let variables = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .filter(|(name, _)| is_ours(name))
            .collect();
        Self { variables }
    }

    /// The file that `FACTORY_CONFIG` names.
    pub(super) fn config_file(&self) -> Option<PathBuf> {
        self.variables
            .get(OsStr::new(CONFIG_FILE.variable?))
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    }

    pub(super) fn layer(&self, problems: &mut Problems) -> Layer {
        let mut layer = Layer::new(Source::Environment);
        for (name, given) in &self.variables {
            let name = name.to_string_lossy();
            let value = Value::from(&*given.to_string_lossy());
            let place = layer.source().place(&name);
            match rows().find(|row| row.variable == Some(&*name)) {
                Some(row) if given.to_str().is_some() => {
                    let key = row.key.to_owned();
                    layer.push(Entry { row, key, value }, problems);
                }
                Some(_) => problems.push(Problem::new(place, Reason::NotUtf8).with_value(&value)),
                None => problems.push(
                    Problem::new(place, Reason::UnknownVariable)
                        .with_value(&value)
                        .nearest_being(nearest(&name, rows().filter_map(Row::variable))),
                ),
            }
        }
        layer
    }
}

/// Shows the names alone, for an unknown variable may hold anything.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

fn is_ours(name: &OsStr) -> bool {
    name.as_bytes().starts_with(PREFIX.as_bytes())
        || rows()
            .filter_map(Row::variable)
            .any(|variable| name == variable)
}
