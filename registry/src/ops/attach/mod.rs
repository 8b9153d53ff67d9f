//! Asking a running host, and finding those there are.

mod error;
mod exchange;
mod hosts;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::socket::{
    Ask, Host, Outcome, PROTOCOL, Place, Spoken, Told, folder_of, is_trusted, peer_of,
};
use super::{Answer, Failure, Form, Question};
use crate::config;

pub use error::AttachError;
pub use hosts::{Exposed, Standing, hosts};

/// How long a host has to answer; longer than it gives itself.
const PATIENCE: Duration = Duration::from_secs(40);

/// A running host that can be asked.
#[derive(Clone, Debug)]
pub struct Attached {
    socket: PathBuf,
    patience: Duration,
}

impl Attached {
    /// The host that `target` means: the id of a process, or the path of a socket.
    pub fn find(control: &config::Control, target: &str) -> Result<Self, AttachError> {
        let pid = target.parse::<u32>().ok();
        let socket = match pid {
            Some(pid) => {
                let folder = folder_of(&control.socket);
                let place = Place::find(&folder)?;
                let socket = place.map(|place| place.socket_of(pid));
                socket.ok_or_else(|| AttachError::none(target))?
            }
            None => PathBuf::from(target),
        };
        match peer_of(&socket) {
            Ok(Some(owner)) if may_be_asked(owner) => {}
            Ok(Some(owner)) => return Err(AttachError::Foreign { socket, owner }),
            Ok(None) | Err(_) => return Err(AttachError::none(target)),
        }
        Ok(Self {
            socket,
            patience: PATIENCE,
        })
    }

    /// Waits no longer than this for an answer.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Asks it; who answered, and what.
    pub fn ask(
        &self,
        question: &Question,
        form: Form,
    ) -> Result<(Host, Result<Answer, Failure>), AttachError> {
        let ask = Ask {
            protocol: PROTOCOL,
            question: question.clone(),
            form,
        };
        let body = serde_json::to_vec(&ask).map_err(AttachError::Unsayable)?;
        let until = Instant::now() + self.patience;
        let answered = exchange::post(&self.socket, "/v1/ask", &body, until)?;
        let told: Told = understand(&self.socket, &answered)?;
        let outcome = match told.outcome {
            Outcome::Answer { well, text } => Ok(Answer { well, text }),
            Outcome::Failure(failure) => Err(failure),
        };
        Ok((told.host, outcome))
    }
}

/// Whoever owns the socket could answer anything; root may look at everybody's.
fn may_be_asked(owner: u32) -> bool {
    is_trusted(owner) || rustix::process::geteuid().is_root()
}

/// What a host said, if it speaks this version.
fn understand<T: serde::de::DeserializeOwned>(
    socket: &Path,
    answered: &exchange::Answered,
) -> Result<T, AttachError> {
    let stranger = || AttachError::NotAHost {
        socket: socket.to_owned(),
    };
    if answered.status == 403 {
        return Err(AttachError::Refused {
            socket: socket.to_owned(),
        });
    }
    if answered.status == 503 || answered.status == 504 {
        return Err(AttachError::Busy {
            socket: socket.to_owned(),
        });
    }
    let spoken: Spoken = serde_json::from_slice(&answered.body).map_err(|_| stranger())?;
    if spoken.protocol < PROTOCOL {
        return Err(AttachError::Older {
            protocol: spoken.protocol,
        });
    }
    if spoken.protocol > PROTOCOL {
        return Err(AttachError::Newer {
            protocol: spoken.protocol,
        });
    }
    serde_json::from_slice(&answered.body).map_err(|_| stranger())
}
