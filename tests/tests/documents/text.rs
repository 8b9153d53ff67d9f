//! The texts that are checked, and what in a document is prose and what a block.

use std::path::Path;

use xtask::workspace_root;

/// A text file, its path below the root of the repository.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Text {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    pub(crate) fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(workspace_root().join(path));
        Self::new(
            path,
            &text.unwrap_or_else(|error| panic!("{path}: {error}")),
        )
    }

    /// Every file of this extension below `folder`, sorted by path. What was built is passed over.
    pub(crate) fn all_below(folder: &str, extension: &str) -> Vec<Self> {
        let mut texts = Vec::new();
        collect(&workspace_root().join(folder), extension, &mut texts);
        texts.sort_by(|a, b| a.path.cmp(&b.path));
        texts
    }
}

fn collect(folder: &Path, extension: &str, texts: &mut Vec<Text>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            if !["target", ".git"]
                .map(Into::into)
                .contains(&entry.file_name())
            {
                collect(&path, extension, texts);
            }
        } else if path.extension().is_some_and(|own| own == extension) {
            let below = path.strip_prefix(workspace_root()).unwrap();
            texts.push(Text::read(below.to_str().unwrap()));
        }
    }
}

/// The documents of the repository.
pub(crate) fn documents() -> Vec<Text> {
    Text::all_below("", "md")
}

/// Each line with the language of the fenced block it stands in; the fences are left out.
pub(crate) fn lines(markdown: &str) -> Vec<(Option<&str>, &str)> {
    let mut block = None;
    let mut lines = Vec::new();
    for line in markdown.lines() {
        match (block, line.trim_start().strip_prefix("```")) {
            (None, Some(language)) => block = Some(language.trim()),
            (Some(_), Some(_)) => block = None,
            (block, None) => lines.push((block, line)),
        }
    }
    lines
}

/// The lines outside of fenced blocks.
pub(crate) fn prose(markdown: &str) -> impl Iterator<Item = &str> {
    let lines = lines(markdown).into_iter();
    lines.filter_map(|(block, line)| block.is_none().then_some(line))
}
