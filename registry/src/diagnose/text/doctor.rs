//! What this machine can enforce on workers.

use super::page::INDENT;
use super::{Cell, Ink, Look, Page, Table};
use crate::isolate::{Doctor, Fact, FactState};

/// What this machine can enforce on workers, what is missing and what to change.
pub fn doctor(doctor: &Doctor, look: Look) -> String {
    let mut page = Page::new(look);
    let who = match doctor.uid {
        0 => "root".to_owned(),
        uid => format!("user {uid}"),
    };
    let machine = format!(
        "Linux {} on {}, as {who}",
        doctor.kernel, doctor.architecture
    );
    page.line(0, [Cell::new(machine).ink(Ink::Strong)]);
    page.sentence(0, verdict(doctor), Cell::new(reasons(doctor)));
    page.gap();
    let mut rows = Table::headless().wrapped();
    for fact in &doctor.facts {
        add(fact, &mut rows);
    }
    page.table(INDENT, &rows);
    page.heading("What no sandbox here can stop");
    for sentence in &doctor.never {
        page.line(INDENT, [Cell::new(sentence)]);
    }
    page.finish()
}

fn verdict(doctor: &Doctor) -> Cell {
    if doctor.strict {
        Cell::new("strict:").ink(Ink::Good)
    } else {
        Cell::new("not strict:").ink(Ink::Warn)
    }
}

fn reasons(doctor: &Doctor) -> String {
    if doctor.strict {
        return "workers can start with the sandbox at strict".to_owned();
    }
    let demanded = doctor.facts.iter().filter(|fact| fact.demanded);
    let lacking = demanded.filter(|fact| fact.state != FactState::Available);
    let lacking: Vec<_> = lacking.map(|fact| fact.name).collect();
    format!(
        "workers start with the sandbox at best-effort alone, for want of {}",
        lacking.join(", ")
    )
}

fn add(fact: &Fact, rows: &mut Table<3>) {
    let (mark, ink) = match (fact.state, fact.demanded) {
        (FactState::Available, _) => ("✓", Ink::Good),
        (FactState::Partial, _) => ("~", Ink::Warn),
        (FactState::Missing, false) => ("-", Ink::Faint),
        (FactState::Missing, true) => ("✗", Ink::Bad),
    };
    rows.row([
        Cell::new(mark).ink(ink),
        Cell::new(fact.name),
        Cell::new(&fact.found),
    ]);
    let mut below = |text: Cell| rows.row([Cell::blank(), Cell::blank(), text]);
    below(Cell::new(fact.means).ink(Ink::Faint));
    if let Some(change) = &fact.change {
        below(Cell::new(change));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(name: &'static str, state: FactState, demanded: bool) -> Fact {
        Fact {
            name,
            state,
            found: "found\u{1b}[2J".to_owned(),
            means: "something",
            demanded,
            change: (state != FactState::Available).then(|| "Change it.".to_owned()),
        }
    }

    #[test]
    fn what_is_missing_is_named_with_what_to_change() {
        let mut report = Doctor {
            kernel: "6.1.0".to_owned(),
            architecture: "x86_64".to_owned(),
            uid: 1000,
            strict: false,
            facts: vec![
                fact("Landlock", FactState::Partial, true),
                fact("seccomp", FactState::Available, true),
                fact("user namespaces", FactState::Missing, false),
                fact("/proc", FactState::Missing, true),
            ],
            never: vec!["nothing stops it"],
        };
        assert_eq!(
            doctor(&report, Look::PLAIN),
            "Linux 6.1.0 on x86_64, as user 1000\n\
             not strict: workers start with the sandbox at best-effort alone, for want of Landlock, /proc\n\
             \n\
             \x20 ~  Landlock         found\\u{1b}[2J\n\
             \x20                     something\n\
             \x20                     Change it.\n\
             \x20 ✓  seccomp          found\\u{1b}[2J\n\
             \x20                     something\n\
             \x20 -  user namespaces  found\\u{1b}[2J\n\
             \x20                     something\n\
             \x20                     Change it.\n\
             \x20 ✗  /proc            found\\u{1b}[2J\n\
             \x20                     something\n\
             \x20                     Change it.\n\
             \n\
             What no sandbox here can stop\n\
             \x20 nothing stops it\n"
        );
        report.strict = true;
        report.uid = 0;
        let text = doctor(&report, Look::PLAIN);
        let lines: Vec<_> = text.lines().take(2).collect();
        assert_eq!(
            lines,
            [
                "Linux 6.1.0 on x86_64, as root",
                "strict: workers can start with the sandbox at strict"
            ]
        );
    }
}
