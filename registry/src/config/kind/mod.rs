//! The kinds of values a setting can have: each parses, shows and describes its own.
//!
//! A value arrives as the text of a variable or as a value of TOML, and both mean the same: a single
//! value is always judged by its text, a list may be one text with separators or a list of texts.

mod control;
mod folder;
mod list;
mod network;
mod number;
mod program;
mod word;

use std::{fmt, path::Path};

use figment::value::Value;

use super::{error::Reason, value::to_json};

pub(super) use self::{
    control::{FolderOrRuntime, TokenOrNone},
    folder::{FileOrOff, FolderOrOff},
    list::{Names, OnePath, Paths, Texts},
    network::Ports,
    number::{Count, Duration, Number},
    program::ProgramOrSelf,
    word::{BYTES_FROM, LEVELS, LOG_FORMATS, POLICIES, SANDBOXES, Switch},
};
pub use self::{
    control::{SocketFolder, Token},
    folder::Folder,
    network::Network,
    program::ProgramFile,
    word::{BytesFrom, LogFormat, Policy, SandboxMode},
};

/// One kind of value.
pub(super) trait Kind: fmt::Debug + Sync {
    /// What a checked value becomes.
    type Value;

    /// Checks `value`.
    fn parse(&self, value: &Value) -> Result<Self::Value, Reason>;

    /// What is allowed, in words that follow "allowed: ".
    fn allowed(&self) -> String;

    /// The checked value as a person reads it, which [`Kind::parse`] takes as well.
    fn show(&self, value: &Self::Value) -> String;

    /// The known words, for a suggestion to who mistypes one.
    fn words(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// A checked value of a file in `folder`, with its relative paths made to start there.
    fn in_folder(&self, value: Value, _folder: &Path) -> Result<Value, Reason> {
        Ok(value)
    }
}

/// A [`Kind`] whose type of value does not matter: what the table of settings stores.
pub(super) trait Check: fmt::Debug + Sync {
    fn check(&self, value: &Value) -> Result<(), Reason>;
    fn allowed(&self) -> String;
    fn words(&self) -> Vec<&'static str>;
    fn in_folder(&self, value: Value, folder: &Path) -> Result<Value, Reason>;
}

impl<K: Kind> Check for K {
    fn check(&self, value: &Value) -> Result<(), Reason> {
        self.parse(value).map(drop)
    }

    fn allowed(&self) -> String {
        Kind::allowed(self)
    }

    fn words(&self) -> Vec<&'static str> {
        Kind::words(self)
    }

    fn in_folder(&self, value: Value, folder: &Path) -> Result<Value, Reason> {
        Kind::in_folder(self, value, folder)
    }
}

/// A free table, handed on as it is.
#[derive(Debug)]
pub(super) struct FreeTable;

impl Kind for FreeTable {
    type Value = Table;

    fn parse(&self, value: &Value) -> Result<Table, Reason> {
        if value.as_dict().is_none() {
            return Err(Reason::WrongType);
        }
        match to_json(value) {
            Some(serde_json::Value::Object(map)) => Ok(Table(map)),
            _ => Err(Reason::NotJson),
        }
    }

    fn allowed(&self) -> String {
        "a table of values for the planner".to_owned()
    }

    fn show(&self, value: &Table) -> String {
        format!("{} values", value.0.len())
    }
}

/// Settings that a planner reads and the registry does not know.
#[derive(Clone, Default, PartialEq)]
pub struct Table(serde_json::Map<String, serde_json::Value>);

impl From<serde_json::Map<String, serde_json::Value>> for Table {
    fn from(values: serde_json::Map<String, serde_json::Value>) -> Self {
        Self(values)
    }
}

impl Table {
    /// The values by key.
    pub fn as_map(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.0
    }
}

/// Shows the keys alone, for the values may be secrets.
impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
