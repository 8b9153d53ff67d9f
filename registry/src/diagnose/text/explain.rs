//! Every gate with its verdict, one a row.

use super::page::INDENT;
use super::{Cell, Ink, Look, Page, Table, crash};
use crate::diagnose::{Check, Explanation, Gate, Step, Verdict};

/// How many characters of a digest are shown: enough to tell files apart.
const DIGEST_SHOWN: usize = "blake3:".len() + 16;

/// Why a planner or a file is used or not, and what to do about it.
pub fn explain(explanation: &Explanation, look: Look) -> String {
    let mut page = Page::new(look);
    page.line(0, head(explanation));
    let mut rows = Table::headless().wrapped();
    for gate in &explanation.gates {
        add_rows(gate, &mut rows);
    }
    page.table(INDENT, &rows);
    notes(explanation, &mut page);
    if let Some(crash) = &explanation.last_crash {
        let mut rows = Table::headless().wrapped();
        crash::rows(crash, &mut rows);
        page.table(INDENT, &rows);
    }
    next(&explanation.next, &mut page);
    page.finish()
}

fn head(explanation: &Explanation) -> [Cell; 4] {
    let name = explanation.planner.as_ref().map(ToString::to_string);
    let path = explanation.path.as_ref().map(|path| path.to_string_lossy());
    let digest = explanation
        .digest
        .as_ref()
        .map_or_else(Cell::nothing, |digest| {
            let shown = digest.get(..DIGEST_SHOWN).unwrap_or(digest);
            Cell::new(format!("{shown}…")).ink(Ink::Faint)
        });
    let verdict = match explanation.refusal() {
        Some((place, gate)) => Cell::new(format!(
            "REFUSED at gate {place} of {}, {}",
            explanation.gates.len(),
            gate.gate.label()
        ))
        .ink(Ink::Bad),
        None => Cell::new(format!("passes all {} gates", explanation.gates.len())).ink(Ink::Good),
    };
    [
        name.map_or_else(Cell::nothing, |name| Cell::new(name).ink(Ink::Strong)),
        path.map_or_else(Cell::nothing, Cell::new),
        digest,
        verdict,
    ]
}

fn add_rows(gate: &Gate, rows: &mut Table<3>) {
    let (mark, ink) = match gate.verdict {
        Verdict::Passed => ("✓", Ink::Good),
        Verdict::Refused => ("✗", Ink::Bad),
        Verdict::NotReached => ("·", Ink::Faint),
        Verdict::NotYet => ("—", Ink::Faint),
    };
    let mut texts: Vec<Cell> = Vec::new();
    if let Some(problem) = &gate.problem {
        let reason = format!("{}: {}", problem.code, problem.reason);
        texts.push(Cell::new(reason).ink(Ink::Bad));
    }
    if !gate.evidence.is_empty() {
        texts.push(Cell::new(&gate.evidence));
    }
    texts.extend(
        gate.problem
            .as_ref()
            .map(|problem| Cell::new(&problem.remedy)),
    );
    if gate.verdict == Verdict::NotReached {
        texts.push(Cell::new("not reached").ink(Ink::Faint));
    }
    if gate.verdict == Verdict::NotYet {
        texts.push(Cell::new("not run yet").ink(Ink::Faint));
    }
    let mut labels = Some([Cell::new(mark).ink(ink), Cell::new(gate.gate.label())]);
    for text in texts {
        let [mark, label] = labels
            .take()
            .unwrap_or_else(|| [Cell::blank(), Cell::blank()]);
        rows.row([mark, label, text]);
    }
}

fn notes(explanation: &Explanation, page: &mut Page) {
    for note in &explanation.notes {
        page.sentence(INDENT, Cell::new("note:"), Cell::new(note));
    }
    if explanation.checked_by == [Check::Name] {
        let text = "names alone are checked, since there is no lock and no signature is required";
        page.sentence(INDENT, Cell::new("note:"), Cell::new(text).ink(Ink::Warn));
    }
}

fn next(steps: &[Step], page: &mut Page) {
    let mut rows = Table::headless().wrapped();
    let mut word = Cell::new("next:");
    for step in steps {
        let purpose = Cell::new(&step.purpose).ink(Ink::Faint);
        rows.row([word, Cell::new(&step.command), purpose]);
        word = Cell::blank();
    }
    page.table(INDENT, &rows);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{GateKind, Problem};

    fn gate(gate: GateKind, verdict: Verdict, evidence: &str) -> Gate {
        Gate {
            gate,
            verdict,
            evidence: evidence.to_owned(),
            problem: None,
        }
    }

    #[test]
    fn a_refusal_is_told_with_evidence_remedy_and_commands_and_nothing_can_forge_a_row() {
        let explanation = Explanation {
            planner: None,
            path: Some("/plugins/a\n  ✓  start  b.so".into()),
            digest: Some(format!("blake3:{}", "0123456789abcdef".repeat(4))),
            refused_by: Some(GateKind::Start),
            checked_by: vec![Check::Name],
            gates: vec![
                gate(GateKind::Name, Verdict::Passed, "some_planner"),
                Gate {
                    problem: Some(Problem {
                        code: "E_CONSTRUCT_PANIC",
                        reason: "it said \u{1b}[2J".to_owned(),
                        remedy: "Report it.".to_owned(),
                    }),
                    ..gate(GateKind::Start, Verdict::Refused, "failed 2 times")
                },
                gate(GateKind::Hold, Verdict::NotReached, ""),
            ],
            notes: vec!["it is judged by itself".to_owned()],
            last_crash: None,
            next: ["first", "second"]
                .map(|word| Step {
                    command: format!("registry {word}"),
                    purpose: format!("the {word}"),
                })
                .into(),
        };
        assert_eq!(
            explain(&explanation, Look::PLAIN),
            include_str!("expected/explain.txt")
        );
    }
}
