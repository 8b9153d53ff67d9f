//! Every error code has a cause, a remedy and a command that leads on.

use crate::text::{Text, lines};

/// The document that is held to this shape.
const DOCUMENT: &str = "docs/errors.md";

/// The heading of a table of error codes.
const HEADING: &str = "| code | meaning | usual cause | remedy |";

/// What begins the line that gives the command for a whole section.
const NEXT: &str = "**Next:** `";

/// Programs that an operator has.
const PROGRAMS: [&str; 11] = [
    "cargo", "chmod", "chown", "date", "df", "grep", "ls", "mount", "patchelf", "readelf",
    "registry",
];

/// Rows of error codes that lack something.
fn incomplete(document: &Text) -> Vec<String> {
    let mut complaints = Vec::new();
    let (mut section_leads_on, mut heading) = (false, "");
    for line in lines(&document.text)
        .into_iter()
        .filter_map(|(block, line)| block.is_none().then_some(line))
    {
        if line.starts_with('#') {
            (section_leads_on, heading) = (false, "");
        } else if let Some(command) = line.strip_prefix(NEXT) {
            section_leads_on = is_command(command);
        } else if line.starts_with("| code |") {
            heading = line;
        } else if let Some(row) = line.strip_prefix("| `E_") {
            let found = problem(row, heading, section_leads_on);
            let code = row.split('`').next().unwrap_or_default();
            complaints.extend(found.map(|found| format!("E_{code} {found}")));
        }
    }
    complaints
}

fn problem(row: &str, heading: &str, section_leads_on: bool) -> Option<&'static str> {
    let cells: Vec<_> = row
        .trim_end_matches('|')
        .replace(r"\|", " ")
        .split('|')
        .skip(1)
        .map(|cell| cell.trim().to_owned())
        .collect();
    let is_sentence = |cell: &String| cell.len() > 4 && cell.ends_with('.');
    if heading != HEADING {
        return Some("stands in a table with another heading");
    }
    let [_, _, remedy] = &cells[..] else {
        return Some("has not as many cells as the heading");
    };
    if !cells.iter().all(is_sentence) {
        return Some("lacks a sentence for meaning, cause or remedy");
    }
    let mut spans = remedy.split('`').skip(1).step_by(2);
    (!section_leads_on && !spans.any(is_command)).then_some("names no command that leads on")
}

fn is_command(span: &str) -> bool {
    let first = span.split_whitespace().next().unwrap_or_default();
    PROGRAMS.contains(&first.trim_end_matches('`'))
}

#[test]
fn every_error_code_has_a_cause_a_remedy_and_a_command_that_leads_on() {
    let document = Text::read(DOCUMENT);
    assert_eq!(incomplete(&document), Vec::<String>::new());
}

#[test]
fn a_row_that_lacks_something_is_found() {
    let text = format!(
        "# A\n**Next:** `registry list` shows them.\n{HEADING}\n|---|---|---|---|\n\
         | `E_GOOD` | It is. | It was. | It has to be. |\n| `E_SHORT` | It is. | | Do it. |\n\
         | `E_FEW` | It is. | Do it. |\n# B\n{HEADING}\n| `E_OWN` | It is. | It was. | Try `ls -l \\| wc`. |\n\
         | `E_LOST` | It is. | It was. | Set `A=1`. |\n# C\n| code | meaning |\n| `E_OTHER` | It is. |\n"
    );
    assert_eq!(
        incomplete(&Text::new(DOCUMENT, &text)),
        [
            "E_SHORT lacks a sentence for meaning, cause or remedy",
            "E_FEW has not as many cells as the heading",
            "E_LOST names no command that leads on",
            "E_OTHER stands in a table with another heading",
        ]
    );
}
