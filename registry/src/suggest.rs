//! The nearest known name to a mistyped one.

/// Longest text worth comparing, in bytes; beyond it nothing known is near.
const LEN_MAX: usize = 128;

/// The candidate closest to `given`, if one is close enough to have been meant.
///
/// Case is ignored. A third of the letters may be wrong, missing, added or swapped; between equally
/// near candidates the first in alphabetical order wins, so that the answer does not depend on order.
pub(crate) fn nearest<'a>(
    given: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if given.len() > LEN_MAX {
        return None;
    }
    let given = given.trim().to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let distance = strsim::osa_distance(&given, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, candidate)| distance * 3 <= candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = ["risk_planner", "llm_planner", "structural_planner"];

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        for (given, meant) in [
            ("risk_planer", "risk_planner"),
            ("RISK_PLANNER", "risk_planner"),
            ("lml_planner", "llm_planner"),
            ("structual-planner", "structural_planner"),
        ] {
            assert_eq!(nearest(given, KNOWN), Some(meant));
        }
    }

    #[test]
    fn nothing_near_is_no_suggestion() {
        for given in ["", "x", "weather", &"risk_planner".repeat(1000)] {
            assert_eq!(nearest(given, KNOWN), None);
        }
    }

    #[test]
    fn equally_near_names_are_decided_by_the_alphabet() {
        assert_eq!(nearest("abx", ["abd", "abc"]), Some("abc"));
        assert_eq!(nearest("abx", ["abc", "abd"]), Some("abc"));
    }
}
