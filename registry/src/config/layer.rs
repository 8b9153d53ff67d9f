//! One source's settings: each found in the table and judged before anything is merged, so that a
//! bad value is reported even where a later source would hide it.

use std::path::{Path, PathBuf};

use figment::{
    Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};

use super::{
    error::{Place, Problem, Problems, Reason},
    origin::Origin,
    row::Row,
    settings::{PLANNER_ROWS, ROWS, SECTIONS},
};
use crate::{name::PlannerName, suggest::nearest};

/// Where a layer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Default,
    File(PathBuf),
    Environment,
    Builder,
}

const ENVIRONMENT: &str = "environment";
const BUILDER: &str = "builder";

impl Source {
    fn metadata(&self) -> Metadata {
        match self {
            Self::Default => Metadata::named("default"),
            Self::File(path) => Metadata::from("file", path.as_path()),
            Self::Environment => Metadata::named(ENVIRONMENT),
            Self::Builder => Metadata::named(BUILDER),
        }
    }

    /// The origin of the value that figment ascribes to the layer described by `metadata`.
    pub(super) fn origin(metadata: &Metadata, row: &Row, key: &str) -> Origin {
        if let Some(path) = metadata
            .source
            .as_ref()
            .and_then(figment::Source::file_path)
        {
            return Self::File(path.to_owned()).named(key);
        }
        match &*metadata.name {
            ENVIRONMENT => Self::Environment.named(row.variable.unwrap_or(key)),
            BUILDER => Self::Builder.named(key),
            _ => Origin::Default,
        }
    }

    /// The place of `name`, which need not be known: a variable in the environment, a key elsewhere.
    pub(super) fn place(&self, name: &str) -> Place {
        Place::Setting(self.named(name))
    }

    /// A changed default counts as the builder's here, since that is who can correct it.
    fn named(&self, name: &str) -> Origin {
        let name = name.to_owned();
        match self {
            Self::File(path) => Origin::File {
                path: path.clone(),
                key: name,
            },
            Self::Environment => Origin::Environment { variable: name },
            Self::Default | Self::Builder => Origin::Builder { key: name },
        }
    }
}

/// One setting of a source.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) row: &'static Row,
    /// The full key; it differs from the row's in the name of a planner.
    pub(super) key: String,
    pub(super) value: Value,
}

/// The settings of one source.
#[derive(Debug)]
pub(super) struct Layer {
    source: Source,
    entries: Vec<Entry>,
}

impl Layer {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            entries: Vec::new(),
        }
    }

    /// The defaults of the table.
    pub(super) fn of_defaults() -> Self {
        let entries = ROWS.iter().filter_map(|row| {
            Some(Entry {
                row,
                key: row.key.to_owned(),
                value: Value::from(row.default?),
            })
        });
        Self {
            source: Source::Default,
            entries: entries.collect(),
        }
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// Takes `entry` in if its value is good, and reports it if not.
    pub(super) fn push(&mut self, entry: Entry, problems: &mut Problems) {
        match self.checked(&entry) {
            Ok(value) => self.entries.push(Entry { value, ..entry }),
            Err(reason) => {
                let suggestion = match (&reason, entry.value.as_str()) {
                    (Reason::NotAChoice, Some(word)) => nearest(word, entry.row.kind.words()),
                    _ => None,
                };
                let place = match (&self.source, entry.row.variable) {
                    (Source::Environment, Some(variable)) => self.source.place(variable),
                    _ => self.source.place(&entry.key),
                };
                problems.push(
                    Problem::new(place, reason)
                        .with_value(&entry.value)
                        .allowed_being(entry.row.allowed())
                        .nearest_being(suggestion),
                );
            }
        }
    }

    fn checked(&self, entry: &Entry) -> Result<Value, Reason> {
        let kind = entry.row.kind;
        kind.check(&entry.value)?;
        match &self.source {
            Source::File(path) => {
                let folder = path.parent().unwrap_or(Path::new(""));
                kind.in_folder(entry.value.clone(), folder)
            }
            _ => Ok(entry.value.clone()),
        }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        self.source.metadata()
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut tree = Dict::new();
        for entry in &self.entries {
            insert(&mut tree, &entry.key, entry.value.clone());
        }
        Ok(Profile::Default.collect(tree))
    }
}

fn insert(tree: &mut Dict, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            tree.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            let branch = tree
                .entry(section.to_owned())
                .or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, branch) = branch {
                insert(branch, rest, value);
            }
        }
    }
}

/// The row of `key`, and the key with a planner's name in its normal form.
pub(super) fn find(key: &str) -> Option<(&'static Row, String)> {
    if let Some(row) = ROWS.iter().find(|row| row.key == key) {
        return Some((row, key.to_owned()));
    }
    let (name, field) = key.strip_prefix("planners.")?.split_once('.')?;
    let name = PlannerName::parse(name).ok()?;
    let row = PLANNER_ROWS.iter().find(|row| row.name() == field)?;
    Some((row, format!("planners.{name}.{field}")))
}

/// The known key or section that was probably meant by the unknown `key`: a setting of that very name
/// in another section, else what is spelled alike.
pub(super) fn nearest_key(key: &str) -> Option<String> {
    let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
    if let Some(planner) = section.strip_prefix("planners.") {
        let field = nearest(name, PLANNER_ROWS.iter().map(Row::name))?;
        return Some(format!("planners.{planner}.{field}"));
    }
    if let Some(row) = ROWS.iter().find(|row| row.name() == name) {
        return Some(row.key.to_owned());
    }
    if section.is_empty() {
        let sections = SECTIONS.iter().copied().chain(["planners"]);
        if let Some(section) = nearest(name, sections) {
            return Some(section.to_owned());
        }
    }
    nearest(key, ROWS.iter().map(|row| row.key))
        .or_else(|| {
            let name = nearest(name, ROWS.iter().map(Row::name))?;
            ROWS.iter().find(|row| row.name() == name).map(Row::key)
        })
        .map(str::to_owned)
}
