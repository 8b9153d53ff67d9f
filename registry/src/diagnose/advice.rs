//! What to do next, read off the state of things.

use std::path::Path;

use super::{Diagnosis, PlannerState, PlannerStatus, SlowKind, Step};

/// Most steps that are proposed.
const STEPS_MAX: usize = 5;

/// Commands that lead on from `diagnosis`, the most useful first.
pub(super) fn steps(diagnosis: &Diagnosis) -> Vec<Step> {
    let mut steps = Vec::new();
    for planner in &diagnosis.planners {
        let name = &planner.name;
        match (planner.state, &planner.path) {
            (PlannerState::Failed, _) => steps.push(Step {
                command: format!("registry describe {name}"),
                purpose: "see why it failed".to_owned(),
            }),
            (PlannerState::Quarantined, _) => steps.push(Step {
                command: format!("registry describe {name}"),
                purpose: "see who holds it back, and how that ends".to_owned(),
            }),
            (PlannerState::BreakerOpen, _) => steps.push(Step {
                command: format!("registry explain {name}"),
                purpose: "see why, and how long".to_owned(),
            }),
            (PlannerState::Refused, Some(path)) => steps.push(Step {
                command: format!("registry inspect {}", shell_word(path)),
                purpose: "see what the refused file says of itself".to_owned(),
            }),
            _ => {}
        }
    }
    for slow in &diagnosis.slow {
        let step = match (slow.what, &slow.planner) {
            (SlowKind::Plan, Some(name)) => Step {
                command: format!("registry describe {name}"),
                purpose: "see its times".to_owned(),
            },
            (SlowKind::Start, Some(name)) => Step {
                command: format!("registry explain {name}"),
                purpose: "see what it passes".to_owned(),
            },
            _ => Step {
                command: "registry diagnose --verbose".to_owned(),
                purpose: "see where time goes".to_owned(),
            },
        };
        if steps
            .iter()
            .all(|earlier: &Step| earlier.command != step.command)
        {
            steps.push(step);
        }
    }
    if diagnosis.found() == 0 {
        steps.push(Step {
            command: "registry --plugin-dir FOLDER list".to_owned(),
            purpose: "look for plugins in another folder".to_owned(),
        });
    }
    if let Some(planner) = most_reliable(&diagnosis.planners) {
        steps.truncate(STEPS_MAX - 1);
        steps.push(Step {
            command: format!(
                "registry plan {} \"Split the billing module\"",
                planner.name
            ),
            purpose: "make a plan".to_owned(),
        });
    }
    steps.truncate(STEPS_MAX);
    steps
}

/// The usable planner that is most likely to give a plan; the first of several.
fn most_reliable(planners: &[PlannerStatus]) -> Option<&PlannerStatus> {
    let score = |planner: &PlannerStatus| planner.reliability.map_or(0.0, |own| own.score);
    planners
        .iter()
        .filter(|planner| planner.state.is_usable())
        .reduce(|best, next| {
            if score(next) > score(best) {
                next
            } else {
                best
            }
        })
}

/// A path as one word of a POSIX shell.
pub(super) fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Reliability;
    use crate::diagnose::text::sample;

    fn commands(diagnosis: &Diagnosis) -> Vec<String> {
        steps(diagnosis)
            .into_iter()
            .map(|step| step.command)
            .collect()
    }

    #[test]
    fn what_went_wrong_comes_first_and_a_plan_that_can_work_last() {
        assert_eq!(
            commands(&sample::diagnosis()),
            [
                "registry inspect '/opt/my plugins/libold_planner.so'",
                "registry describe llm_planner",
                "registry describe broken_planner",
                "registry plan risk_planner \"Split the billing module\"",
            ]
        );
    }

    #[test]
    fn the_most_reliable_planner_is_proposed() {
        let planners = sample::diagnosis().planners;
        let with = |position: usize, score| {
            let mut planner = planners[position].clone();
            planner.state = PlannerState::NotLoaded;
            planner.reliability = planners[1]
                .reliability
                .map(|own| Reliability { score, ..own });
            planner
        };
        let planners = [with(0, 0.5), with(1, 0.9), with(2, 0.9)];
        let chosen = most_reliable(&planners).map(|planner| planner.name.as_str());
        assert_eq!(chosen, Some("risk_planner"));
    }

    #[test]
    fn without_any_planner_the_folder_is_the_question() {
        let mut diagnosis = sample::diagnosis();
        diagnosis
            .planners
            .retain(|planner| planner.state == PlannerState::Absent);
        assert_eq!(commands(&diagnosis), ["registry --plugin-dir FOLDER list"]);
    }

    #[test]
    fn a_path_cannot_end_its_word() {
        assert_eq!(shell_word(Path::new("/a/b-1.so")), "/a/b-1.so");
        assert_eq!(shell_word(Path::new("a'; rm -rf ~")), r"'a'\''; rm -rf ~'");
        assert_eq!(shell_word(Path::new("$(x)")), "'$(x)'");
    }
}
