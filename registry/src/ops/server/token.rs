//! Finds the token that callers over TCP must know.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::ServeError;
use crate::config::{self, Token, guarded};

/// Largest file that is looked at.
const FILE_BYTES_MAX: u64 = 4 << 10;

/// Who else could read the file.
const OTHERS: u32 = 0o077;

/// The token of these settings: that in the file if there is one, else the one in the setting itself.
pub(super) fn of(control: &config::Control) -> Result<Option<Token>, ServeError> {
    match &control.token_file {
        Some(path) => read(path).map(Some),
        None => Ok(control.token.clone()),
    }
}

fn read(path: &Path) -> Result<Token, ServeError> {
    let fault = |source| ServeError::TokenFile {
        path: path.to_owned(),
        source,
    };
    let none = || ServeError::Token {
        path: path.to_owned(),
    };
    let bytes = guarded::read(path, FILE_BYTES_MAX).map_err(fault)?;
    // It was read through folders that nobody else can write, so this is the same file.
    let metadata = path
        .symlink_metadata()
        .map_err(|error| fault(error.into()))?;
    if metadata.permissions().mode() & OTHERS != 0 {
        return Err(none());
    }
    let text = std::str::from_utf8(&bytes).ok();
    text.and_then(Token::parse).ok_or_else(none)
}
