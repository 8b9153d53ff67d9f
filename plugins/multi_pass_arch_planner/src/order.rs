//! Third pass: which steps can be taken together, and which must wait.

use std::collections::BTreeMap;

use plugin_api::limits;

use crate::areas::Area;
use crate::decompose::Step;

/// Most stages: each costs the depth of its steps and of its check, after the two tasks of every plan.
pub(crate) const STAGES_MAX: usize = (limits::DEPTH_MAX - 2) / 2;

/// Most steps of a stage, which all wait for the check of the stage before.
const STAGE_STEPS_MAX: usize = limits::OUT_DEGREE_MAX;

/// Most steps, so that the checks and the two tasks of every plan have room.
const STEPS_MAX: usize = limits::TASKS_MAX - STAGES_MAX - 2;

/// Stages, in order, of steps side by side.
#[derive(Debug)]
pub(crate) struct Ordered {
    pub(crate) stages: Vec<Vec<Step>>,
    /// Whether a goal's areas share one step because a plan holds no more.
    pub(crate) is_joined: bool,
}

/// Orders by rank, then work before checks, then lower areas first.
pub(crate) fn order(steps: Vec<Step>, areas: &[Area]) -> Ordered {
    let stages = stages(steps, areas);
    if fits(&stages) {
        return Ordered {
            stages,
            is_joined: false,
        };
    }
    let joined = join(stages.into_iter().flatten());
    Ordered {
        stages: stages_of_ranks(joined),
        is_joined: true,
    }
}

fn stages(steps: Vec<Step>, areas: &[Area]) -> Vec<Vec<Step>> {
    let mut stages: BTreeMap<(usize, bool, usize), Vec<Step>> = BTreeMap::new();
    for step in steps {
        let level = step.areas.iter().map(|&area| areas[area].level).max();
        let level = if step.is_check { 0 } else { level.unwrap_or(0) };
        stages
            .entry((step.rank, step.is_check, level))
            .or_default()
            .push(step);
    }
    stages.into_values().collect()
}

fn fits(stages: &[Vec<Step>]) -> bool {
    stages.len() <= STAGES_MAX
        && stages.iter().all(|steps| steps.len() <= STAGE_STEPS_MAX)
        && stages.iter().map(Vec::len).sum::<usize>() <= STEPS_MAX
}

/// One step a goal. The steps come in order, so lower areas stay first.
fn join(steps: impl Iterator<Item = Step>) -> Vec<Step> {
    let mut joined: BTreeMap<usize, Step> = BTreeMap::new();
    for step in steps {
        match joined.get_mut(&step.goal) {
            Some(goal) => goal.areas.extend(step.areas),
            None => {
                joined.insert(step.goal, step);
            }
        }
    }
    joined.into_values().collect()
}

fn stages_of_ranks(steps: Vec<Step>) -> Vec<Vec<Step>> {
    let mut stages: BTreeMap<(usize, bool), Vec<Step>> = BTreeMap::new();
    for step in steps {
        stages
            .entry((step.rank, step.is_check))
            .or_default()
            .push(step);
    }
    stages.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn areas(levels: &[usize]) -> Vec<Area> {
        let area = |&level: &usize| Area {
            name: level.to_string(),
            files: Vec::new(),
            uses: Vec::new(),
            level,
        };
        levels.iter().map(area).collect()
    }

    fn step(goal: usize, rank: usize, is_check: bool, areas: &[usize]) -> Step {
        Step {
            goal,
            text: String::new(),
            gist: Vec::new(),
            rank,
            is_check,
            areas: areas.to_vec(),
        }
    }

    fn shape(ordered: &Ordered) -> Vec<Vec<(usize, Vec<usize>)>> {
        let stages = ordered.stages.iter();
        stages
            .map(|steps| {
                steps
                    .iter()
                    .map(|step| (step.goal, step.areas.clone()))
                    .collect()
            })
            .collect()
    }

    #[test]
    fn ranks_come_first_then_work_before_checks_then_lower_areas() {
        let steps = vec![
            step(0, 1, false, &[0]),
            step(1, 0, true, &[]),
            step(2, 0, false, &[0]),
            step(2, 0, false, &[1]),
            step(3, 0, false, &[1]),
        ];
        let ordered = order(steps, &areas(&[1, 0]));
        assert!(!ordered.is_joined);
        assert_eq!(
            shape(&ordered),
            [
                vec![(2, vec![1]), (3, vec![1])],
                vec![(2, vec![0])],
                vec![(1, vec![])],
                vec![(0, vec![0])],
            ]
        );
    }

    #[test]
    fn too_many_stages_are_joined_goal_by_goal_with_lower_areas_first() {
        let steps = (0..15).flat_map(|goal| [0, 1].map(|area| step(goal, goal, false, &[area])));
        let ordered = order(steps.collect(), &areas(&[1, 0]));
        assert!(ordered.is_joined);
        assert_eq!(ordered.stages.len(), 15);
        assert_eq!(shape(&ordered)[14], [(14, vec![1, 0])]);
    }

    #[test]
    fn too_many_steps_of_a_stage_are_joined_too() {
        let steps = (0..9).flat_map(|goal| (0..9).map(move |area| step(goal, 0, false, &[area])));
        let ordered = order(steps.collect(), &areas(&[0; 9]));
        assert!(ordered.is_joined);
        assert_eq!(ordered.stages[0].len(), 9);
    }
}
