//! Why nothing is served.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::FileFault;
use crate::ops::socket::{FolderError, SocketError};

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened at.
    #[error("cannot listen at {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The file of the token was not read.
    #[error("the token cannot be read from {}", .path.display())]
    TokenFile {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: FileFault,
    },
    /// The file of the token can be read by others, or holds no token.
    #[error("{} holds no token, or shows it to others", .path.display())]
    Token {
        /// Which.
        path: PathBuf,
    },
    /// There is no folder for the control socket.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The control socket cannot be made.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The system gives no thread or no descriptors.
    #[error("the system has nothing left to serve with")]
    System(#[source] io::Error),
}

impl ServeError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Listen { .. } => "E_LISTEN",
            Self::TokenFile { .. } | Self::Token { .. } => "E_TOKEN_FILE",
            Self::Folder(error) => error.code(),
            Self::Socket(error) => error.code(),
            Self::System(_) => "E_SERVE_SYSTEM",
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Listen { .. } => {
                "Choose another address, or end the program that listens at this one."
            }
            Self::TokenFile { .. } | Self::Token { .. } => {
                "Name a file of this user with mode 0600 that holds 32 to 512 characters without blanks."
            }
            Self::Folder(error) => error.remedy(),
            Self::Socket(error) => error.remedy(),
            Self::System(_) => "Raise the limits on threads and open files of this process.",
        }
    }
}
