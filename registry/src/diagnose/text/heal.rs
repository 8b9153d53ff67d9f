//! What a heal did, planner by planner.

use super::list::counted;
use super::{Cell, Ink, Look, Page, Table};
use crate::heal::{HealOutcome, HealReport, Treated};

/// What a heal did, and what to do about the planners that are still out.
pub fn heal(report: &HealReport, look: Look) -> String {
    let mut page = Page::new(look);
    let ink = match report.outcome {
        HealOutcome::NotNeeded | HealOutcome::Healed => Ink::Good,
        HealOutcome::CoolingDown | HealOutcome::Cancelled => Ink::Warn,
        HealOutcome::NotHealed => Ink::Bad,
    };
    let word = Cell::new(format!("{}:", report.outcome.label())).ink(ink);
    page.sentence(0, word, Cell::new(facts(report).join(" · ")));
    let mut table = Table::new(["NAME", "DONE", "STILL OUT BECAUSE"]).wrapped();
    for own in &report.planners {
        let still = own.still.as_ref().map_or_else(Cell::nothing, |problem| {
            Cell::new(format!("{}: {}", problem.code, problem.reason))
        });
        table.row([Cell::new(&own.planner), Cell::new(done(own)), still]);
    }
    if !table.is_empty() {
        page.gap();
        page.table(0, &table);
    }
    page.finish()
}

fn facts(report: &HealReport) -> Vec<String> {
    let active = |count| counted(count, "active planner", "active planners");
    let mut facts = vec![active(report.active_after)];
    if report.attempts > 0 {
        let attempts = usize::try_from(report.attempts).unwrap_or(usize::MAX);
        facts.push(counted(attempts, "attempt", "attempts"));
    }
    if let Some(left_ms) = report.cooldown_ms {
        facts.push(format!("healed a moment ago, next in {left_ms} ms"));
    }
    if let Some(problem) = &report.problem {
        facts.push(format!("{}: {}", problem.code, problem.reason));
    }
    if !report.is_any_active() {
        facts.push("next: registry diagnose".to_owned());
    }
    facts
}

fn done(own: &Treated) -> String {
    let done = [
        (own.rediscovered, "rediscovered"),
        (own.released, "released"),
        (own.retried, "tried again"),
    ];
    let done: Vec<_> = done
        .into_iter()
        .filter_map(|(done, word)| done.then_some(word))
        .collect();
    if done.is_empty() {
        return "nothing".to_owned();
    }
    done.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Problem;
    use crate::name::PlannerName;

    fn treated(name: &str, done: [bool; 3], still: Option<&str>) -> Treated {
        let [rediscovered, released, retried] = done;
        Treated {
            planner: PlannerName::parse(name).unwrap(),
            rediscovered,
            released,
            retried,
            still: still.map(|reason| Problem {
                code: "E_SELF_TEST_FAILED",
                reason: reason.to_owned(),
                remedy: String::new(),
            }),
        }
    }

    #[test]
    fn each_planner_says_what_was_done_and_why_it_is_still_out() {
        let report = HealReport {
            outcome: HealOutcome::Healed,
            active_before: 0,
            attempts: 2,
            active_after: 1,
            cooldown_ms: None,
            planners: vec![
                treated("late_planner", [true, false, false], None),
                treated(
                    "risk_planner",
                    [false, true, true],
                    Some("no\u{1b}[2J luck"),
                ),
                treated("still_planner", [false; 3], Some("held")),
            ],
            problem: None,
        };
        assert_eq!(
            heal(&report, Look::PLAIN),
            "healed: 1 active planner · 2 attempts\n\n\
             NAME           DONE                   STILL OUT BECAUSE\n\
             late_planner   rediscovered           —\n\
             risk_planner   released, tried again  E_SELF_TEST_FAILED: no\\u{1b}[2J luck\n\
             still_planner  nothing                E_SELF_TEST_FAILED: held\n"
        );
    }

    #[test]
    fn one_that_did_nothing_says_why() {
        let report = |outcome, active, cooldown_ms| HealReport {
            outcome,
            active_before: active,
            attempts: 0,
            active_after: active,
            cooldown_ms,
            planners: Vec::new(),
            problem: None,
        };
        let texts = [
            heal(&report(HealOutcome::NotNeeded, 4, None), Look::PLAIN),
            heal(
                &report(HealOutcome::CoolingDown, 0, Some(4_200)),
                Look::PLAIN,
            ),
        ];
        assert_eq!(
            texts,
            [
                "not needed: 4 active planners\n",
                "skipped: 0 active planners · healed a moment ago, next in 4200 ms · \
                 next: registry diagnose\n",
            ]
        );
    }
}
