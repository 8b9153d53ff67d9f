//! Planner names, checked once at the edge and then carried as a type.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use plugin_api::name::{LEN_MAX, RULE, is_valid};
use serde::{Deserialize, Serialize};

use crate::scrub;

/// A valid planner name: trimmed, lower-case, `^[a-z0-9_][a-z0-9_-]{2,63}$`. A clone copies no text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "String"))]
#[serde(try_from = "String", into = "String")]
pub struct PlannerName(Arc<str>);

impl PlannerName {
    /// Trims `text`, lowers its ASCII letters and checks the result.
    ///
    /// Only ASCII is lowered: a look-alike such as the Kelvin sign must not turn into a `k`.
    ///
    /// # Errors
    /// [`NameError`] if what remains is not a valid name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let trimmed = text.trim();
        // Most names come as they are kept.
        if is_valid(trimmed) {
            return Ok(Self(trimmed.into()));
        }
        if trimmed.len() <= LEN_MAX {
            let lowered = trimmed.to_ascii_lowercase();
            if is_valid(&lowered) {
                return Ok(Self(lowered.into()));
            }
        }
        Err(NameError {
            given: scrub::shorten(text).into_owned(),
        })
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlannerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for PlannerName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for PlannerName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for PlannerName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for PlannerName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<PlannerName> for String {
    fn from(name: PlannerName) -> Self {
        name.as_str().to_owned()
    }
}

/// A text that is no planner name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bad planner name \"{given}\"; allowed: {RULE}")]
#[non_exhaustive]
pub struct NameError {
    given: String,
}

impl NameError {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        "E_BAD_NAME"
    }

    /// The text that was refused, escaped and shortened for showing.
    pub fn given(&self) -> &str {
        &self.given
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_name_is_trimmed_and_lowered() {
        let name = PlannerName::parse("  Risk_Planner\n").unwrap();
        assert_eq!(name.as_str(), "risk_planner");
        assert_eq!(format!("{name:>14}|"), "  risk_planner|");
    }

    #[test]
    fn a_refused_name_says_what_was_given_and_what_is_allowed() {
        let error = PlannerName::parse("a\u{1b}[2Jb").unwrap_err();
        assert_eq!(error.code(), "E_BAD_NAME");
        assert_eq!(
            error.to_string(),
            "bad planner name \"a\\u{1b}[2Jb\"; allowed: 3 to 64 characters: lower-case letters, \
             digits, '_' and '-', not starting with '-'"
        );
    }

    #[test]
    fn a_letter_that_only_looks_ascii_is_refused() {
        let error = PlannerName::parse("ris\u{212a}_planner").unwrap_err();
        assert_eq!(error.given(), "ris\u{212a}_planner");
    }

    #[test]
    fn a_huge_name_is_refused_with_a_short_message() {
        let error = PlannerName::parse(&"a".repeat(1 << 20)).unwrap_err();
        assert!(error.to_string().len() < 300, "{error}");
    }

    #[test]
    fn names_are_found_by_text_and_read_from_json() {
        let name: PlannerName = serde_json::from_str("\"LLM_planner\"").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"llm_planner\"");
        let map = BTreeMap::from([(name, 7)]);
        assert_eq!(map.get("llm_planner"), Some(&7));
        let refused = serde_json::from_str::<PlannerName>("\"a b\"").unwrap_err();
        assert!(refused.to_string().starts_with("bad planner name \"a b\""));
    }
}
