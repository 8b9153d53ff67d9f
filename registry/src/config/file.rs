//! A configuration file as a source: TOML, one section a subject, `[planners.NAME]` for one planner.

use std::{collections::BTreeSet, fmt, path::PathBuf};

use figment::{
    providers::{Format, Toml},
    value::{Dict, Value},
};
use plugin_api::name;

use super::{
    error::{Place, Problem, Problems, Reason},
    guarded::{self, FileFault},
    layer::{Entry, Layer, Source, find, nearest_key},
    origin::shown_path,
    row::Reach,
    settings::SECTIONS,
};
use crate::{name::PlannerName, scrub};

/// Largest configuration file.
const SIZE_MAX_BYTES: u64 = 1024 * 1024;

/// The key under which the parser passes a date, for which there is no type here.
const DATE_KEY: &str = "$__toml_private_datetime";

/// What a file is to the caller, which decides what happens if it is missing or grants something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Named by a person: it must be there.
    Named,
    /// At a place where one may be.
    Usual,
    /// In the working directory: read for harmless settings only, never needed.
    WorkingDir,
}

/// Something the configuration left aside, and a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// A setting that the file of the working directory may not carry.
    Ignored {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// The file of the working directory was not read at all.
    NotRead {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ignored { path, key } => write!(
                f,
                "{}: {} is ignored, for a file in the working directory grants nothing; \
                 set it in the file of --config or FACTORY_CONFIG, or the system's or user's",
                shown_path(path),
                scrub::shorten(key)
            ),
            Self::NotRead { path, reason } => {
                write!(f, "{} is ignored: {reason}", shown_path(path))
            }
        }
    }
}

/// Reads the file at `path`; `None` if there is nothing to take from it.
pub(super) fn read(
    path: PathBuf,
    role: Role,
    problems: &mut Problems,
    notes: &mut Vec<Note>,
) -> Option<Layer> {
    let bytes = match guarded::read(&path, SIZE_MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(FileFault::Missing) if role != Role::Named => return None,
        Err(fault) if role == Role::WorkingDir => {
            let reason = fault.to_string();
            notes.push(Note::NotRead { path, reason });
            return None;
        }
        Err(fault) => {
            problems.push(Problem::new(Place::File(path), fault.into()));
            return None;
        }
    };
    match parse(bytes) {
        Ok(tree) => {
            let mut reader = Reader {
                layer: Layer::new(Source::File(path)),
                role,
                problems,
                notes,
            };
            reader.sections(tree);
            Some(reader.layer)
        }
        Err(reason) => {
            problems.push(Problem::new(Place::File(path), reason));
            None
        }
    }
}

/// The tree of a file of TOML, with dates as the text they were written as.
pub(crate) fn parse(bytes: Vec<u8>) -> Result<Dict, Reason> {
    let text = String::from_utf8(bytes).map_err(|_| Reason::NotUtf8)?;
    let mut tree: Dict = Toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Reason::NotToml {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: scrub::shorten(&error.message().replace('\n', ", ")).into_owned(),
        }
    })?;
    tree.values_mut().for_each(dates_to_text);
    Ok(tree)
}

/// Dates become the text they were written as. The depth is bounded by the parser's.
fn dates_to_text(value: &mut Value) {
    match value {
        Value::Array(_, items) => items.iter_mut().for_each(dates_to_text),
        Value::Dict(_, table) => match table.get_mut(DATE_KEY) {
            Some(date) => *value = date.clone(),
            None => table.values_mut().for_each(dates_to_text),
        },
        _ => {}
    }
}

/// Walks the tree of one file and sorts its settings into layer, problems and notes.
struct Reader<'a> {
    layer: Layer,
    role: Role,
    problems: &'a mut Problems,
    notes: &'a mut Vec<Note>,
}

impl Reader<'_> {
    fn sections(&mut self, tree: Dict) {
        for (section, value) in tree {
            let known = SECTIONS.contains(&section.as_str()) || section == "planners";
            match value {
                Value::Dict(_, settings) if section == "planners" => self.planners(settings),
                Value::Dict(_, settings) if known => self.settings(&section, settings),
                value if known => self.report(&section, &value, Reason::NotASection),
                value => self.unknown(&section, &value),
            }
        }
    }

    fn planners(&mut self, planners: Dict) {
        let mut seen = BTreeSet::new();
        for (given, value) in planners {
            let key = format!("planners.{given}");
            match (PlannerName::parse(&given), value) {
                (Err(error), _) => {
                    let reason = Reason::BadName(format!("\"{}\"", error.given()));
                    let problem = Problem::new(self.layer.source().place(&key), reason);
                    self.problems
                        .push(problem.allowed_being(name::RULE.to_owned()));
                }
                (Ok(name), value) if !seen.insert(name.clone()) => {
                    self.report(&key, &value, Reason::NameTwice(name.to_string()));
                }
                (Ok(_), Value::Dict(_, settings)) => self.settings(&key, settings),
                (Ok(_), value) => self.report(&key, &value, Reason::NotASection),
            }
        }
    }

    fn settings(&mut self, section: &str, settings: Dict) {
        for (name, value) in settings {
            let key = format!("{section}.{name}");
            match find(&key) {
                None => self.unknown(&key, &value),
                Some((row, key))
                    if self.role == Role::WorkingDir && row.reach == Reach::Granting =>
                {
                    if let Source::File(path) = self.layer.source() {
                        let path = path.clone();
                        self.notes.push(Note::Ignored { path, key });
                    }
                }
                Some((row, key)) => self.layer.push(Entry { row, key, value }, self.problems),
            }
        }
    }

    fn unknown(&mut self, key: &str, value: &Value) {
        let problem = Problem::new(self.layer.source().place(key), Reason::UnknownKey)
            .with_value(value)
            .nearest_being(nearest_key(key).as_deref());
        self.problems.push(problem);
    }

    fn report(&mut self, key: &str, value: &Value, reason: Reason) {
        let problem = Problem::new(self.layer.source().place(key), reason).with_value(value);
        self.problems.push(problem);
    }
}
