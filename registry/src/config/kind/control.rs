//! Where hosts can be asked, and what lets a caller over TCP change them.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use figment::value::Value;

use super::{Kind, OnePath};
use crate::config::{error::Reason, value::scalar_text};

/// The word for the folder that the system keeps for what runs.
const RUNTIME: &str = "runtime";

/// Shortest and longest token.
const TOKEN_CHARS_MIN: usize = 32;
const TOKEN_CHARS_MAX: usize = 512;

/// The folder for control sockets, or the one that the system keeps for the user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SocketFolder(Option<PathBuf>);

impl SocketFolder {
    /// The folder, unless it is left to the system.
    pub fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }
}

/// A folder's path, or `runtime`.
#[derive(Debug)]
pub(in crate::config) struct FolderOrRuntime;

impl Kind for FolderOrRuntime {
    type Value = SocketFolder;

    fn parse(&self, value: &Value) -> Result<SocketFolder, Reason> {
        match value.as_str() {
            Some(RUNTIME) => Ok(SocketFolder(None)),
            _ => OnePath.parse(value).map(|path| SocketFolder(Some(path))),
        }
    }

    fn allowed(&self) -> String {
        "a folder's path, or runtime".to_owned()
    }

    fn show(&self, value: &SocketFolder) -> String {
        value.path().map_or_else(
            || RUNTIME.to_owned(),
            |path| path.to_string_lossy().into_owned(),
        )
    }

    fn in_folder(&self, value: Value, folder: &Path) -> Result<Value, Reason> {
        let path = match self.parse(&value)? {
            SocketFolder(Some(path)) => folder.join(path),
            SocketFolder(None) => return Ok(value),
        };
        let text = path.into_os_string().into_string();
        Ok(Value::from(text.map_err(|_| Reason::NotUtf8)?))
    }
}

/// What whoever may change a host over TCP has to know. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token that `text` is, but for white space around it: 32 to 512 letters, digits and signs of
    /// ASCII without blanks.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = (TOKEN_CHARS_MIN..=TOKEN_CHARS_MAX).contains(&text.len());
        let sound = text.bytes().all(|byte| byte.is_ascii_graphic());
        (fits && sound).then(|| Self(text.to_owned()))
    }

    /// Whether `given` is this token. How long it takes does not depend on where the two differ.
    pub fn matches(&self, given: &[u8]) -> bool {
        // Hashes of equal length, which blake3 compares in constant time.
        blake3::hash(self.0.as_bytes()) == blake3::hash(given)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(********)")
    }
}

/// A token, or nothing for none.
#[derive(Debug)]
pub(in crate::config) struct TokenOrNone;

impl Kind for TokenOrNone {
    type Value = Option<Token>;

    fn parse(&self, value: &Value) -> Result<Option<Token>, Reason> {
        let text = scalar_text(value).ok_or(Reason::WrongType)?;
        if text.is_empty() {
            return Ok(None);
        }
        Token::parse(&text).map(Some).ok_or(Reason::OutOfRange)
    }

    fn allowed(&self) -> String {
        format!("{TOKEN_CHARS_MIN} to {TOKEN_CHARS_MAX} letters, digits and signs without blanks")
    }

    fn show(&self, value: &Option<Token>) -> String {
        value
            .as_ref()
            .map_or_else(String::new, |token| token.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_enough_and_never_shown() {
        let long = "x".repeat(TOKEN_CHARS_MIN);
        let token = Token::parse(&format!(" {long}\n")).unwrap();
        assert!(token.matches(long.as_bytes()));
        assert!(!token.matches(&long.as_bytes()[1..]));
        assert!(!token.matches(b""));
        assert_eq!(format!("{token:?}"), "Token(********)");
        let short = "x".repeat(TOKEN_CHARS_MIN - 1);
        let endless = "x".repeat(TOKEN_CHARS_MAX + 1);
        let blank = format!("{long} {long}");
        for text in [short.as_str(), &endless, &blank, "", "ü"] {
            assert_eq!(Token::parse(text), None, "{text}");
        }
        assert_eq!(TokenOrNone.parse(&Value::from("")).unwrap(), None);
        assert!(TokenOrNone.parse(&Value::from(short)).is_err());
    }

    #[test]
    fn sockets_lie_where_the_system_keeps_them_unless_somebody_says_otherwise() {
        let parse = |text: &str| FolderOrRuntime.parse(&Value::from(text)).unwrap();
        assert_eq!(parse("runtime").path(), None);
        assert_eq!(parse("/run/hosts").path(), Some(Path::new("/run/hosts")));
        for text in ["runtime", "/run/hosts"] {
            assert_eq!(FolderOrRuntime.show(&parse(text)), text);
        }
    }
}
