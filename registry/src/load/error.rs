//! Why a verified library could not be turned into a module.

use std::path::PathBuf;
use std::time::Duration;

use crate::name::PlannerName;

/// Why a verified library could not be turned into a module.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The dynamic loader refused the library.
    #[error("the dynamic loader refused the library: {reason}")]
    Open {
        /// What the loader said.
        reason: String,
    },
    /// The sealed copy cannot be reached, or not what is mapped be seen.
    #[error("libraries are mapped through /proc, which cannot be used: {reason}")]
    Proc {
        /// Why not.
        reason: String,
    },
    /// A library that the plugin needs comes from elsewhere than the system.
    #[error("it needs {library}, and this process has taken it from {}, where the environment led it", .path.display())]
    LibraryRedirected {
        /// The needed library.
        library: &'static str,
        /// The file that is loaded in its place.
        path: PathBuf,
    },
    /// A library that the plugin needs is not there.
    #[error(
        "it needs {library}, which is neither loaded nor in a folder of the system that only root can write"
    )]
    LibraryMissing {
        /// The needed library.
        library: &'static str,
    },
    /// The file was written over while an earlier state of it is mapped.
    #[error("an earlier state of this very file is mapped already")]
    AlreadyMapped,
    /// The library has a manifest but no root module.
    #[error("the library exports no plugin header")]
    NoRoot,
    /// The header that the dynamic loader found is not part of the library that was verified.
    #[error("the plugin header that the dynamic loader found lies outside of the verified library")]
    WrongObject,
    /// The header was made by another version of the layout checker.
    #[error("the plugin header was made by an incompatible abi_stable ({found})")]
    Header {
        /// The version found in the header.
        found: String,
    },
    /// A type that crosses the interface has another layout in the plugin.
    #[error("the plugin's tables differ from the host's: {first_difference}")]
    Layout {
        /// The first difference found.
        first_difference: String,
    },
    /// The plugin's own code failed while it handed out its table.
    #[error("the plugin could not hand out its table: {reason}")]
    Root {
        /// What went wrong.
        reason: String,
    },
    /// The opened object hands out another manifest than the one that was read from the file.
    #[error(
        "the file shows the manifest of {declared:?}, but its code hands out another, of {exported:?}"
    )]
    ManifestMismatch {
        /// Name in the manifest section.
        declared: String,
        /// Name in the manifest that the table hands out.
        exported: String,
    },
    /// Another thread is still mapping a library, and only one can at a time.
    #[error(
        "the dynamic loader was still busy with planner {mapping:?} after {waited:?}",
        mapping = mapping.as_str()
    )]
    TimedOut {
        /// The planner whose library is being mapped.
        mapping: PlannerName,
        /// How long this caller waited.
        waited: Duration,
    },
    /// A promise of this crate was broken.
    #[error("our bug: {what}")]
    Bug {
        /// The broken promise.
        what: &'static str,
    },
}

impl LoadError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open { .. } => "E_OPEN",
            Self::Proc { .. } => "E_PROC",
            Self::LibraryRedirected { .. } => "E_LIBRARY_REDIRECTED",
            Self::LibraryMissing { .. } => "E_LIBRARY_MISSING",
            Self::AlreadyMapped => "E_ALREADY_MAPPED",
            Self::NoRoot => "E_NO_ROOT",
            Self::WrongObject => "E_WRONG_OBJECT",
            Self::Header { .. } => "E_ABI_HEADER",
            Self::Layout { .. } => "E_ABI_LAYOUT",
            Self::Root { .. } => "E_ROOT_FAILED",
            Self::ManifestMismatch { .. } => "E_MANIFEST_MISMATCH",
            Self::TimedOut { .. } => "E_LOAD_TIMEOUT",
            Self::Bug { .. } => "E_BUG",
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Open { .. } => "See what it needs with `readelf -d FILE`, and build it again on this system.".to_owned(),
            Self::Proc { .. } => {
                "Mount /proc for this process, or raise its limit of open files.".to_owned()
            }
            Self::LibraryRedirected { .. } => {
                "Start the process without LD_LIBRARY_PATH, LD_PRELOAD and LD_AUDIT.".to_owned()
            }
            Self::LibraryMissing { library } => format!("Install the package that {library} is in."),
            Self::AlreadyMapped => {
                "Put new versions in place by renaming a finished file, or set FACTORY_TRUST_BYTES=sealed."
                    .to_owned()
            }
            Self::NoRoot => "Export the planner with `plugin_api::export_planner!`.".to_owned(),
            Self::WrongObject => {
                "Take the file out of the plugin folder, and ask its author why.".to_owned()
            }
            Self::Header { .. } | Self::Layout { .. } => format!(
                "Build the plugin again with plugin-api {}.",
                plugin_api::API_VERSION
            ),
            Self::Root { .. } => "Report it to the plugin's author.".to_owned(),
            Self::ManifestMismatch { .. } => {
                "Build the plugin again: its manifest section was changed, or comes from another build.".to_owned()
            }
            Self::TimedOut { mapping, .. } => {
                format!("See why the library of {mapping} does not finish its constructors.")
            }
            Self::Bug { .. } => "Report it to the maintainers of registry.".to_owned(),
        }
    }
}
