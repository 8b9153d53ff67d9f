//! A program that can be left to the host's own.

use std::path::{Path, PathBuf};

use figment::value::Value;

use super::{Kind, OnePath};
use crate::config::error::Reason;

/// The word for the program that reads the setting.
const OWN: &str = "self";

/// A program, or the one that reads the setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramFile(Option<PathBuf>);

impl ProgramFile {
    /// The program's file, unless it is the host's own.
    pub fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }
}

/// A program's path, or `self`.
#[derive(Debug)]
pub(in crate::config) struct ProgramOrSelf;

impl Kind for ProgramOrSelf {
    type Value = ProgramFile;

    fn parse(&self, value: &Value) -> Result<ProgramFile, Reason> {
        match value.as_str() {
            Some(OWN) => Ok(ProgramFile(None)),
            _ => OnePath.parse(value).map(|path| ProgramFile(Some(path))),
        }
    }

    fn allowed(&self) -> String {
        "a program's path, or self".to_owned()
    }

    fn show(&self, value: &ProgramFile) -> String {
        value.path().map_or_else(
            || OWN.to_owned(),
            |path| path.to_string_lossy().into_owned(),
        )
    }

    fn in_folder(&self, value: Value, folder: &Path) -> Result<Value, Reason> {
        let path = match self.parse(&value)? {
            ProgramFile(Some(path)) => folder.join(path),
            ProgramFile(None) => return Ok(value),
        };
        let text = path
            .into_os_string()
            .into_string()
            .map_err(|_| Reason::NotUtf8)?;
        Ok(Value::from(text))
    }
}
