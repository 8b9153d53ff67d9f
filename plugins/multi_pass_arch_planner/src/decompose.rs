//! Second pass: what each goal means in each area.

use crate::areas::Area;
use crate::survey::{Goal, own_name};
use crate::text::words;

/// A goal where it is to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Which goal it serves.
    pub(crate) goal: usize,
    pub(crate) text: String,
    /// What it says, without the words that only name its area.
    pub(crate) gist: Vec<String>,
    pub(crate) rank: usize,
    pub(crate) is_check: bool,
    /// Its areas, lower ones first; none if it belongs to no area or to all of them at once.
    pub(crate) areas: Vec<usize>,
}

/// Prepositions after which an area's name only says where.
const PLACING: [&str; 3] = ["in", "inside", "within"];

/// Nouns that may follow an area's name.
const NOUNS: [&str; 7] = [
    "area",
    "component",
    "crate",
    "folder",
    "layer",
    "module",
    "package",
];

/// A step for each area that a goal names; if it names none, for all areas where it changes something,
/// and one for all where it checks.
pub(crate) fn decompose(goals: &[Goal], areas: &[Area]) -> Vec<Step> {
    let mut steps = Vec::new();
    for (number, goal) in goals.iter().enumerate() {
        let places: Vec<Option<usize>> = if !goal.areas.is_empty() {
            goal.areas.iter().copied().map(Some).collect()
        } else if goal.is_check || areas.is_empty() {
            vec![None]
        } else {
            (0..areas.len()).map(Some).collect()
        };
        steps.extend(places.into_iter().map(|place| Step {
            goal: number,
            text: goal.text.clone(),
            gist: gist(&goal.text, place.map(|place| &areas[place])),
            rank: goal.rank,
            is_check: goal.is_check,
            areas: place.into_iter().collect(),
        }));
    }
    steps
}

/// The words of `text`, without "in the billing module" at its end if the area is that of billing.
fn gist(text: &str, area: Option<&Area>) -> Vec<String> {
    let words = words(text);
    let Some(area) = area else {
        return words;
    };
    let mut rest = words.as_slice();
    if let [head @ .., noun] = rest
        && NOUNS.contains(&noun.as_str())
    {
        rest = head;
    }
    match rest.strip_suffix(own_name(area).as_slice()) {
        Some([head @ .., place]) if PLACING.contains(&place.as_str()) => head.to_vec(),
        _ => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(name: &str) -> Area {
        Area {
            name: name.to_owned(),
            files: Vec::new(),
            uses: Vec::new(),
            level: 0,
        }
    }

    fn goal(text: &str, areas: &[usize], is_check: bool) -> Goal {
        Goal {
            text: text.to_owned(),
            rank: 0,
            is_check,
            areas: areas.to_vec(),
        }
    }

    #[test]
    fn a_goal_goes_where_it_says_or_everywhere_and_a_check_stays_whole() {
        let areas = [area("api"), area("core"), area("ui")];
        let goals = [
            goal("Split core", &[1], false),
            goal("Add logging", &[], false),
            goal("Verify it", &[], true),
        ];
        let steps = decompose(&goals, &areas);
        let places: Vec<(usize, &[usize])> = steps
            .iter()
            .map(|step| (step.goal, step.areas.as_slice()))
            .collect();
        let expected: [(usize, &[usize]); 5] =
            [(0, &[1]), (1, &[0]), (1, &[1]), (1, &[2]), (2, &[])];
        assert_eq!(places, expected);
        assert_eq!(
            decompose(&goals[1..], &[]).len(),
            2,
            "without areas a goal is one step"
        );
    }

    #[test]
    fn a_place_is_no_part_of_what_is_said_but_an_object_is() {
        let billing = area("src/billing");
        assert_eq!(
            gist("Add logging in the billing module", Some(&billing)),
            ["add", "logging"]
        );
        assert_eq!(
            gist("Split the billing module", Some(&billing)),
            ["split", "billing", "module"]
        );
        assert_eq!(
            gist("Move it to billing", Some(&billing)),
            ["move", "it", "to", "billing"]
        );
    }
}
