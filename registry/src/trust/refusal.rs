//! Why a file may not run.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use plugin_api::ApiVersion;
use semver::Version;

use super::{LockError, LockRefusal, SignatureRefusal};
use crate::discovery;
use crate::name::PlannerName;
use crate::state::StateError;

/// Why a file may not run.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The name is on the block list.
    #[error("{name:?} is on the block list", name = name.as_str())]
    Blocked {
        /// The name.
        name: PlannerName,
    },
    /// The name is not on the allowlist.
    #[error("{name:?} is not on the allowlist", name = name.as_str())]
    NotAllowed {
        /// The name.
        name: PlannerName,
    },
    /// Somebody else owns the file.
    #[error("the file is owned by user {owner}; allowed: root and user {user}")]
    FileOwner {
        /// Its owner.
        owner: u32,
        /// The effective user.
        user: u32,
    },
    /// Somebody else may write the file.
    #[error("the file can be changed by other users (mode {mode:04o})")]
    FileWritable {
        /// Its permission bits.
        mode: u32,
    },
    /// Somebody else owns a folder that leads to the file.
    #[error("{} is owned by user {owner}; allowed: root and user {user}", .path.display())]
    DirectoryOwner {
        /// The folder.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// The effective user.
        user: u32,
    },
    /// Somebody else may put another file in this one's place.
    #[error("{} can be changed by other users (mode {mode:04o})", .path.display())]
    DirectoryWritable {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Plugin and host speak interface versions that cannot meet.
    #[error("plugin interface {plugin} of the file is not compatible with {host} of this host")]
    ApiVersion {
        /// What the plugin was built for.
        plugin: ApiVersion,
        /// What this host speaks.
        host: ApiVersion,
    },
    /// A panic in the plugin cannot be contained.
    #[error("a panic in this plugin would end the process: it is built with panic = \"abort\"")]
    PanicAborts,
    /// The environment changes what loading a library means, and the operator refuses that.
    #[error("this process was started with {names}, which change what loading means")]
    LoaderVariables {
        /// The variables.
        names: String,
    },
    /// The host brought a planner of this name along.
    #[error("the host brought its own planner {name:?} along", name = name.as_str())]
    BuiltIn {
        /// The name.
        name: PlannerName,
    },
    /// The file is not what discovery accepts, or not any more.
    #[error(transparent)]
    File(Arc<discovery::Refusal>),
    /// Its signature, or that it has none, does not let it run.
    #[error(transparent)]
    Signature(#[from] SignatureRefusal),
    /// The lock does not let it run.
    #[error(transparent)]
    Lock(#[from] LockRefusal),
    /// The lock cannot be used, so that nothing runs.
    #[error(transparent)]
    LockUnusable(Arc<LockError>),
    /// A higher version was accepted before.
    #[error("version {version} of {name:?} is older than {highest}, which was accepted before", name = name.as_str())]
    Downgrade {
        /// The name.
        name: PlannerName,
        /// The file's version.
        version: Version,
        /// The highest version accepted before.
        highest: Version,
    },
    /// Nothing is known of what was accepted before, and that is required.
    #[error(transparent)]
    State(Arc<StateError>),
    /// The bytes could not be sealed.
    #[error("no sealed copy of the file could be made")]
    Seal(#[source] Arc<io::Error>),
    /// The file was replaced by another planner since it was discovered.
    #[error("the file was replaced since it was discovered as {expected:?}, and holds {found:?} now", expected = expected.as_str())]
    Replaced {
        /// The name in the catalog.
        expected: PlannerName,
        /// The name in the bytes.
        found: String,
    },
}

impl Refusal {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Blocked { .. } => "E_BLOCKED",
            Self::NotAllowed { .. } => "E_NOT_ALLOWED",
            Self::FileOwner { .. } => "E_FILE_OWNER",
            Self::FileWritable { .. } => "E_FILE_WRITABLE_BY_OTHERS",
            Self::DirectoryOwner { .. } => "E_DIRECTORY_OWNER",
            Self::DirectoryWritable { .. } => "E_DIRECTORY_WRITABLE_BY_OTHERS",
            Self::ApiVersion { .. } => "E_API_VERSION",
            Self::PanicAborts => "E_PANIC_ABORTS",
            Self::LoaderVariables { .. } => "E_LOADER_VARIABLES",
            Self::BuiltIn { .. } => "E_BUILT_IN",
            Self::File(refusal) => refusal.code(),
            Self::Signature(refusal) => refusal.code(),
            Self::Lock(refusal) => refusal.code(),
            Self::LockUnusable(error) => error.code(),
            Self::Downgrade { .. } => "E_DOWNGRADE",
            Self::State(error) => error.code(),
            Self::Seal(_) => "E_SEAL",
            Self::Replaced { .. } => "E_REPLACED",
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Blocked { name } => {
                format!("If {name} may run, take it off PLANNERS_BLOCK and [trust] blocked.")
            }
            Self::NotAllowed { name } => {
                format!("If {name} may run, add it to FACTORY_ALLOWED_PLANNERS or [trust] allowed.")
            }
            Self::FileOwner { .. } => {
                "Make sure of what the file holds, then give it to root or to this user; or set FACTORY_ALLOW_FOREIGN_OWNER=1."
                    .to_owned()
            }
            Self::FileWritable { .. } => {
                "Make sure of what the file holds, then `chmod go-w` it.".to_owned()
            }
            Self::DirectoryOwner { .. } => {
                "Give the folder to root or to this user; or set FACTORY_ALLOW_FOREIGN_OWNER=1."
                    .to_owned()
            }
            Self::DirectoryWritable { .. } => {
                "Make sure of what the folder holds, then `chmod go-w` it.".to_owned()
            }
            Self::ApiVersion { plugin, host } if plugin.major == host.major => {
                format!("Update the host, or build the plugin again with plugin-api {host}.")
            }
            Self::ApiVersion { host, .. } => {
                format!("Build the plugin again with plugin-api {host}.")
            }
            Self::PanicAborts => {
                "Build the plugin with panic = \"unwind\", or set `[planners.NAME] isolation` to worker."
                    .to_owned()
            }
            Self::LoaderVariables { .. } => {
                "Start the process without them, or set FACTORY_REFUSE_LOADER_VARIABLES=0.".to_owned()
            }
            Self::BuiltIn { .. } => {
                "Remove the file, or build the host without its own.".to_owned()
            }
            Self::File(refusal) => refusal.remedy().to_owned(),
            Self::Signature(refusal) => refusal.remedy().to_owned(),
            Self::Lock(refusal) => refusal.remedy(),
            Self::LockUnusable(error) => error.remedy().to_owned(),
            Self::Downgrade { name, .. } => format!(
                "Install the newer version again; if {name} may go back, add it to FACTORY_ALLOW_DOWNGRADE or [trust] allow_downgrade."
            ),
            Self::State(error) => error.remedy().to_owned(),
            Self::Seal(_) => {
                "Check that the system allows memory files and has memory left.".to_owned()
            }
            Self::Replaced { .. } => "Discover again.".to_owned(),
        }
    }
}

impl From<discovery::Refusal> for Refusal {
    fn from(refusal: discovery::Refusal) -> Self {
        Self::File(Arc::new(refusal))
    }
}
