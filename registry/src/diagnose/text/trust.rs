//! By what files prove who they are, and the keys that count.

use super::page::INDENT;
use super::{Cell, Ink, Page, Table, locking};
use crate::diagnose::{Check, Diagnosis, KeyState, KeyStatus};

/// Stands where nothing but names is checked.
const NAMES_ALONE: [&str; 2] = [
    "Only names are checked, since there is no lock and no signature is required:",
    "whoever can write a plugin folder can be any allowed planner.",
];

/// What has to be known of the checks and the lock, and every trusted key.
pub(super) fn section(diagnosis: &Diagnosis, page: &mut Page) {
    let signatures = &diagnosis.signatures;
    page.heading("TRUST");
    if diagnosis.checked_by == [Check::Name] {
        for line in NAMES_ALONE {
            warn(page, line);
        }
    }
    locking::tell_of(&diagnosis.lock, page);
    match (signatures.required, signatures.keys.is_empty()) {
        (true, true) => warn(
            page,
            "A signature is required, but no trusted keys are configured: no file can pass.",
        ),
        (true, false) => say(page, "A signature by a trusted key is required."),
        (false, false) => say(page, "Where there is a signature, it is judged."),
        (false, true) => {}
    }
    if !signatures.keys.is_empty() {
        page.table(INDENT, &keys(&signatures.keys));
    }
}

fn say(page: &mut Page, text: &'static str) {
    page.line(INDENT, [Cell::new(text)]);
}

fn warn(page: &mut Page, text: &'static str) {
    page.line(INDENT, [Cell::new(text).ink(Ink::Warn)]);
}

fn keys(keys: &[KeyStatus]) -> Table<6> {
    let mut table = Table::new(["KEY", "NUMBER", "STATE", "FROM", "TO", "SIGNS"]);
    for key in keys {
        let ink = match key.state {
            KeyState::Valid => Ink::Good,
            KeyState::NotYetValid => Ink::Warn,
            KeyState::Expired | KeyState::Revoked => Ink::Bad,
        };
        table.row([
            Cell::new(&key.name),
            Cell::new(key.id.to_string()),
            Cell::new(key.state.label()).ink(ink),
            Cell::new(&key.not_before),
            Cell::new(&key.not_after),
            Cell::new(&key.signs),
        ]);
    }
    table
}
