//! One row of the table of settings, and the macros that turn a declaration into a row and a typed
//! field at once, so that a setting is added in one place.

use super::kind::Check;
use crate::scrub;

/// What is known about one setting: what parsing, `config show`, suggestions, the reference and
/// `.env.example` all use.
#[derive(Debug)]
#[non_exhaustive]
pub struct Row {
    pub(super) key: &'static str,
    pub(super) variable: Option<&'static str>,
    pub(super) default: Option<&'static str>,
    pub(super) doc: &'static str,
    pub(super) kind: &'static dyn Check,
    pub(super) reach: Reach,
}

/// Which files may carry a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Any, the one in the working directory included: it grants nothing.
    Harmless,
    /// Only files that grant trust.
    Granting,
}

impl Row {
    /// The key, `section.name`; a planner's stand under `planners.NAME`.
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// The environment variable.
    pub fn variable(&self) -> Option<&'static str> {
        self.variable
    }

    /// The default as the variable would carry it; `None` where unset has a meaning of its own.
    pub fn default(&self) -> Option<&'static str> {
        self.default
    }

    /// What it does, in one sentence.
    pub fn doc(&self) -> &'static str {
        self.doc.trim()
    }

    /// What values it takes.
    pub fn allowed(&self) -> String {
        self.kind.allowed()
    }

    /// Whether a configuration file in the working directory may carry it.
    pub fn is_harmless(&self) -> bool {
        self.reach == Reach::Harmless
    }

    /// Whether its value is masked wherever it is shown. A secret is told by its name.
    pub fn is_secret(&self) -> bool {
        scrub::is_secret_name(self.key)
    }

    /// The last part of the key.
    pub(super) fn name(&self) -> &'static str {
        self.key.rsplit('.').next().unwrap_or(self.key)
    }
}

/// Declares the sections: for each a struct, for each of its settings a typed field and a [`Row`].
///
/// A setting reads `name: Type = KIND, "default", "VARIABLE", Reach;`.
macro_rules! sections {
    ($(
        $(#[doc = $about:literal])+
        $section:ident: $Section:ident {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: $Type:ty = $kind:expr, $default:literal, $variable:literal, $reach:ident;
            )+
        }
    )+) => {
        $(
            $(#[doc = $about])+
            #[derive(Clone, Debug, PartialEq)]
            #[non_exhaustive]
            pub struct $Section {
                $( $(#[doc = $doc])+ pub $field: $Type, )+
            }

            impl $Section {
                /// Reads every setting before giving up on one, so that all problems are found.
                fn read(merged: &mut Merged) -> Option<Self> {
                    $( let $field = merged.read(concat!(stringify!($section), ".", stringify!($field)), &$kind); )+
                    Some(Self { $( $field: $field?, )+ })
                }
            }
        )+

        /// All sections, checked.
        #[derive(Clone, Debug, PartialEq)]
        pub(super) struct Sections {
            $( $section: $Section, )+
        }

        impl Sections {
            pub(super) fn read(merged: &mut Merged) -> Option<Self> {
                $( let $section = $Section::read(merged); )+
                Some(Self { $( $section: $section?, )+ })
            }
        }

        impl Config {
            $(
                $(#[doc = $about])+
                pub fn $section(&self) -> &$Section {
                    &self.sections.$section
                }
            )+
        }

        /// The names of the sections.
        pub(super) const SECTIONS: &[&str] = &[$( stringify!($section) ),+];

        /// The settings of the sections, in the order in which they are shown.
        pub(super) static ROWS: &[Row] = &[$( $(
            Row {
                key: concat!(stringify!($section), ".", stringify!($field)),
                variable: Some($variable),
                default: Some($default),
                doc: concat!($( $doc ),+),
                kind: &$kind,
                reach: Reach::$reach,
            },
        )+ )+];
    };
}

/// Declares what can be set for one planner; each setting is optional and stands in files alone.
macro_rules! per_planner {
    ($(
        $(#[doc = $doc:literal])+
        $field:ident: $Type:ty = $kind:expr, $reach:ident;
    )+) => {
        /// What is set for one planner alone.
        #[derive(Clone, Debug, Default, PartialEq)]
        #[non_exhaustive]
        pub struct PlannerSettings {
            $( $(#[doc = $doc])+ pub $field: Option<$Type>, )+
        }

        impl PlannerSettings {
            pub(super) fn read(merged: &mut Merged, name: &PlannerName) -> Self {
                Self {
                    $( $field: merged.read_given(
                        format!(concat!("planners.{}.", stringify!($field)), name),
                        &$kind,
                    ), )+
                }
            }
        }

        /// The settings of one planner.
        pub(super) static PLANNER_ROWS: &[Row] = &[$(
            Row {
                key: concat!("planners.NAME.", stringify!($field)),
                variable: None,
                default: None,
                doc: concat!($( $doc ),+),
                kind: &$kind,
                reach: Reach::$reach,
            },
        )+];
    };
}

pub(super) use {per_planner, sections};
