//! The paths that ARCHITECTURE.md names exist.

use std::path::Path;

use xtask::workspace_root;

use crate::text::{Text, prose};

/// Folders that paths in ARCHITECTURE.md may start from: the root, and the crate whose layers it lists.
const STARTS: [&str; 2] = ["", "registry/src"];

/// Code spans that look like paths and lead nowhere.
fn lost_paths(document: &Text) -> Vec<String> {
    let spans = prose(&document.text).flat_map(|line| line.split('`').skip(1).step_by(2));
    let leads_nowhere = |path: &str| {
        let mut starts = STARTS.iter().map(|start| workspace_root().join(start));
        !starts.any(|start| start.join(path).exists())
    };
    spans
        .filter(|span| looks_like_a_path(span) && leads_nowhere(span))
        .map(|span| format!("{} names {span}, which does not exist", document.path))
        .collect()
}

fn looks_like_a_path(span: &str) -> bool {
    let ends_like_a_file = Path::new(span)
        .extension()
        .is_some_and(|extension| extension == "rs" || extension == "md");
    !span.contains(char::is_whitespace) && (span.contains('/') || ends_like_a_file)
}

#[test]
fn every_path_that_the_architecture_names_exists() {
    let architecture = Text::read("ARCHITECTURE.md");
    assert_eq!(lost_paths(&architecture), Vec::<String>::new());
}

#[test]
fn a_path_that_does_not_exist_is_found() {
    let text = "`tests/tests/layers.rs` `trust/` `name.rs` `cargo demo` `a::b` (`tests/gone.rs`)\n\
                | `gone.rs` | `GONE.md` | `layers.rs` |\n```sh\n`in/a/block.rs`\n```\n`gone/`";
    assert_eq!(
        lost_paths(&Text::new("X.md", text)),
        ["tests/gone.rs", "gone.rs", "GONE.md", "layers.rs", "gone/"]
            .map(|path| format!("X.md names {path}, which does not exist"))
    );
}
