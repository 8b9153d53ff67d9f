//! First pass: what is asked for, and where.

use std::collections::HashMap;

use plugin_api::{Context, PlanError, PlanRequest};

use crate::areas::{self, Area};
use crate::clauses::{Clause, clauses};
use crate::text::words;

/// Most goals; the demands beyond are joined into the last.
pub(crate) const GOALS_MAX: usize = 24;

/// Verbs that ask for a check and change nothing.
const CHECKING: [&str; 12] = [
    "assert",
    "audit",
    "benchmark",
    "check",
    "confirm",
    "ensure",
    "measure",
    "prove",
    "review",
    "test",
    "validate",
    "verify",
];

/// Goals and areas.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) goals: Vec<Goal>,
    pub(crate) areas: Vec<Area>,
}

/// One demand of the objective.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Goal {
    pub(crate) text: String,
    /// Goals of a higher rank come after those of a lower one.
    pub(crate) rank: usize,
    /// Whether it asks for a check and changes nothing.
    pub(crate) is_check: bool,
    /// The areas that it names, ascending.
    pub(crate) areas: Vec<usize>,
}

/// Reads the request.
pub(crate) fn survey(request: &PlanRequest, cx: &Context) -> Result<Survey, PlanError> {
    let areas = areas::find(request.context(), cx)?;
    let mut area_of: HashMap<&str, usize> = HashMap::new();
    for (number, area) in areas.iter().enumerate() {
        for path in &area.files {
            area_of.entry(path).or_insert(number);
        }
    }
    let mut goals = Vec::new();
    for clause in bound(clauses(request.objective())) {
        cx.check()?;
        goals.push(Goal {
            is_check: asks_for_check(&clause.text),
            areas: named(&clause.text, &areas, &area_of),
            text: clause.text,
            rank: clause.rank,
        });
    }
    Ok(Survey { goals, areas })
}

/// Joins what is beyond the most goals into the last.
fn bound(mut clauses: Vec<Clause>) -> Vec<Clause> {
    if clauses.len() > GOALS_MAX {
        let rest = clauses.split_off(GOALS_MAX - 1);
        clauses.extend(rest.first().map(|first| Clause {
            text: format!(
                "Carry out the last {} demands of the objective in their order, from: {}",
                rest.len(),
                first.text
            ),
            rank: first.rank + 1,
        }));
    }
    clauses
}

fn asks_for_check(text: &str) -> bool {
    let words = words(text);
    match words.first().map(String::as_str) {
        Some("run") => words
            .iter()
            .any(|word| matches!(word.as_str(), "test" | "tests" | "benchmarks")),
        Some(verb) => CHECKING.contains(&verb),
        None => false,
    }
}

/// The areas whose name, or one of whose files, stands in `text`.
fn named(text: &str, areas: &[Area], area_of: &HashMap<&str, usize>) -> Vec<usize> {
    let told = words(text);
    let mut named: Vec<usize> = text
        .split_whitespace()
        .filter_map(|word| area_of.get(word.trim_matches(|c| "`'\",;:.!?()".contains(c))))
        .copied()
        .collect();
    for (number, area) in areas.iter().enumerate() {
        let name = own_name(area);
        if !name.is_empty() && told.windows(name.len()).any(|told| *told == name) {
            named.push(number);
        }
    }
    named.sort_unstable();
    named.dedup();
    named
}

/// The words of an area's last folder.
pub(crate) fn own_name(area: &Area) -> Vec<String> {
    let last = area
        .name
        .rsplit_once('/')
        .map_or(area.name.as_str(), |(_, last)| last);
    words(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plugin_api::{FileFacts, PlanContext};

    fn goals(objective: &str) -> Vec<Goal> {
        let files = ["src/billing/a.rs", "src/money_type/b.rs", "src/api/c.rs"];
        let context = PlanContext::new().with_files(files.map(FileFacts::new));
        let request = PlanRequest::new(objective).with_context(context);
        survey(&request, &Context::detached()).unwrap().goals
    }

    #[test]
    fn a_goal_knows_the_areas_that_it_names() {
        // In order: src/api, src/billing, src/money_type.
        let areas = |objective| goals(objective).remove(0).areas;
        assert_eq!(areas("Split the Billing module"), [1]);
        assert_eq!(areas("Wrap the money_type, used in `src/api/c.rs`"), [0, 2]);
        assert_eq!(areas("Speed up the rebilling"), Vec::<usize>::new());
    }

    #[test]
    fn a_goal_that_changes_nothing_is_a_check() {
        let checks = |objective| goals(objective).remove(0).is_check;
        assert!(checks("Verify that it works"));
        assert!(checks("run all the tests"));
        assert!(!checks("Run the migration"));
        assert!(!checks("Write a test"));
    }

    #[test]
    fn demands_beyond_the_most_goals_are_joined_into_the_last() {
        let demands: Vec<String> = (0..40).map(|number| format!("Do {number}.")).collect();
        let objective = demands.join(" ");
        let goals = goals(&objective);
        assert_eq!(goals.len(), GOALS_MAX);
        assert_eq!(
            (goals[23].rank, goals[23].text.as_str()),
            (
                1,
                "Carry out the last 17 demands of the objective in their order, from: Do 23"
            )
        );
    }
}
