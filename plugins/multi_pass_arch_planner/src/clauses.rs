//! Clauses: the single demands of an objective, in the order it makes them.
//!
//! Lines, list items and sentences end a clause, and so do words such as "then", and an "and" or a comma
//! before a verb. This is a reading of plain English by a few fixed rules, not an understanding: where
//! no rule applies the text stays whole.

/// One demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause {
    pub(crate) text: String,
    /// Clauses of a higher rank come after those of a lower one.
    pub(crate) rank: usize,
}

/// Words that put what follows after what came before.
const SEQUELS: [&str; 4] = ["then", "afterwards", "finally", "lastly"];

/// First words of sentences in which "then" belongs to a condition.
const CONDITIONS: [&str; 4] = ["if", "when", "once", "unless"];

/// First words of sentences that tell of the state of things.
const BACKGROUND: [&str; 11] = [
    "the",
    "this",
    "these",
    "our",
    "it",
    "there",
    "a",
    "an",
    "currently",
    "today",
    "because",
];

/// Verbs that start a new demand after "and" or a comma.
const VERBS: [&str; 50] = [
    "add",
    "adopt",
    "audit",
    "benchmark",
    "break",
    "build",
    "change",
    "check",
    "clean",
    "confirm",
    "convert",
    "create",
    "delete",
    "deprecate",
    "design",
    "document",
    "drop",
    "ensure",
    "extract",
    "fix",
    "implement",
    "improve",
    "inline",
    "introduce",
    "isolate",
    "join",
    "keep",
    "measure",
    "merge",
    "migrate",
    "move",
    "refactor",
    "release",
    "remove",
    "rename",
    "replace",
    "review",
    "rewrite",
    "run",
    "separate",
    "simplify",
    "split",
    "test",
    "update",
    "upgrade",
    "use",
    "validate",
    "verify",
    "wrap",
    "write",
];

/// The demands of `objective`; at least one, its whole text if need be.
pub(crate) fn clauses(objective: &str) -> Vec<Clause> {
    let mut reader = Reader::default();
    for line in objective.lines() {
        reader.line(line.trim());
    }
    let mut clauses = reader.clauses;
    if clauses.iter().any(|clause| !is_background(&clause.text)) {
        clauses.retain(|clause| !is_background(&clause.text));
    }
    if clauses.is_empty() {
        clauses.push(Clause {
            text: objective.split_whitespace().collect::<Vec<_>>().join(" "),
            rank: 0,
        });
    }
    clauses
}

#[derive(Default)]
struct Reader {
    clauses: Vec<Clause>,
    rank: usize,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let (item, is_numbered) = strip_marker(line);
        if item.ends_with(':') {
            return;
        }
        if is_numbered {
            self.next_rank();
        }
        let mut sentence = Vec::new();
        for word in item.split_whitespace() {
            sentence.push(word);
            if ends_sentence(word) {
                self.sentence(&sentence);
                sentence.clear();
            }
        }
        self.sentence(&sentence);
    }

    fn sentence(&mut self, words: &[&str]) {
        let is_condition = words
            .first()
            .is_some_and(|word| is_one_of(word, &CONDITIONS));
        let mut clause: Vec<&str> = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let next = words.get(at + 1);
            let is_sequel = is_one_of(word, &SEQUELS) && !is_condition;
            if is_sequel || (plain(word) == "and" && next.is_some_and(|next| starts_demand(next))) {
                self.push(&clause);
                clause.clear();
                if is_sequel {
                    self.next_rank();
                }
                continue;
            }
            clause.push(word);
            if word.ends_with(',') && next.is_some_and(|next| is_one_of(next, &VERBS)) {
                self.push(&clause);
                clause.clear();
            }
        }
        self.push(&clause);
    }

    fn push(&mut self, words: &[&str]) {
        let words = match words {
            [first, rest @ ..] if plain(first) == "please" => rest,
            words => words,
        };
        let text = words.join(" ");
        let text = text.trim_matches(|c: char| c.is_whitespace() || ",;:.!?".contains(c));
        if text.chars().any(char::is_alphanumeric) {
            self.clauses.push(Clause {
                text: text.to_owned(),
                rank: self.rank,
            });
        }
    }

    fn next_rank(&mut self) {
        if self
            .clauses
            .last()
            .is_some_and(|clause| clause.rank == self.rank)
        {
            self.rank += 1;
        }
    }
}

/// A line without the mark of a list item, and whether that mark is a number.
fn strip_marker(line: &str) -> (&str, bool) {
    for bullet in ["- ", "* ", "+ ", "• "] {
        if let Some(item) = line.strip_prefix(bullet) {
            return (item.trim_start(), false);
        }
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &line[digits..];
    match rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")) {
        Some(item) if (1..=3).contains(&digits) => (item.trim_start(), true),
        _ => (line, false),
    }
}

/// Whether a sentence ends with `word`. An inner dot marks an abbreviation, such as `e.g.`
fn ends_sentence(word: &str) -> bool {
    match word.strip_suffix(['.', ';', '!', '?']) {
        Some(stem) => !(word.ends_with('.') && stem.contains('.') && stem.len() <= 3),
        None => false,
    }
}

fn starts_demand(word: &str) -> bool {
    is_one_of(word, &VERBS) || is_one_of(word, &SEQUELS)
}

fn is_background(text: &str) -> bool {
    text.split_whitespace()
        .next()
        .is_some_and(|word| is_one_of(word, &BACKGROUND))
}

fn is_one_of(word: &str, list: &[&str]) -> bool {
    list.contains(&plain(word).as_str())
}

fn plain(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(objective: &str) -> Vec<(usize, String)> {
        let clauses = clauses(objective).into_iter();
        clauses.map(|clause| (clause.rank, clause.text)).collect()
    }

    fn rows(rows: &[(usize, &str)]) -> Vec<(usize, String)> {
        rows.iter()
            .map(|&(rank, text)| (rank, text.to_owned()))
            .collect()
    }

    #[test]
    fn sentences_and_verbs_part_demands_of_one_rank() {
        assert_eq!(
            read("Split billing, add tests for src/a.rs v1.4, and update the docs. Keep the API!"),
            rows(&[
                (0, "Split billing"),
                (0, "add tests for src/a.rs v1.4"),
                (0, "update the docs"),
                (0, "Keep the API"),
            ])
        );
    }

    #[test]
    fn sequels_and_numbers_raise_the_rank() {
        assert_eq!(
            read("Extract the money type and then move invoices; finally, delete the old module"),
            rows(&[
                (0, "Extract the money type"),
                (1, "move invoices"),
                (2, "delete the old module"),
            ])
        );
        assert_eq!(
            read("Plan:\n1. Split it\n2) Move it\n   - Test it"),
            rows(&[(0, "Split it"), (1, "Move it"), (1, "Test it")])
        );
    }

    #[test]
    fn what_no_rule_parts_stays_whole() {
        for whole in [
            "If the gate is open then close it",
            "Cover cats and dogs, e.g. big ones",
            "The module is too big",
            "日本語の目的",
        ] {
            assert_eq!(read(whole), rows(&[(0, whole)]));
        }
        assert_eq!(read("Things to do:"), rows(&[(0, "Things to do:")]));
        assert_eq!(read("?!"), rows(&[(0, "?!")]));
    }

    #[test]
    fn background_is_left_out_where_there_is_a_demand() {
        assert_eq!(
            read("The module is too big. Please split it."),
            rows(&[(0, "split it")])
        );
    }
}
