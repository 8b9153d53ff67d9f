//! Which hosts are exposed.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use registry_core::parallel;
use serde::Serialize;

use super::{AttachError, exchange, understand};
use crate::config;
use crate::ops::socket::{Host, HostStatus, Place, State, folder_of, pid_of, state_of};

/// How long each has to say who it is.
const PATIENCE: Duration = Duration::from_secs(3);

/// Most sockets that are looked at.
const SOCKETS_MAX: usize = 1_000;

/// How many are asked at once.
const THREADS: NonZeroUsize = NonZeroUsize::new(16).unwrap();

/// A socket, and who is behind it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Exposed {
    /// The process that made it, by its name.
    pub pid: u32,
    /// Where it is.
    pub socket: PathBuf,
    /// Who is behind it.
    #[serde(flatten)]
    pub standing: Standing,
}

/// Who is behind a socket.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Standing {
    /// A host that answers.
    Answers {
        /// Which.
        host: Host,
        /// How many planners it can use.
        active: usize,
        /// Whether that is enough: one.
        ready: bool,
    },
    /// Nobody any more.
    Stale,
    /// Somebody who does not say who it is.
    Silent {
        /// The code of what went wrong.
        code: &'static str,
    },
}

/// Every socket in the folder of these settings, by the ids of their processes.
pub fn hosts(control: &config::Control) -> Result<Vec<Exposed>, AttachError> {
    let folder = folder_of(&control.socket);
    let Some(place) = Place::find(&folder)? else {
        return Ok(Vec::new());
    };
    let unreadable = |source| AttachError::Io {
        socket: folder.clone(),
        source,
    };
    let entries = fs::read_dir(place.path()).map_err(unreadable)?;
    let names = entries.flatten().map(|entry| entry.file_name());
    let mut pids: Vec<u32> = names.filter_map(|name| pid_of(&name)).collect();
    pids.sort_unstable();
    pids.truncate(SOCKETS_MAX);
    let standings = parallel::map(&pids, THREADS, |pid| {
        let socket = place.socket_of(*pid);
        standing(&socket).map(|standing| Exposed {
            pid: *pid,
            socket,
            standing,
        })
    });
    Ok(standings.into_iter().flatten().collect())
}

/// Who is behind it; nothing if it was taken away meanwhile.
fn standing(socket: &Path) -> Option<Standing> {
    match state_of(socket) {
        State::Missing => return None,
        State::Stale => return Some(Standing::Stale),
        State::Living => {}
        State::Unknown => {
            return Some(Standing::Silent {
                code: "E_NOT_A_HOST",
            });
        }
    }
    Some(match ask(socket) {
        Ok(status) => Standing::Answers {
            host: status.host,
            active: status.active,
            ready: status.ready,
        },
        Err(AttachError::Stale { .. }) => Standing::Stale,
        Err(error) => Standing::Silent { code: error.code() },
    })
}

fn ask(socket: &Path) -> Result<HostStatus, AttachError> {
    let answered = exchange::get(socket, "/v1/host", Instant::now() + PATIENCE)?;
    understand(socket, &answered)
}
