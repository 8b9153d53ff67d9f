//! Whether enough planners can be used, in one line.

use super::list::counted;
use super::{Cell, Ink, Look, Page};
use crate::diagnose::{Health, HealthStatus};

/// Whether enough planners can be used, and the first thing to do if something is amiss; one line,
/// as far as the terminal is wide enough.
pub fn health(health: &Health, look: Look) -> String {
    let ink = match health.status {
        HealthStatus::Ready => Ink::Good,
        HealthStatus::Degraded => Ink::Warn,
        HealthStatus::NotReady => Ink::Bad,
    };
    let word = Cell::new(format!("{}:", health.status.label())).ink(ink);
    let mut page = Page::new(look);
    page.sentence(0, word, Cell::new(facts(health).join(" · ")));
    page.finish()
}

fn facts(health: &Health) -> Vec<String> {
    let active = counted(health.active, "active planner", "active planners");
    let mut facts = vec![format!("{active}, at least {} wanted", health.active_min)];
    if let Some(problem) = &health.problem {
        facts.push(format!("{}: {}", problem.code, problem.reason));
    }
    let counts = [
        (health.quarantined, "quarantined"),
        (health.breaker_open, "with an open breaker"),
        (health.failed, "failed"),
        (health.refused, "refused"),
        (health.absent, "absent"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    facts.extend(counts.map(|(count, word)| format!("{count} {word}")));
    if !health.left_out.is_empty() {
        let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let files = counted(number(health.left_out.files), "file", "files");
        let folders = counted(number(health.left_out.folders), "folder", "folders");
        facts.push(format!("{files} and {folders} not looked at"));
    }
    if let Some(reliability) = health.reliability {
        facts.push(format!("mean reliability {reliability:.2}"));
    }
    facts.extend(
        health
            .next
            .first()
            .map(|step| format!("next: {}", step.command)),
    );
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::text::sample;
    use crate::planner::{DiscoverError, GetError};

    #[test]
    fn one_line_tells_the_state_the_counts_and_the_next_command() {
        let mut diagnosis = sample::diagnosis();
        let mut lines = vec![health(&Health::of(&diagnosis, 1), Look::PLAIN)];
        diagnosis.files.left_out.files = 2;
        lines.push(health(&Health::of(&diagnosis, 1), Look::PLAIN));
        diagnosis.planners.truncate(1);
        diagnosis.files.left_out.files = 0;
        lines.push(health(&Health::of(&diagnosis, 3), Look::PLAIN));
        let error = GetError::Discover(DiscoverError::InsideCall);
        lines.push(health(&Health::without_discovery(&error, 1), Look::PLAIN));
        assert_eq!(
            lines,
            [
                "ready: 1 active planner, at least 1 wanted · 1 quarantined · 1 failed · 1 refused · \
                 1 absent · mean reliability 0.80 · next: registry explain broken_planner\n",
                "degraded: 1 active planner, at least 1 wanted · 1 quarantined · 1 failed · 1 refused · \
                 1 absent · 2 files and 0 folders not looked at · mean reliability 0.80 · \
                 next: registry diagnose\n",
                "not ready: 0 active planners, at least 3 wanted · 1 refused · \
                 next: registry explain old_planner\n",
                "not ready: 0 active planners, at least 1 wanted · E_INSIDE_CALL: discovery was asked \
                 for from inside a planner's call · next: registry diagnose\n",
            ]
        );
    }
}
