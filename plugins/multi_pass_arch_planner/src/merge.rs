//! Between the passes: what says the same is done once.
//!
//! Work that is asked for twice is done where it is asked for first. A check that is asked for at two
//! ranks is meant twice.

use std::collections::HashSet;
use std::hash::Hash;

use crate::decompose::Step;
use crate::survey::Goal;
use crate::text::words;

/// What is left, and how many were merged into it.
#[derive(Debug)]
pub(crate) struct Merged<T> {
    pub(crate) kept: Vec<T>,
    pub(crate) merged: usize,
}

/// Merges goals of the same words. The areas that a goal names are among its words.
pub(crate) fn goals(goals: Vec<Goal>) -> Merged<Goal> {
    merge(goals, |goal| {
        (words(&goal.text), goal.is_check.then_some(goal.rank))
    })
}

/// Merges steps that say the same of the same areas.
pub(crate) fn steps(steps: Vec<Step>) -> Merged<Step> {
    merge(steps, |step| {
        (
            step.gist.clone(),
            step.areas.clone(),
            step.is_check.then_some(step.rank),
        )
    })
}

/// Keeps the first of each key; items come in the order of their ranks.
fn merge<T, K: Eq + Hash>(items: Vec<T>, key: impl Fn(&T) -> K) -> Merged<T> {
    let before = items.len();
    let mut seen = HashSet::new();
    let kept: Vec<T> = items
        .into_iter()
        .filter(|item| seen.insert(key(item)))
        .collect();
    Merged {
        merged: before - kept.len(),
        kept,
    }
}
