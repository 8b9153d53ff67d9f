//! The manifest as checked data.

use std::collections::BTreeMap;
use std::fmt;

use semver::Version;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Json, SCHEMA};
use crate::ApiVersion;

/// What a plugin says of itself.
///
/// Serialising gives the manifest back: every field, defaults written out, and the unknown ones.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Manifest {
    /// The planner's name; valid by [`crate::name::RULE`].
    pub name: String,
    /// The plugin's own version.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub version: Version,
    /// The plugin interface it was built for.
    pub api: ApiVersion,
    /// How it was built.
    pub build: BuildInfo,
    /// What it does, in a sentence; empty when not given.
    pub description: String,
    /// What it can do, matched against what a caller requires.
    pub capabilities: Vec<String>,
    /// Free words for people.
    pub tags: Vec<String>,
    /// How mature its author holds it.
    pub tier: Tier,
    /// Whether its author holds it fit for production.
    pub production_ready: bool,
    /// The author's prior for its reliability, `0.0..=1.0`.
    #[cfg_attr(feature = "schema", schemars(skip_serializing_if = "Option::is_none"))]
    pub reliability: Option<f64>,
    /// How much harm a bad plan of it can do.
    pub risk_rating: RiskRating,
    /// Whether its author holds it back.
    pub quarantined: bool,
    /// Whether it has a self-test.
    pub self_test: bool,
    /// What it asks for, such as `"net"`; what it gets is the operator's choice.
    pub permissions: Vec<String>,
    /// The schema of its settings.
    #[cfg_attr(
        feature = "schema",
        schemars(
            with = "Option<serde_json::Value>",
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub config_schema: Option<Json>,
    /// Fields this version does not know, by name; those inside `api` and `build` by dotted path.
    #[cfg_attr(
        feature = "schema",
        schemars(flatten, with = "BTreeMap<String, serde_json::Value>")
    )]
    pub unknown: BTreeMap<String, Json>,
}

impl Manifest {
    /// A manifest that says only what is required.
    ///
    /// The name is not checked here: [`from_json`](Self::from_json) and the export macro do that.
    pub fn new(name: &str, version: Version, api: ApiVersion, build: BuildInfo) -> Self {
        Self {
            name: name.to_owned(),
            version,
            api,
            build,
            description: String::new(),
            capabilities: Vec::new(),
            tags: Vec::new(),
            tier: Tier::default(),
            production_ready: false,
            reliability: None,
            risk_rating: RiskRating::default(),
            quarantined: false,
            self_test: false,
            permissions: Vec::new(),
            config_schema: None,
            unknown: BTreeMap::new(),
        }
    }
}

impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema", &SCHEMA)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("version", &self.version)?;
        map.serialize_entry("api", &self.api)?;
        map.serialize_entry("build", &self.build)?;
        map.serialize_entry("description", &self.description)?;
        map.serialize_entry("capabilities", &self.capabilities)?;
        map.serialize_entry("tags", &self.tags)?;
        map.serialize_entry("tier", &self.tier)?;
        map.serialize_entry("production_ready", &self.production_ready)?;
        if let Some(reliability) = self.reliability {
            map.serialize_entry("reliability", &reliability)?;
        }
        map.serialize_entry("risk_rating", &self.risk_rating)?;
        map.serialize_entry("quarantined", &self.quarantined)?;
        map.serialize_entry("self_test", &self.self_test)?;
        map.serialize_entry("permissions", &self.permissions)?;
        if let Some(schema) = &self.config_schema {
            map.serialize_entry("config_schema", schema)?;
        }
        for (name, value) in &self.unknown {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// How a plugin was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BuildInfo {
    /// The compiler, as it names itself.
    pub rustc: String,
    /// The build profile, such as `release`.
    pub profile: String,
    /// What a panic does.
    pub panic: PanicStrategy,
}

/// Defines an enum whose variants are words in the manifest.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name {
            $(
                $(#[$variant_doc])*
                #[cfg_attr(feature = "schema", schemars(rename = $word))]
                $variant,
            )+
        }

        impl $name {
            /// The word in the manifest.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// Reads the word, whatever its case.
            pub fn from_word(word: &str) -> Option<Self> {
                [$(Self::$variant),+]
                    .into_iter()
                    .find(|value| value.as_str().eq_ignore_ascii_case(word))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

words! {
    /// How mature a planner is, lowest first.
    #[derive(Default)]
    Tier {
        /// Being tried out.
        Alpha = "alpha",
        /// The default.
        #[default]
        Beta = "beta",
        /// Settled.
        Stable = "stable",
        /// Proven.
        Gold = "gold",
        /// Preferred above all.
        Vip = "vip",
    }
}

words! {
    /// How much harm a bad plan can do, lowest first.
    #[derive(Default)]
    RiskRating {
        /// Little.
        Low = "low",
        /// The default.
        #[default]
        Medium = "medium",
        /// Much.
        High = "high",
    }
}

words! {
    /// What a panic in the plugin does.
    PanicStrategy {
        /// It unwinds and can be contained.
        Unwind = "unwind",
        /// It ends the process.
        Abort = "abort",
    }
}
