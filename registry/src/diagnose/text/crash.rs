//! How a planner's worker ended, in rows of a label and a value.

use super::{Cell, Ink, Table};
use crate::crash::Crash;
use crate::moment::Moment;

/// Adds a row for what is known of the end, and one for each line of its last words.
pub(super) fn rows(crash: &Crash, table: &mut Table<2>) {
    let name = |label: &'static str| Cell::new(label).ink(Ink::Faint);
    let at = Moment::of_unix_ms(crash.at_ms);
    let call = crash.call_id.as_ref();
    let call = call.map_or_else(String::new, |call| format!(", call {call}"));
    table.row([
        name("last crash"),
        Cell::new(format!("{crash}, {at}{call}")),
    ]);
    table.row([name("crashed as"), Cell::new(&crash.digest)]);
    for line in crash.stderr.lines() {
        table.row([name("stderr"), Cell::new(line)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::text::Look;
    use crate::diagnose::text::page::{INDENT, Page};

    #[test]
    fn an_end_is_told_with_its_evidence_and_forges_no_row() {
        let mut crash = Crash {
            signal: Some(11),
            digest: "blake3:00".to_owned(),
            call_id: Some("1-2-3".to_owned()),
            ..Crash::default()
        };
        crash.take_words(
            "one\n\u{1b}[2J two\nregistry: fault 11 0x8 0x7f10 plugin 0x10\n".to_owned(),
        );
        let mut table = Table::headless().wrapped();
        rows(&crash, &mut table);
        let mut page = Page::new(Look::PLAIN);
        page.table(INDENT, &table);
        assert_eq!(
            page.finish(),
            "  last crash  signal 11 (SIGSEGV) at plugin+0x10, 1970-01-01T00:00:00Z, call 1-2-3\n  \
             crashed as  blake3:00\n  \
             stderr      one\n  \
             stderr      \\u{1b}[2J two\n"
        );
    }
}
