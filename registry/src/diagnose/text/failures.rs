//! Starts that failed lately, one a row.

use super::page::INDENT;
use super::{Cell, Ink, Page, Table};
use crate::diagnose::PastFailure;

/// The section, if there is any.
pub(super) fn section(failures: &[PastFailure], page: &mut Page) {
    if failures.is_empty() {
        return;
    }
    let mut table = Table::new(["NUMBER", "PLANNER", "CODE", "SINCE THEN", "REASON"]).wrapped();
    for failure in failures {
        let since = if failure.archived {
            "folders read anew"
        } else {
            "nothing"
        };
        table.row([
            Cell::new(failure.number.to_string()),
            Cell::new(&failure.planner),
            Cell::new(failure.code).ink(Ink::Bad),
            Cell::new(since),
            Cell::new(&failure.reason),
        ]);
    }
    page.heading("FAILED STARTS");
    page.table(INDENT, &table);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::text::Look;

    #[test]
    fn one_failure_is_one_row_and_forges_none() {
        let failure = PastFailure {
            number: 7,
            planner: "risk_planner".to_owned(),
            code: "E_CONSTRUCT_PANIC",
            reason: "no\nluck".to_owned(),
            archived: true,
        };
        let mut page = Page::new(Look::PLAIN);
        section(&[failure], &mut page);
        section(&[], &mut page);
        assert_eq!(
            page.finish(),
            "FAILED STARTS\n  \
             NUMBER  PLANNER       CODE               SINCE THEN         REASON\n  \
             7       risk_planner  E_CONSTRUCT_PANIC  folders read anew  no\\nluck\n"
        );
    }
}
