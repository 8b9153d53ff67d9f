//! Why no planner was selected.

use super::exclusion::{Excluded, Exclusion};
use crate::planner::GetError;

/// Why no planner was selected.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// The catalog is empty.
    #[error("there is no planner to select from")]
    NoPlanners {
        /// The planners that are allowed or declared by a file, and why each is in no catalog.
        excluded: Vec<Excluded>,
    },
    /// There are planners, and none of them can be selected.
    #[error("none of the planners can be selected")]
    NoneSelectable {
        /// Why each cannot.
        excluded: Vec<Excluded>,
    },
    /// There is no catalog to select from, or what was selected could not be started.
    #[error(transparent)]
    Get(#[from] GetError),
}

impl SelectError {
    pub(super) fn nothing(no_planners: bool, excluded: Vec<Excluded>) -> Self {
        if no_planners {
            Self::NoPlanners { excluded }
        } else {
            Self::NoneSelectable { excluded }
        }
    }

    /// Everyone who could not be selected, by name, with the reason.
    pub fn excluded(&self) -> &[Excluded] {
        match self {
            Self::NoPlanners { excluded } | Self::NoneSelectable { excluded } => excluded,
            Self::Get(_) => &[],
        }
    }

    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoPlanners { .. } => "E_NO_PLANNERS",
            Self::NoneSelectable { .. } => "E_NONE_SELECTABLE",
            Self::Get(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NoPlanners { .. } => {
                "Put the library of an allowed planner into one of the plugin folders; \
                 see `registry diagnose`."
                    .to_owned()
            }
            Self::NoneSelectable { excluded } => remedy_of(excluded),
            Self::Get(error) => error.remedy(),
        }
    }
}

/// What to do about planners of which none can be selected. Who is not in the catalog is left aside.
fn remedy_of(excluded: &[Excluded]) -> String {
    let hindered = excluded.iter().find(|own| {
        matches!(
            own.reason,
            Exclusion::Quarantined(_) | Exclusion::BreakerOpen(_) | Exclusion::Failed { .. }
        )
    });
    let hindered = hindered.map(|own| {
        let name = &own.name;
        format!("See what keeps {name} out and what ends it, with `registry explain {name}`.")
    });
    let is_unreliable = |own: &Excluded| matches!(own.reason, Exclusion::BelowReliability { .. });
    let unreliable = excluded.iter().any(is_unreliable).then(|| {
        "Lower `FACTORY_MIN_RELIABILITY` if planners that are less reliable will do; \
         `registry config show` tells where it was set."
            .to_owned()
    });
    let sentences: Vec<_> = hindered.into_iter().chain(unreliable).collect();
    sentences.join(" ")
}
