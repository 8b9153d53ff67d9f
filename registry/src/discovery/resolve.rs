//! One planner a name: which file counts when several hold the same.
//!
//! Only files that passed trust should be given, so that one which fails never shadows or disables
//! one that passes. Within one directory there is no order, so files of the same name, or of names
//! that differ only in `-` and `_`, are all refused; between directories the earlier shadows the
//! later. Names refused in an earlier directory do not come back from a later one: an operator who
//! meant to override a planner must not silently get the one that was to be replaced.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::candidate::Candidate;
use super::left_out::lossy;
use super::refusal::{Refusal, Refused};

/// Which candidates count.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Resolution {
    /// One candidate a name, in the order given.
    pub chosen: Vec<Arc<Candidate>>,
    /// Candidates behind another of an earlier directory.
    pub shadowed: Vec<Shadowed>,
    /// Candidates of one directory that hold the same name, or too similar ones.
    pub refused: Vec<Arc<Refused>>,
}

/// A candidate behind another of its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shadowed {
    /// The planner's name.
    pub name: String,
    /// The file that does not count.
    #[serde(serialize_with = "lossy")]
    pub path: PathBuf,
    /// The file before it.
    #[serde(serialize_with = "lossy")]
    pub by: PathBuf,
    /// Whether both paths lead to one file.
    pub same_file: bool,
}

/// Decides which of `candidates`, given in order of precedence, count.
pub fn resolve(candidates: &[Arc<Candidate>]) -> Resolution {
    let mut resolution = Resolution::default();
    let mut holders: HashMap<Cow<'_, str>, Vec<&Arc<Candidate>>> =
        HashMap::with_capacity(candidates.len());
    let mut contenders = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let alike = holders.entry(plain_name(candidate.name())).or_default();
        let twin = alike.iter().find(|other| other.is_same_file(candidate));
        let behind = alike
            .first()
            .filter(|first| first.directory != candidate.directory);
        if let Some(other) = twin.or(behind) {
            resolution.shadowed.push(Shadowed {
                name: candidate.name().to_owned(),
                path: candidate.path.to_path_buf(),
                by: other.path.to_path_buf(),
                same_file: twin.is_some(),
            });
        } else {
            alike.push(candidate);
            contenders.push(candidate);
        }
    }
    for candidate in contenders {
        let alike = holders.get(&plain_name(candidate.name()));
        let rival = alike
            .into_iter()
            .flatten()
            .find(|other| !Arc::ptr_eq(other, candidate));
        match rival {
            None => resolution.chosen.push(Arc::clone(candidate)),
            Some(rival) => resolution.refused.push(Arc::new(clash(candidate, rival))),
        }
    }
    resolution
}

fn clash(candidate: &Candidate, rival: &Candidate) -> Refused {
    let name = candidate.name().to_owned();
    let other = rival.path.to_path_buf();
    let cause = if rival.name() == name {
        Refusal::SameName { name, other }
    } else {
        let other_name = rival.name().to_owned();
        Refusal::SimilarName {
            name,
            other_name,
            other,
        }
    };
    Refused::new(candidate.path.to_path_buf(), cause)
}

/// A name with `-` and `_` taken for the same.
pub(crate) fn plain_name(name: &str) -> Cow<'_, str> {
    if name.contains('-') {
        Cow::Owned(name.replace('-', "_"))
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests;
