//! A folder or a file that can be done without.

use std::path::{Path, PathBuf};

use figment::value::Value;

use super::{Kind, OnePath};
use crate::config::error::Reason;

/// The word for no folder.
const OFF: &str = "off";

/// A folder, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder(Option<PathBuf>);

impl Folder {
    /// The folder, unless it is off.
    pub fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }
}

/// A folder's path, or `off`.
#[derive(Debug)]
pub(in crate::config) struct FolderOrOff;

impl Kind for FolderOrOff {
    type Value = Folder;

    fn parse(&self, value: &Value) -> Result<Folder, Reason> {
        match value.as_str() {
            Some(OFF) => Ok(Folder(None)),
            _ => OnePath.parse(value).map(|path| Folder(Some(path))),
        }
    }

    fn allowed(&self) -> String {
        "a folder's path, or off".to_owned()
    }

    fn show(&self, value: &Folder) -> String {
        value.path().map_or_else(
            || OFF.to_owned(),
            |path| path.to_string_lossy().into_owned(),
        )
    }

    fn in_folder(&self, value: Value, folder: &Path) -> Result<Value, Reason> {
        let path = match self.parse(&value)? {
            Folder(Some(path)) => folder.join(path),
            Folder(None) => return Ok(value),
        };
        let text = path
            .into_os_string()
            .into_string()
            .map_err(|_| Reason::NotUtf8)?;
        Ok(Value::from(text))
    }
}

/// A file's path, or `off`.
#[derive(Debug)]
pub(in crate::config) struct FileOrOff;

impl Kind for FileOrOff {
    type Value = Option<PathBuf>;

    fn parse(&self, value: &Value) -> Result<Option<PathBuf>, Reason> {
        Ok(FolderOrOff.parse(value)?.0)
    }

    fn allowed(&self) -> String {
        "a file's path, or off".to_owned()
    }

    fn show(&self, value: &Option<PathBuf>) -> String {
        FolderOrOff.show(&Folder(value.clone()))
    }

    fn in_folder(&self, value: Value, folder: &Path) -> Result<Value, Reason> {
        Kind::in_folder(&FolderOrOff, value, folder)
    }
}
