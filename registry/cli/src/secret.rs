//! Secret keys and passphrases: read only from files that nobody else can read, and never shown.
//!
//! Nothing here implements `Debug` over a secret, and no error carries one.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ct_codecs::{Base64, Decoder};
use minisign::{SecretKey, SecretKeyBox};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::failure::Failure;

/// Largest file with a secret key or a passphrase.
const SIZE_BYTES_MAX: u64 = 4 * 1024;

/// How many bytes a secret key takes, with its parameters and its checksum.
const KEY_BYTES: usize = 158;

const CHECKSUM_BYTES: usize = 32;

/// Longest line of a passphrase, which is what minisign takes.
const PASSPHRASE_BYTES_MAX: usize = 1024;

/// Why a secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error("{} is a symbolic link", .path.display())]
    Link { path: PathBuf },
    #[error("{} is owned by user {owner}, and this is user {user}", .path.display())]
    ForeignOwner {
        path: PathBuf,
        owner: u32,
        user: u32,
    },
    #[error("{} can be read by others (mode {mode:04o})", .path.display())]
    OpenToOthers { path: PathBuf, mode: u32 },
    #[error("{} cannot be read", .path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} holds no secret key of minisign's", .path.display())]
    NotAKey { path: PathBuf },
    #[error("the secret key {} is encrypted", .path.display())]
    PassphraseMissing { path: PathBuf },
    #[error("the secret key {} is not encrypted, but a passphrase was given", .path.display())]
    PassphraseUnneeded { path: PathBuf },
    #[error("the passphrase does not open the secret key {}", .path.display())]
    PassphraseWrong { path: PathBuf },
    #[error("{} holds no passphrase: one line of up to 1024 bytes", .path.display())]
    NotAPassphrase { path: PathBuf },
}

impl SecretError {
    fn code(&self) -> &'static str {
        match self {
            Self::Link { .. } => "E_SECRET_LINK",
            Self::ForeignOwner { .. } => "E_SECRET_OWNER",
            Self::OpenToOthers { .. } => "E_SECRET_MODE",
            Self::Unreadable { .. } => "E_SECRET_UNREADABLE",
            Self::NotAKey { .. } => "E_SECRET_KEY",
            Self::PassphraseMissing { .. }
            | Self::PassphraseUnneeded { .. }
            | Self::PassphraseWrong { .. }
            | Self::NotAPassphrase { .. } => "E_PASSPHRASE",
        }
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Link { .. } => "Name the file itself.",
            Self::ForeignOwner { .. } => "Use a key of this user's own.",
            Self::OpenToOthers { .. } => {
                "Others may have read it: make a new key. If surely nobody has, chmod 600 it."
            }
            Self::Unreadable { .. } => "Check the path and the file's rights.",
            Self::NotAKey { .. } => "Name the file that `registry keygen` wrote to its --out.",
            Self::PassphraseMissing { .. } => {
                "Give the file that holds its passphrase with --passphrase-file."
            }
            Self::PassphraseUnneeded { .. } => "Leave --passphrase-file out.",
            Self::PassphraseWrong { .. } => "Check the passphrase; or the key file is damaged.",
            Self::NotAPassphrase { .. } => "Write the passphrase into it, as its only line.",
        }
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        Self::new(error.code(), &error).remedy(error.remedy().to_owned())
    }
}

/// The secret key in the file at `path`, opened with the passphrase in another file if it needs one.
pub(crate) fn key(path: &Path, passphrase_file: Option<&Path>) -> Result<SecretKey, SecretError> {
    let text = read(path)?;
    let path = || path.to_owned();
    match (Form::of(&text), passphrase_file) {
        (Some(Form::Open | Form::Unchecked(_)), Some(_)) => {
            Err(SecretError::PassphraseUnneeded { path: path() })
        }
        (Some(Form::Open), None) => {
            let key = SecretKeyBox::from(text).into_unencrypted_secret_key();
            key.map_err(|_| SecretError::NotAKey { path: path() })
        }
        (Some(Form::Unchecked(key)), None) => Ok(*key),
        (Some(Form::Encrypted), None) => Err(SecretError::PassphraseMissing { path: path() }),
        (Some(Form::Encrypted), Some(file)) => {
            let key = SecretKeyBox::from(text).into_secret_key(Some(passphrase(file)?));
            key.map_err(|_| SecretError::PassphraseWrong { path: path() })
        }
        (None, _) => Err(SecretError::NotAKey { path: path() }),
    }
}

/// How a file holds its key.
enum Form {
    /// As it is.
    Open,
    /// As it is and without a checksum, as the minisign tool writes keys that it does not encrypt.
    Unchecked(Box<SecretKey>),
    /// Encrypted with a key derived from a passphrase.
    Encrypted,
}

impl Form {
    /// Reads it off the second line, which stands for the algorithms, two bytes each, the parameters of
    /// the derivation, the key, and the checksum.
    fn of(text: &str) -> Option<Self> {
        let mut bytes = [0; KEY_BYTES];
        let line = text.lines().nth(1)?;
        let bytes = Base64::decode(&mut bytes, line, None).ok()?;
        let checksum = bytes.get(KEY_BYTES - CHECKSUM_BYTES..)?;
        match bytes.get(..4)? {
            b"EdSc" => Some(Self::Encrypted),
            b"Ed\0\0" if checksum.iter().all(|byte| *byte == 0) => SecretKey::from_bytes(bytes)
                .ok()
                .map(Box::new)
                .map(Self::Unchecked),
            b"Ed\0\0" => Some(Self::Open),
            _ => None,
        }
    }
}

/// The passphrase in the file at `path`: its only line.
pub(crate) fn passphrase(path: &Path) -> Result<String, SecretError> {
    let text = read(path)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    if line.is_empty() || line.len() > PASSPHRASE_BYTES_MAX || line.contains(['\n', '\r', '\0']) {
        return Err(SecretError::NotAPassphrase {
            path: path.to_owned(),
        });
    }
    Ok(line.to_owned())
}

/// The text in the file at `path`, if nobody else can read it.
fn read(path: &Path) -> Result<String, SecretError> {
    let unreadable = |source| SecretError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::LOOP) => {
            return Err(SecretError::Link {
                path: path.to_owned(),
            });
        }
        Err(error) => return Err(unreadable(error.into())),
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(unreadable(io::Error::other("it is no regular file")));
    }
    let user = rustix::process::geteuid().as_raw();
    judge(path, metadata.uid(), user, metadata.mode())?;
    let mut bytes = Vec::new();
    file.take(SIZE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > SIZE_BYTES_MAX {
        return Err(unreadable(io::Error::other("it is larger than 4 KiB")));
    }
    String::from_utf8(bytes).map_err(|_| unreadable(io::Error::other("it is not UTF-8")))
}

/// Whether a file of this owner and mode is this user's alone.
fn judge(path: &Path, owner: u32, user: u32, mode: u32) -> Result<(), SecretError> {
    if owner != user && owner != 0 {
        return Err(SecretError::ForeignOwner {
            path: path.to_owned(),
            owner,
            user,
        });
    }
    let mode = mode & 0o7777;
    if mode & 0o077 != 0 {
        return Err(SecretError::OpenToOthers {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_only_from_a_file_of_this_user_that_nobody_else_can_read() {
        let judged = |owner, user, mode| {
            let verdict = judge(Path::new("/k"), owner, user, mode);
            verdict.map_err(|error| (error.code(), error.to_string()))
        };
        for (owner, mode) in [(1000, 0o100_600), (1000, 0o100_400), (0, 0o100_600)] {
            assert_eq!(judged(owner, 1000, mode), Ok(()));
        }
        for mode in [0o604, 0o640, 0o602, 0o620, 0o601, 0o610] {
            let told = format!("/k can be read by others (mode {mode:04o})");
            assert_eq!(judged(1000, 1000, mode), Err(("E_SECRET_MODE", told)));
        }
        let foreign = "/k is owned by user 1001, and this is user 1000".to_owned();
        assert_eq!(judged(1001, 1000, 0o600), Err(("E_SECRET_OWNER", foreign)));
    }
}
