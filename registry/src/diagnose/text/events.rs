//! What changed lately, one event a row.

use super::{Cell, Ink, Look, Page, Table};
use crate::event::{Event, EventKind};
use crate::moment::Moment;

/// Characters of a digest that tell it from others.
const DIGEST_CHARS: usize = 8;

/// What changed lately, the newest last; times are those of UTC.
pub fn events(events: &[Event], look: Look) -> String {
    let mut page = Page::new(look);
    let mut table = Table::new(["TIME", "EVENT", "PLANNER", "WHAT", "CALL"]).wrapped();
    for event in events {
        let ink = match event.kind {
            EventKind::Failed | EventKind::Refused | EventKind::Crashed => Ink::Bad,
            EventKind::Quarantined
            | EventKind::BreakerMoved
            | EventKind::DigestChanged
            | EventKind::CallFailed => Ink::Warn,
            _ => Ink::Plain,
        };
        let planner = event.planner.as_ref();
        table.row([
            Cell::new(Moment::of_unix_ms(event.at_ms).to_string()),
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
    let said = event.crash.as_ref().and_then(|crash| {
        let line = crash.stderr.lines().next_back()?;
        Some(format!("it said: {line}"))
    });
    let parts = [&event.code, &event.detail, &said, &event.path, &digest];
    let parts: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

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
             1970-01-01T00:00:00Z  failed  —        E_OPEN · no\\nrow \\u{1b}[2J  a-1\n"
        );
        assert_eq!(events(&[], Look::PLAIN), "nothing changed\n");
    }
}
