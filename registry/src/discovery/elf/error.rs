//! Why a file is no library that may be loaded, with evidence and remedy.

use std::borrow::Cow;
use std::io;

use plugin_api::manifest::{ManifestError, SECTION};

/// Why the reader refused a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ElfError {
    /// The file could not be read, or became shorter meanwhile.
    #[error("reading failed")]
    Read(#[source] io::Error),
    /// Not an ELF file, and no library of another system either.
    #[error("not a shared library: {found}")]
    NotALibrary {
        /// What it is instead.
        found: Cow<'static, str>,
    },
    /// A library, but not for this machine.
    #[error(
        "built for another platform: {found}; this machine needs {}",
        super::header::PLATFORM
    )]
    WrongPlatform {
        /// What it was built for.
        found: Cow<'static, str>,
    },
    /// An ELF file for this machine that is no shared library.
    #[error("an ELF file for this machine, but {found}, not a shared library")]
    NotShared {
        /// What it is instead.
        found: &'static str,
    },
    /// The file ends before what its headers announce.
    #[error("{what} ends at byte {end}, the file at byte {len}")]
    Truncated {
        /// The part that is cut off.
        what: &'static str,
        /// Where it should end.
        end: u64,
        /// The file's size.
        len: u64,
    },
    /// A header holds a value that no linker writes.
    #[error("malformed header: {what}")]
    Malformed {
        /// The value.
        what: &'static str,
    },
    /// A segment the loader would map differently from what the headers suggest.
    #[error("segment at address {address:#x}: {what}")]
    BadSegment {
        /// Where the segment would be mapped.
        address: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A segment both writable and executable.
    #[error("segment at address {address:#x} is both writable and executable")]
    WritableCode {
        /// Where the segment would be mapped.
        address: u64,
    },
    /// Loading it would make the stacks of the whole process executable.
    #[error("{evidence}, which makes the stacks of the whole process executable")]
    ExecutableStack {
        /// What in the headers says so.
        evidence: &'static str,
    },
    /// No dynamic segment, or more than one.
    #[error("{count} dynamic segments; a shared library has exactly one")]
    DynamicCount {
        /// How many there are.
        count: usize,
    },
    /// Dynamic entries that cannot be read as the loader would.
    #[error("dynamic entries: {what}")]
    BadDynamic {
        /// What is wrong.
        what: &'static str,
    },
    /// Section headers tell of other dynamic entries than the loader reads.
    #[error("section headers and dynamic segment disagree: {what}")]
    DynamicDisagrees {
        /// Where.
        what: &'static str,
    },
    /// It changes where libraries are searched.
    #[error("{tag} sets a search path for libraries")]
    RunPath {
        /// The dynamic entry.
        tag: &'static str,
    },
    /// It redirects its symbols to another object.
    #[error("{tag} pulls in another object")]
    Filter {
        /// The dynamic entry.
        tag: &'static str,
    },
    /// It asks the loader to run an auditor.
    #[error("{tag} asks the loader to run another object as an auditor")]
    Audit {
        /// The dynamic entry.
        tag: &'static str,
    },
    /// Loading it rewrites code.
    #[error("{tag} asks the loader to rewrite code while loading")]
    TextRelocations {
        /// The dynamic entry.
        tag: &'static str,
    },
    /// Its own name would capture another library's.
    #[error("SONAME {soname:?} {what}")]
    BadSoname {
        /// The name.
        soname: String,
        /// Why it is refused.
        what: &'static str,
    },
    /// It needs a library that is not on the list.
    #[error("needs library {library:?}, which plugins may not need")]
    NeedsLibrary {
        /// The library.
        library: String,
    },
    /// A section header that cannot be right.
    #[error("section headers: {what}")]
    BadSection {
        /// What is wrong.
        what: &'static str,
    },
    /// A compressed section.
    #[error("section {index} is compressed")]
    CompressedSection {
        /// Its place in the section header table.
        index: usize,
    },
    /// No manifest section.
    #[error("no section {SECTION:?}")]
    NoManifest,
    /// More than one manifest section.
    #[error("more than one section {SECTION:?}")]
    TwoManifests,
    /// The section holds no well-formed manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl ElfError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "E_READ",
            Self::NotALibrary { .. } => "E_NOT_A_LIBRARY",
            Self::WrongPlatform { .. } => "E_WRONG_PLATFORM",
            Self::NotShared { .. } => "E_NOT_SHARED",
            Self::Truncated { .. } => "E_TRUNCATED",
            Self::Malformed { .. } => "E_MALFORMED",
            Self::BadSegment { .. } => "E_BAD_SEGMENT",
            Self::WritableCode { .. } => "E_WRITABLE_CODE",
            Self::ExecutableStack { .. } => "E_EXECUTABLE_STACK",
            Self::DynamicCount { .. } => "E_DYNAMIC_COUNT",
            Self::BadDynamic { .. } => "E_BAD_DYNAMIC",
            Self::DynamicDisagrees { .. } => "E_DYNAMIC_DISAGREES",
            Self::RunPath { .. } => "E_RUN_PATH",
            Self::Filter { .. } => "E_FILTER",
            Self::Audit { .. } => "E_AUDIT",
            Self::TextRelocations { .. } => "E_TEXT_RELOCATIONS",
            Self::BadSoname { .. } => "E_BAD_SONAME",
            Self::NeedsLibrary { .. } => "E_NEEDS_LIBRARY",
            Self::BadSection { .. } => "E_BAD_SECTION",
            Self::CompressedSection { .. } => "E_COMPRESSED_SECTION",
            Self::NoManifest => "E_NO_MANIFEST",
            Self::TwoManifests => "E_TWO_MANIFESTS",
            Self::Manifest(error) => error.code(),
        }
    }

    /// What to do about it, in one sentence.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Read(_) => "Check the disk and the file's permissions, then discover again.",
            Self::NotALibrary { .. } => {
                "Remove the file, or put the plugin's shared library in its place."
            }
            Self::WrongPlatform { .. } => "Build the plugin for this machine.",
            Self::NotShared { .. } => "Build the plugin with crate-type = [\"cdylib\"].",
            Self::Truncated { .. } => {
                "Copy the file again under another name and rename it into place."
            }
            Self::Malformed { .. }
            | Self::BadSegment { .. }
            | Self::DynamicCount { .. }
            | Self::BadDynamic { .. }
            | Self::DynamicDisagrees { .. }
            | Self::BadSection { .. } => {
                "Build the plugin again with an ordinary linker and use its output unaltered."
            }
            Self::WritableCode { .. } | Self::ExecutableStack { .. } => {
                "Link with -z noexecstack and without writable code segments."
            }
            Self::RunPath { .. } => {
                "Link without -rpath, or remove it with patchelf --remove-rpath."
            }
            Self::Filter { .. } => "Link without -f, -F, --auxiliary and --filter.",
            Self::Audit { .. } => "Link without --audit and --depaudit.",
            Self::TextRelocations { .. } => "Compile all code as position-independent (-fPIC).",
            Self::BadSoname { .. } => "Link without -soname, or with the plugin's own file name.",
            Self::NeedsLibrary { .. } => "Link that library statically into the plugin.",
            Self::CompressedSection { .. } => {
                "Link with --compress-debug-sections=none, or strip the library."
            }
            Self::NoManifest => "Export the planner with the macro of plugin-api.",
            Self::TwoManifests => "Export exactly one planner from each library.",
            Self::Manifest(_) => "Correct the manifest and build the plugin again.",
        }
    }
}
