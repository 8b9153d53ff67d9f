//! Blocks of shell commands in a document: what each shows to be typed and answered.
//!
//! In a `console` block a line that starts with `$ ` is a command, and the lines up to the next one are
//! what it prints. A `sh` block holds commands alone. A line that ends with a backslash goes on in the
//! next one, and a here-document reaches to its last line.

use crate::text::Text;

/// What a comment directly above a block says if the block is not run.
const NOT_RUN: &str = "not run:";

/// Names of languages for shells that are not used here, so that no block escapes under one of them.
const OTHER_NAMES: [&str; 6] = ["", "bash", "shell", "shell-session", "terminal", "zsh"];

/// A block of shell commands.
#[derive(Debug, PartialEq)]
pub(crate) struct Block {
    /// The line of its fence, counted from 1.
    pub(crate) line: usize,
    pub(crate) content: Content,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Content {
    /// Commands to run, in order.
    Steps(Vec<Step>),
    /// Not to be run, for this reason.
    NotRun { reason: String, first: String },
}

/// A command and what it has to print.
#[derive(Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) line: usize,
    pub(crate) command: String,
    /// Empty if the document does not show it.
    pub(crate) printed: Vec<String>,
}

/// The blocks of shell commands in a document, or what is wrong with them.
pub(crate) fn blocks(document: &Text) -> (Vec<Block>, Vec<String>) {
    let (mut blocks, mut complaints) = (Vec::new(), Vec::new());
    for fenced in fenced(&document.text) {
        match block(&fenced) {
            Ok(None) => {}
            Ok(Some(block)) => blocks.push(block),
            Err(complaint) => {
                complaints.push(format!("{}:{}: {complaint}", document.path, fenced.line));
            }
        }
    }
    (blocks, complaints)
}

/// A fenced block of any language.
struct Fenced<'a> {
    line: usize,
    language: &'a str,
    /// The comment directly above it.
    comment: Option<String>,
    lines: Vec<(usize, &'a str)>,
}

fn fenced(markdown: &str) -> Vec<Fenced<'_>> {
    let (mut found, mut above) = (Vec::new(), Vec::new());
    let mut lines = (1..).zip(markdown.lines());
    while let Some((line, text)) = lines.next() {
        let Some(language) = text.trim_start().strip_prefix("```") else {
            above.push(text);
            continue;
        };
        let indent = text.len() - text.trim_start().len();
        let within = lines.by_ref().take_while(|(_, text)| text.trim() != "```");
        let within = within.map(|(line, text)| (line, text.get(indent..).unwrap_or_default()));
        found.push(Fenced {
            line,
            language: language.trim(),
            comment: comment(&above),
            lines: within.collect(),
        });
        above.clear();
    }
    found
}

/// The comment that these lines end with.
fn comment(above: &[&str]) -> Option<String> {
    let text = above.join("\n");
    let text = text.trim_end().strip_suffix("-->")?;
    let (_, comment) = text.rsplit_once("<!--")?;
    Some(comment.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn block(fenced: &Fenced<'_>) -> Result<Option<Block>, String> {
    let steps = match fenced.language {
        "console" => console(&fenced.lines)?,
        "sh" => script(&fenced.lines),
        other if OTHER_NAMES.contains(&other) => {
            return Err("a block without a language, or with another name for a shell".to_owned());
        }
        _ => return Ok(None),
    };
    let Some(first) = steps.first() else {
        return Err("a block of shell commands without a command".to_owned());
    };
    let reason = fenced.comment.as_deref().and_then(|comment| {
        let reason = comment.strip_prefix(NOT_RUN)?;
        Some(reason.trim().to_owned())
    });
    let content = match reason {
        Some(reason) if reason.is_empty() => return Err("not run, without a reason".to_owned()),
        Some(reason) => Content::NotRun {
            reason,
            first: first.command.clone(),
        },
        None => Content::Steps(steps),
    };
    let line = fenced.line;
    Ok(Some(Block { line, content }))
}

fn console(lines: &[(usize, &str)]) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = lines.iter().copied();
    while let Some((line, text)) = lines.next() {
        match (text.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step {
                line,
                command: whole(command, &mut lines),
                printed: Vec::new(),
            }),
            (None, Some(step)) => step.printed.push(text.to_owned()),
            (None, None) => return Err("an answer that stands before any command".to_owned()),
        }
    }
    Ok(steps)
}

fn script(lines: &[(usize, &str)]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = lines.iter().copied();
    while let Some((line, text)) = lines.next() {
        if !text.trim().is_empty() && !text.starts_with('#') {
            steps.push(Step {
                line,
                command: whole(text, &mut lines),
                printed: Vec::new(),
            });
        }
    }
    steps
}

/// A command with the lines that belong to it.
fn whole<'a>(first: &str, lines: &mut impl Iterator<Item = (usize, &'a str)>) -> String {
    let mut command = first.to_owned();
    let mut end = here_document(first);
    while end.is_some() || command.ends_with('\\') {
        let Some((_, line)) = lines.next() else {
            break;
        };
        command.push('\n');
        command.push_str(line);
        match end {
            Some(word) if word == line => end = None,
            Some(_) => {}
            None => end = here_document(line),
        }
    }
    command
}

/// The word that ends the here-document that a line begins.
fn here_document(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("<<")?;
    let word: String = rest
        .trim_start_matches(['\'', '"'])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    (!word.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(line: usize, command: &str, printed: &[&str]) -> Step {
        Step {
            line,
            command: command.to_owned(),
            printed: printed.iter().map(|&line| line.to_owned()).collect(),
        }
    }

    #[test]
    fn commands_are_told_from_what_they_print() {
        let text = "# T\n```console\n$ one\na\n\n$ two \\\n  more\n$ cat > x <<'EOF'\n$ no command\nEOF\nb\n```\n\
                    - item\n  ```sh\n  # why\n  three && four\n\n  five\n  ```\n```toml\n$ six\n```\n";
        let (blocks, complaints) = blocks(&Text::new("X.md", text));
        assert_eq!(complaints, Vec::<String>::new());
        let first = [
            step(3, "one", &["a", ""]),
            step(6, "two \\\n  more", &[]),
            step(8, "cat > x <<'EOF'\n$ no command\nEOF", &["b"]),
        ];
        let second = [step(16, "three && four", &[]), step(18, "five", &[])];
        assert_eq!(
            blocks,
            [(2, Vec::from(first)), (14, second.into())].map(|(line, steps)| Block {
                line,
                content: Content::Steps(steps)
            })
        );
    }

    #[test]
    fn a_block_that_is_not_run_needs_a_comment_with_a_reason_directly_above() {
        let text = "<!-- not run: needs\n     a network -->\n\n```sh\none\n```\n<!-- not run: -->\n```sh\ntwo\n```\n\
                    <!-- not run: this stands elsewhere -->\nText.\n```sh\nthree\n```\n<!-- a comment -->\n```sh\nfour\n```\n";
        let (blocks, complaints) = blocks(&Text::new("X.md", text));
        assert_eq!(complaints, ["X.md:8: not run, without a reason"]);
        let contents: Vec<_> = blocks.into_iter().map(|block| block.content).collect();
        assert_eq!(
            contents,
            [
                Content::NotRun {
                    reason: "needs a network".to_owned(),
                    first: "one".to_owned()
                },
                Content::Steps(vec![step(14, "three", &[])]),
                Content::Steps(vec![step(18, "four", &[])]),
            ]
        );
    }

    #[test]
    fn blocks_that_would_escape_are_found() {
        let text =
            "```bash\none\n```\n```\n$ two\n```\n```console\nthree\n```\n```sh\n# four\n```\n";
        assert_eq!(
            blocks(&Text::new("X.md", text)).1,
            [
                "X.md:1: a block without a language, or with another name for a shell",
                "X.md:4: a block without a language, or with another name for a shell",
                "X.md:7: an answer that stands before any command",
                "X.md:10: a block of shell commands without a command",
            ]
        );
    }
}
