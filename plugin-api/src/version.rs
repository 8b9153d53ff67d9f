//! The version of the plugin interface, and when a plugin and a host may meet.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The interface version that this copy of `plugin-api` speaks.
///
/// The minor number grows with every addition that leaves older plugins working; the major number
/// with every change that does not.
pub const API_VERSION: ApiVersion = ApiVersion {
    major: 1,
    minor: if cfg!(plugin_api_next) { 1 } else { 0 },
};

/// A version of the plugin interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApiVersion {
    /// Differs between versions that cannot meet.
    pub major: u32,
    /// A host accepts plugins of its own minor version and of every earlier one.
    pub minor: u32,
}

impl ApiVersion {
    /// Whether a host that speaks `self` may load a plugin built for `plugin`.
    pub const fn accepts(self, plugin: ApiVersion) -> bool {
        self.major == plugin.major && self.minor >= plugin.minor
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_accepts_its_own_and_earlier_minors_of_its_major_only() {
        let host = ApiVersion { major: 1, minor: 2 };
        let accepted: Vec<_> = [(0, 2), (1, 0), (1, 2), (1, 3), (2, 0), (2, 2)]
            .into_iter()
            .filter(|&(major, minor)| host.accepts(ApiVersion { major, minor }))
            .collect();
        assert_eq!(accepted, [(1, 0), (1, 2)]);
    }
}
