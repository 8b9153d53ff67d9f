//! How files become code: what is relaxed, what the environment changes, how much is mapped.

use super::page::INDENT;
use super::report::Detail;
use super::{Cell, Ink, Page, Table};
use crate::diagnose::LoadingStatus;

/// What is out of the ordinary, and in a full report everything.
pub(super) fn section(loading: &LoadingStatus, detail: Detail, page: &mut Page) {
    let mut rows = Table::headless().wrapped();
    let mut row = |label: &str, text: String, ink| {
        rows.row([Cell::new(label).ink(Ink::Faint), Cell::new(text).ink(ink)]);
    };
    let mut told = detail == Detail::Full;
    if loading.bytes != "sealed" {
        told = true;
        let text = "the files themselves: whoever may write one can change code while it runs";
        row("mapped from", text.to_owned(), Ink::Warn);
    } else if detail == Detail::Full {
        row("mapped from", "sealed copies".to_owned(), Ink::Plain);
    }
    if !loading.relaxed.is_empty() {
        told = true;
        row("relaxed", loading.relaxed.join(" "), Ink::Warn);
    }
    if !loading.loader_variables.is_empty() {
        told = true;
        let text = format!(
            "{}, which change what loading means",
            loading.loader_variables.join(" ")
        );
        row("started with", text, Ink::Warn);
    }
    let mapped = &loading.mapped;
    if mapped.private_copies > 0 {
        told = true;
        let text = format!(
            "{} private copies on disk, as memory files are forbidden",
            mapped.private_copies
        );
        row("mapped from", text, Ink::Warn);
    }
    if detail == Detail::Full {
        let text = format!(
            "{} libraries of {} bytes, for good; {} descriptors kept open",
            mapped.libraries, mapped.bytes, mapped.descriptors
        );
        row("mapped", text, Ink::Plain);
    }
    if told {
        page.heading("LOADING");
        page.table(INDENT, &rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::text::{Look, report, sample};

    #[test]
    fn what_is_out_of_the_ordinary_is_told_in_the_short_report() {
        let mut diagnosis = sample::diagnosis();
        let text = report(&diagnosis, Detail::Short, Look::PLAIN);
        assert!(!text.contains("LOADING"), "{text}");
        diagnosis.loading = LoadingStatus {
            bytes: "file",
            relaxed: vec!["trust.allow_foreign_owner"],
            loader_variables: vec!["LD_PRELOAD"],
            ..diagnosis.loading
        };
        diagnosis.loading.mapped.private_copies = 2;
        let text = report(&diagnosis, Detail::Short, Look::PLAIN);
        let section = "LOADING\n  \
            mapped from   the files themselves: whoever may write one can change code while it runs\n  \
            relaxed       trust.allow_foreign_owner\n  \
            started with  LD_PRELOAD, which change what loading means\n  \
            mapped from   2 private copies on disk, as memory files are forbidden\n";
        assert!(text.contains(section), "{text}");
    }
}
