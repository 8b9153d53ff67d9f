//! How files become code in this process.

use serde::Serialize;

use crate::config::BytesFrom;
use crate::load::{self, MappedLibraries};
use crate::trust::{self, Policy};

/// How files become code in this process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct LoadingStatus {
    /// What libraries are mapped from: `sealed` copies, or the `file` itself.
    pub bytes: &'static str,
    /// The settings that relax a rule on who may write or own a plugin.
    pub relaxed: Vec<&'static str>,
    /// The variables this process was started with that change what loading means.
    pub loader_variables: Vec<&'static str>,
    /// What is mapped so far.
    pub mapped: MappedLibraries,
}

impl LoadingStatus {
    pub(super) fn of(policy: &Policy) -> Self {
        Self {
            bytes: match policy.bytes {
                BytesFrom::Sealed => "sealed",
                BytesFrom::File => "file",
            },
            relaxed: policy.relaxed.settings().collect(),
            loader_variables: trust::loader_variables().to_vec(),
            mapped: load::mapped(),
        }
    }
}
