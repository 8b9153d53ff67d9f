//! What changed lately, one event a row.

use super::{Cell, Ink, Look, Page, Table};
use crate::event::{Event, EventKind};

/// Characters of a digest that tell it from others.
const DIGEST_CHARS: usize = 8;

/// What changed lately, the newest last; times are those of UTC.
pub fn events(events: &[Event], look: Look) -> String {
    let mut page = Page::new(look);
    let mut table = Table::new(["TIME", "EVENT", "PLANNER", "WHAT", "CALL"]).wrapped();
    for event in events {
        let ink = match event.kind {
            EventKind::Failed | EventKind::Refused => Ink::Bad,
            EventKind::Quarantined | EventKind::BreakerMoved | EventKind::DigestChanged => {
                Ink::Warn
            }
            _ => Ink::Plain,
        };
        let planner = event.planner.as_ref();
        table.row([
            Cell::new(utc(event.at_ms)),
            Cell::new(event.kind.label()).ink(ink),
            planner.map_or_else(Cell::nothing, Cell::new),
            Cell::new(what(event)),
            Cell::new(&event.call_id).ink(Ink::Faint),
        ]);
    }
    if table.is_empty() {
        page.line(0, [Cell::new("nothing changed")]);
    } else {
        page.table(0, &table);
    }
    page.finish()
}

fn what(event: &Event) -> String {
    let digest = event.digest.as_ref().map(|digest| {
        let short: String = digest.chars().take(DIGEST_CHARS).collect();
        format!("blake3:{short}")
    });
    let parts = [&event.code, &event.detail, &event.path, &digest];
    let parts: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
    parts.join(" · ")
}

/// `2026-11-21 13:34:45Z`, by the calendar that counts backwards and forwards for ever.
fn utc(at_ms: u64) -> String {
    let seconds = at_ms / 1000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years begin in March here, so that the leap day is the last of its year.
    let day = days + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = era * 400 + year + next;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{date:02} {hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        let times = [
            0,
            951_782_399_999,
            951_782_400_000,
            1_795_268_085_000,
            4_107_542_400_000,
        ];
        assert_eq!(
            times.map(utc),
            [
                "1970-01-01 00:00:00Z",
                "2000-02-28 23:59:59Z",
                "2000-02-29 00:00:00Z",
                "2026-11-21 13:34:45Z",
                "2100-03-01 00:00:00Z",
            ]
        );
    }

    #[test]
    fn one_event_is_one_row_and_forges_none() {
        let event = Event {
            at_ms: 0,
            call_id: "a-1".to_owned(),
            ..Event::now(EventKind::Failed)
        };
        let event = event.code("E_OPEN").detail("no\nrow \u{1b}[2J");
        assert_eq!(
            events(&[event], Look::PLAIN),
            "TIME                  EVENT   PLANNER  WHAT                        CALL\n\
             1970-01-01 00:00:00Z  failed  —        E_OPEN · no\\nrow \\u{1b}[2J  a-1\n"
        );
        assert_eq!(events(&[], Look::PLAIN), "nothing changed\n");
    }
}
