//! Why a running host did not answer.

use std::io;
use std::path::PathBuf;

use crate::ops::socket::{FolderError, PROTOCOL};

/// Why a running host did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttachError {
    /// Nobody exposes themselves there.
    #[error("no host is exposed as {target:?}")]
    None {
        /// What was asked for.
        target: String,
    },
    /// A socket is there, and nobody listens at it any more.
    #[error("whoever listened at {} is gone", .socket.display())]
    Stale {
        /// The socket.
        socket: PathBuf,
    },
    /// The socket belongs to another user, who could answer anything.
    #[error("{} belongs to the user {owner}", .socket.display())]
    Foreign {
        /// The socket.
        socket: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// The host answers other users.
    #[error("the host at {} does not answer this user", .socket.display())]
    Refused {
        /// The socket.
        socket: PathBuf,
    },
    /// The host has too much to do.
    #[error("the host at {} has too much to do", .socket.display())]
    Busy {
        /// The socket.
        socket: PathBuf,
    },
    /// The host speaks an older version.
    #[error("the host speaks version {protocol} of the control protocol, this command {PROTOCOL}")]
    Older {
        /// Which.
        protocol: u32,
    },
    /// The host speaks a newer version.
    #[error("the host speaks version {protocol} of the control protocol, this command {PROTOCOL}")]
    Newer {
        /// Which.
        protocol: u32,
    },
    /// Something else listens there.
    #[error("what listens at {} is no host of this kind", .socket.display())]
    NotAHost {
        /// The socket.
        socket: PathBuf,
    },
    /// The answer did not come in time.
    #[error("the host at {} did not answer in time", .socket.display())]
    TimedOut {
        /// The socket.
        socket: PathBuf,
    },
    /// The connection broke.
    #[error("the host at {} cannot be talked to", .socket.display())]
    Io {
        /// The socket.
        socket: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The question holds what cannot be sent, such as a path that is no UTF-8.
    #[error("the question cannot be sent")]
    Unsayable(#[source] serde_json::Error),
    /// The folder of the sockets is not used.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

impl AttachError {
    pub(super) fn none(target: &str) -> Self {
        Self::None {
            target: target.to_owned(),
        }
    }

    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::None { .. } => "E_NO_SUCH_HOST",
            Self::Stale { .. } => "E_STALE_SOCKET",
            Self::Foreign { .. } => "E_SOCKET_OWNER",
            Self::Refused { .. } => "E_PEER_REFUSED",
            Self::Busy { .. } => "E_HOST_BUSY",
            Self::Older { .. } => "E_HOST_OLDER",
            Self::Newer { .. } => "E_HOST_NEWER",
            Self::NotAHost { .. } => "E_NOT_A_HOST",
            Self::TimedOut { .. } => "E_ATTACH_TIMEOUT",
            Self::Io { .. } => "E_ATTACH_IO",
            Self::Unsayable(_) => "E_UNSAYABLE",
            Self::Folder(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::None { .. } => "See which hosts are exposed, with `registry ps`.",
            Self::Stale { .. } => "Start the host again; the socket can be removed.",
            Self::Foreign { .. } | Self::Refused { .. } => {
                "Run the command as the user of the host, or as root."
            }
            Self::Busy { .. } | Self::TimedOut { .. } => "Try again.",
            Self::Older { .. } => "Use the command of the host's version, or update the host.",
            Self::Newer { .. } => "Update the command.",
            Self::NotAHost { .. } => "Check the path; `registry ps` shows the sockets there are.",
            Self::Io { .. } => "Try again; if it stays so, look into the log of the host.",
            Self::Unsayable(_) => "Name the file by a path in UTF-8.",
            Self::Folder(error) => error.remedy(),
        }
    }
}
