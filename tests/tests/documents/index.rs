//! The index of the documents names each page, once.

use crate::text::{Text, documents};

const INDEX: &str = "docs/README.md";

/// Pages below `docs` that the index does not name in a line of their own.
fn unlisted(index: &str, pages: &[Text]) -> Vec<String> {
    let pages = pages
        .iter()
        .filter_map(|page| page.path.strip_prefix("docs/"));
    let pages = pages.filter(|page| *page != "README.md");
    let lines_of = |page: &str| {
        let link = format!("]({page}): ");
        let lines = index.lines().filter(|line| line.starts_with("- ["));
        lines.filter(|line| line.contains(&link)).count()
    };
    pages
        .filter(|page| lines_of(page) != 1)
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_page_has_its_line_in_the_index() {
    let index = Text::read(INDEX);
    assert_eq!(unlisted(&index.text, &documents()), Vec::<String>::new());
}

#[test]
fn a_page_without_a_line_or_with_two_is_found() {
    let pages = [
        "docs/a.md",
        "docs/b/c.md",
        "docs/d.md",
        "docs/README.md",
        "X.md",
    ];
    let pages = pages.map(|path| Text::new(path, ""));
    let index = "- [A](a.md): a.\n- [C](b/c.md): c.\n- [C](b/c.md): again.\n[D](d.md): d.\n";
    assert_eq!(unlisted(index, &pages), ["b/c.md", "d.md"]);
}
