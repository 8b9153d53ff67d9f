//! Fourth pass: after which stages something must be checked, and what.

use std::collections::BTreeSet;

use crate::areas::Area;
use crate::decompose::Step;
use crate::order::Ordered;

/// The stages of a plan with their checks.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) stages: Vec<Stage>,
    /// Whether a goal's areas share one step because a plan holds no more.
    pub(crate) is_joined: bool,
}

/// Steps side by side.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) steps: Vec<Step>,
    /// `None` where the objective itself asks for the check.
    pub(crate) check: Option<Check>,
}

/// What a stage may have broken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// The areas that were worked on, ascending.
    pub(crate) touched: Vec<usize>,
    /// Other areas that use them, ascending.
    pub(crate) affected: Vec<usize>,
}

/// Adds a check after each stage of work, unless the next stage consists of checks.
pub(crate) fn verify(ordered: Ordered, areas: &[Area]) -> Checked {
    let only_checks = |steps: &Vec<Step>| steps.iter().all(|step| step.is_check);
    let are_checks: Vec<bool> = ordered.stages.iter().map(only_checks).collect();
    let stages = ordered
        .stages
        .into_iter()
        .enumerate()
        .map(|(number, steps)| {
            let is_checked = are_checks[number] || are_checks.get(number + 1) == Some(&true);
            Stage {
                check: (!is_checked).then(|| check(&steps, areas)),
                steps,
            }
        });
    Checked {
        stages: stages.collect(),
        is_joined: ordered.is_joined,
    }
}

fn check(steps: &[Step], areas: &[Area]) -> Check {
    let touched: BTreeSet<usize> = steps.iter().flat_map(|step| &step.areas).copied().collect();
    let is_affected = |area: &usize| {
        !touched.contains(area) && areas[*area].uses.iter().any(|used| touched.contains(used))
    };
    let affected = (0..areas.len()).filter(is_affected).collect();
    Check {
        touched: touched.into_iter().collect(),
        affected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(is_check: bool, areas: &[usize]) -> Step {
        Step {
            goal: 0,
            text: String::new(),
            gist: Vec::new(),
            rank: 0,
            is_check,
            areas: areas.to_vec(),
        }
    }

    #[test]
    fn a_stage_is_checked_once_and_with_the_areas_that_use_it() {
        let area = |uses: &[usize]| Area {
            name: String::new(),
            files: Vec::new(),
            uses: uses.to_vec(),
            level: 0,
        };
        let areas = [area(&[]), area(&[0]), area(&[0, 1]), area(&[2])];
        let ordered = Ordered {
            stages: vec![
                vec![step(false, &[0]), step(false, &[1])],
                vec![step(false, &[3])],
                vec![step(true, &[])],
            ],
            is_joined: false,
        };
        let checked = verify(ordered, &areas);
        let checks: Vec<Option<Check>> = checked
            .stages
            .into_iter()
            .map(|stage| stage.check)
            .collect();
        let first = Check {
            touched: vec![0, 1],
            affected: vec![2],
        };
        assert_eq!(checks, [Some(first), None, None]);
    }
}
