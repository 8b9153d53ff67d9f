//! What can be wrong with a configuration: every problem at once, each saying where it is and what
//! would be right.

use std::{fmt, path::PathBuf};

use figment::value::Value;

use super::{
    guarded::FileFault,
    origin::{Origin, shown_path},
    value::masked_text,
};
use crate::scrub;

/// Most problems described one by one; what goes beyond is counted.
const LISTED_MAX: usize = 100;

/// A configuration that was refused, with all its problems.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub struct ConfigError {
    problems: Vec<Problem>,
    omitted: usize,
}

impl ConfigError {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        "E_CONFIG"
    }

    /// The problems, in the order of the sources: files, environment, builder.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How many more problems there are than [`problems`](Self::problems) holds.
    pub fn omitted(&self) -> usize {
        self.omitted
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let ([problem], 0) = (self.problems.as_slice(), self.omitted) {
            return write!(f, "invalid configuration: {problem}");
        }
        let count = self.problems.len() + self.omitted;
        write!(f, "invalid configuration, {count} problems:")?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        match self.omitted {
            0 => Ok(()),
            omitted => write!(f, "\n  and {omitted} more"),
        }
    }
}

/// Problems as they are found.
#[derive(Debug, Default)]
pub(super) struct Problems {
    listed: Vec<Problem>,
    omitted: usize,
}

impl Problems {
    pub(super) fn push(&mut self, problem: Problem) {
        if self.listed.len() < LISTED_MAX {
            self.listed.push(problem);
        } else {
            self.omitted += 1;
        }
    }

    /// `Err` with everything found so far, if anything was.
    pub(super) fn into_result(self) -> Result<(), ConfigError> {
        if self.listed.is_empty() {
            return Ok(());
        }
        Err(self.into_error())
    }

    pub(super) fn into_error(self) -> ConfigError {
        ConfigError {
            problems: self.listed,
            omitted: self.omitted,
        }
    }
}

/// One thing wrong with the configuration.
#[derive(Debug)]
#[non_exhaustive]
pub struct Problem {
    place: Place,
    value: Option<String>,
    reason: Reason,
    allowed: Option<String>,
    nearest: Option<String>,
}

impl Problem {
    pub(super) fn new(place: Place, reason: Reason) -> Self {
        Self {
            place,
            value: None,
            reason,
            allowed: None,
            nearest: None,
        }
    }

    /// Quotes the value that was given, unless the name of its place says that it is a secret.
    pub(super) fn with_value(mut self, value: &Value) -> Self {
        self.value =
            masked_text(self.place.name(), value).map(|text| scrub::shorten(&text).into_owned());
        self
    }

    pub(super) fn allowed_being(mut self, allowed: String) -> Self {
        self.allowed = Some(allowed);
        self
    }

    pub(super) fn nearest_being(mut self, nearest: Option<&str>) -> Self {
        self.nearest = nearest.map(str::to_owned);
        self
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The value that was refused, masked, escaped and shortened for showing.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Why it was refused.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// What would have been accepted.
    pub fn allowed(&self) -> Option<&str> {
        self.allowed.as_deref()
    }

    /// The known name or word nearest to an unknown one.
    pub fn nearest(&self) -> Option<&str> {
        self.nearest.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.place;
        match (&self.value, place) {
            (None, _) => write!(f, "{place}: ")?,
            (Some(value), Place::Setting(Origin::Environment { .. })) => {
                write!(f, "{place}={value}: ")?;
            }
            (Some(value), _) => write!(f, "{place} = {value}: ")?,
        }
        write!(f, "{}", self.reason)?;
        if let Some(allowed) = &self.allowed {
            write!(f, "; allowed: {allowed}")?;
        }
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean {}?", scrub::shorten(nearest))?;
        }
        Ok(())
    }
}

/// Where a problem is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// At a setting, known or not.
    Setting(Origin),
    /// At a whole file.
    File(PathBuf),
}

impl Place {
    fn name(&self) -> &str {
        match self {
            Self::Setting(Origin::File { key, .. } | Origin::Builder { key }) => key,
            Self::Setting(Origin::Environment { variable }) => variable,
            Self::Setting(Origin::Default) | Self::File(_) => "",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = scrub::shorten(self.name());
        match self {
            Self::Setting(Origin::File { path, .. }) => write!(f, "{}: {name}", shown_path(path)),
            Self::Setting(Origin::Environment { .. }) => write!(f, "{name}"),
            Self::Setting(Origin::Builder { .. }) => write!(f, "builder: {name}"),
            Self::Setting(Origin::Default) => f.write_str("default"),
            Self::File(path) => write!(f, "{}", shown_path(path)),
        }
    }
}

/// Why a value, a name or a file was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// No such variable.
    #[error("unknown variable")]
    UnknownVariable,
    /// No such section or key.
    #[error("unknown key")]
    UnknownKey,
    /// A value where a section belongs.
    #[error("a section is expected here, not a value")]
    NotASection,
    /// A table or list where one value belongs, or the other way round.
    #[error("wrong type")]
    WrongType,
    /// Nothing was given.
    #[error("empty")]
    Empty,
    /// The bytes are no text.
    #[error("not valid UTF-8")]
    NotUtf8,
    /// No number.
    #[error("not a number")]
    NotANumber,
    /// A number with a fraction, or none.
    #[error("not a whole number")]
    NotWhole,
    /// Not a number of seconds nor a number with a unit.
    #[error("not a duration")]
    NotADuration,
    /// NaN or infinite.
    #[error("not a finite number")]
    NotFinite,
    /// Too small or too large.
    #[error("out of range")]
    OutOfRange,
    /// None of the possible words.
    #[error("not one of the possible values")]
    NotAChoice,
    /// Not a switch.
    #[error("not a boolean")]
    NotABoolean,
    /// Names that are no planner names, escaped and shortened.
    #[error("bad planner name {0}")]
    BadName(String),
    /// Two spellings of one planner name in one file.
    #[error("planner {0} is configured twice")]
    NameTwice(String),
    /// A path no system accepts.
    #[error("a path with a NUL character")]
    BadPath,
    /// A list beyond the bound.
    #[error("more than {0} entries")]
    TooMany(usize),
    /// A number in a free table that JSON cannot carry.
    #[error("holds a number that is not finite")]
    NotJson,
    /// A file that is no TOML.
    #[error("not valid TOML at line {line}, column {column}: {message}")]
    NotToml {
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// What the parser says, escaped.
        message: String,
    },
    /// A file that cannot be read, or must not be.
    #[error(transparent)]
    File(#[from] FileFault),
    /// A setting of the table that no source provides: our bug.
    #[error("our bug: the setting has no value")]
    Bug,
}
