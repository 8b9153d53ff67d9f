//! The relative links of all documents lead somewhere.

use xtask::workspace_root;

use crate::text::{Text, documents, prose};

/// Relative links that lead to no file, or to no heading of it.
fn broken_links(document: &Text) -> Vec<String> {
    prose(&document.text)
        .flat_map(targets)
        .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        .filter(|target| !resolves(target, document))
        .map(|target| format!("{} links to {target}, which does not exist", document.path))
        .collect()
}

/// Targets of the links in a line, and of the definition that it may be.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let inline = line.split("](").skip(1);
    let inline = inline.filter_map(|rest| Some(rest.split_once(')')?.0));
    let definition = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]: "));
    inline.chain(definition.map(|(_, target)| target.trim()))
}

fn resolves(target: &str, document: &Text) -> bool {
    let (path, heading) = match target.split_once('#') {
        Some((path, heading)) => (path, Some(heading)),
        None => (target, None),
    };
    let own = workspace_root().join(&document.path);
    let file = match path {
        "" => own,
        path => own.with_file_name(path),
    };
    let has = |heading: &str| match path {
        "" => has_heading(&document.text, heading),
        _ => std::fs::read_to_string(&file).is_ok_and(|text| has_heading(&text, heading)),
    };
    (path.is_empty() || file.exists()) && heading.is_none_or(has)
}

/// Whether a heading has this anchor, which is its text in lower case with `-` for blanks.
fn has_heading(markdown: &str, anchor: &str) -> bool {
    let headings = prose(markdown).filter(|line| line.starts_with('#'));
    let mut anchors = headings.map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        title
            .chars()
            .filter(kept)
            .collect::<String>()
            .replace(' ', "-")
    });
    anchors.any(|own| own == anchor)
}

#[test]
fn every_relative_link_leads_somewhere() {
    let broken: Vec<_> = documents().iter().flat_map(broken_links).collect();
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn a_link_to_no_file_or_no_heading_is_found() {
    let text = "# Two `words`: here\n[a](../Cargo.toml), [b](https://example.org/x), [c](gone.md)\n\
                [d](#two-words-here) [e](#three-words)\n[f]: ../ARCHITECTURE.md#who-is-who\n\
                [g]: ../ARCHITECTURE.md#who-is-not\n```text\n[h](gone.md)\n```\n";
    assert_eq!(
        broken_links(&Text::new("docs/x.md", text)),
        ["gone.md", "#three-words", "../ARCHITECTURE.md#who-is-not"]
            .map(|target| format!("docs/x.md links to {target}, which does not exist"))
    );
}
