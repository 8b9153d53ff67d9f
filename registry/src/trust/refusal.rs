//! Why a file may not run.

use std::sync::Arc;

use plugin_api::ApiVersion;

use crate::discovery::ElfError;
use crate::name::PlannerName;

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
    /// Plugin and host speak interface versions that cannot meet.
    #[error("plugin interface {plugin} of the file is not compatible with {host} of this host")]
    ApiVersion {
        /// What the plugin was built for.
        plugin: ApiVersion,
        /// What this host speaks.
        host: ApiVersion,
    },
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Unreadable(#[source] Arc<std::io::Error>),
    /// The file is no regular file any more.
    #[error("not a regular file")]
    NotRegular,
    /// The file is larger than the bound.
    #[error("larger than {size_bytes_max} bytes")]
    TooLarge {
        /// The bound.
        size_bytes_max: u64,
    },
    /// The bytes are no library that may be loaded.
    #[error(transparent)]
    Library(Arc<ElfError>),
    /// The file was replaced by another planner since it was discovered.
    #[error("the file was {expected:?} when it was discovered and is {found:?} now", expected = expected.as_str())]
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
            Self::ApiVersion { .. } => "E_API_VERSION",
            Self::Unreadable(_) => "E_READ",
            Self::NotRegular => "E_NOT_REGULAR",
            Self::TooLarge { .. } => "E_TOO_LARGE",
            Self::Library(error) => error.code(),
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
            Self::ApiVersion { plugin, host } if plugin.major == host.major => {
                format!("Update the host, or build the plugin again with plugin-api {host}.")
            }
            Self::ApiVersion { host, .. } => {
                format!("Build the plugin again with plugin-api {host}.")
            }
            Self::Unreadable(_) => {
                "Check the disk and the file's permissions, then discover again.".to_owned()
            }
            Self::NotRegular => "Put the library itself in its place.".to_owned(),
            Self::TooLarge { .. } => "Strip the library of debug information.".to_owned(),
            Self::Library(error) => error.remedy().to_owned(),
            Self::Replaced { .. } => "Discover again.".to_owned(),
        }
    }
}

impl From<ElfError> for Refusal {
    fn from(error: ElfError) -> Self {
        Self::Library(Arc::new(error))
    }
}
