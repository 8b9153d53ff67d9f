//! What is wrong with a planner or a file, for people and machines.

use std::error::Error;

use serde::Serialize;

/// Most errors of one chain that are shown.
const CAUSES_MAX: usize = 16;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Problem {
    /// The stable machine code.
    pub code: &'static str,
    /// What happened, with its causes.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
}

impl Problem {
    /// The problem that `error` tells of.
    pub fn new(code: &'static str, error: &(dyn Error + 'static), remedy: String) -> Self {
        Self {
            code,
            reason: causes(error).join(": "),
            remedy,
        }
    }
}

/// The texts of an error and its sources, outermost first.
///
/// Some errors repeat their source at the end of their own text; such a source is left out.
pub fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next.filter(|_| causes.len() < CAUSES_MAX) {
        let text = error.to_string();
        if !causes.last().is_some_and(|outer| outer.ends_with(&text)) {
            causes.push(text);
        }
        next = error.source();
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        #[source]
        source: Option<Box<Layer>>,
    }

    fn layers(texts: &[&'static str]) -> Layer {
        Layer {
            text: texts[0],
            source: (texts.len() > 1).then(|| Box::new(layers(&texts[1..]))),
        }
    }

    #[test]
    fn a_source_that_the_outer_text_already_tells_is_told_once() {
        let error = layers(&["planner failed: out of memory", "out of memory", "errno 12"]);
        assert_eq!(
            causes(&error),
            ["planner failed: out of memory", "errno 12"]
        );
        let problem = Problem::new("E_X", &error, "buy some".to_owned());
        assert_eq!(problem.reason, "planner failed: out of memory: errno 12");
    }

    #[test]
    fn a_chain_is_followed_to_a_bound() {
        let texts: Vec<&'static str> = (0..100)
            .map(|i| if i % 2 == 0 { "a" } else { "b" })
            .collect();
        assert_eq!(causes(&layers(&texts)).len(), 16);
    }
}
