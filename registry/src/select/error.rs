//! Why no planner was selected.

use super::exclusion::Excluded;
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
            Self::NoneSelectable { .. } => {
                "See why each planner is left out, with `registry select` or `registry list`."
                    .to_owned()
            }
            Self::Get(error) => error.remedy(),
        }
    }
}
