//! Lists of planner names, and paths.

use std::{
    borrow::Cow,
    collections::HashSet,
    hash::Hash,
    path::{Path, PathBuf},
};

use figment::value::Value;
use plugin_api::name;

use super::Kind;
use crate::{config::error::Reason, name::PlannerName, scrub};

/// Most entries of any list.
const ENTRIES_MAX: usize = 100_000;

/// Planner names, separated by commas; an entry given twice counts once.
#[derive(Debug)]
pub(in crate::config) struct Names;

impl Kind for Names {
    type Value = Vec<PlannerName>;

    fn parse(&self, value: &Value) -> Result<Vec<PlannerName>, Reason> {
        let mut names = Vec::new();
        let mut bad = Vec::new();
        for text in entries(value, ',')? {
            match PlannerName::parse(text) {
                Ok(name) => names.push(name),
                Err(error) => bad.push(format!("\"{}\"", error.given())),
            }
        }
        if bad.is_empty() {
            Ok(without_repeats(names))
        } else {
            Err(Reason::BadName(
                scrub::shorten(&bad.join(", ")).into_owned(),
            ))
        }
    }

    fn allowed(&self) -> String {
        format!("planner names separated by ',', each {}", name::RULE)
    }

    fn show(&self, value: &Vec<PlannerName>) -> String {
        join(value.iter().map(|name| Cow::Borrowed(name.as_str())), ",")
    }
}

/// Short texts, separated by commas; an entry given twice counts once.
#[derive(Debug)]
pub(in crate::config) struct Texts {
    /// What they are, in the plural.
    pub(in crate::config) what: &'static str,
}

impl Kind for Texts {
    type Value = Vec<String>;

    fn parse(&self, value: &Value) -> Result<Vec<String>, Reason> {
        let texts = entries(value, ',')?;
        if texts.iter().any(|text| text.contains('\0')) {
            return Err(Reason::BadPath);
        }
        Ok(without_repeats(
            texts.into_iter().map(str::to_owned).collect(),
        ))
    }

    fn allowed(&self) -> String {
        format!("{} separated by ','", self.what)
    }

    fn show(&self, value: &Vec<String>) -> String {
        value.join(",")
    }
}

/// Paths with a separator between them; an entry given twice counts once.
#[derive(Debug)]
pub(in crate::config) struct Paths {
    pub(in crate::config) separator: char,
}

impl Kind for Paths {
    type Value = Vec<PathBuf>;

    fn parse(&self, value: &Value) -> Result<Vec<PathBuf>, Reason> {
        let texts = entries(value, self.separator)?;
        if texts.iter().any(|text| text.contains('\0')) {
            return Err(Reason::BadPath);
        }
        Ok(without_repeats(
            texts.into_iter().map(PathBuf::from).collect(),
        ))
    }

    fn allowed(&self) -> String {
        format!("paths separated by '{}'", self.separator)
    }

    fn show(&self, value: &Vec<PathBuf>) -> String {
        join(
            value.iter().map(|path| path.to_string_lossy()),
            &self.separator.to_string(),
        )
    }

    fn in_folder(&self, value: Value, folder: &Path) -> Result<Value, Reason> {
        let absolute = self
            .parse(&value)?
            .iter()
            .map(|path| folder.join(path).into_os_string().into_string().ok())
            .collect::<Option<Vec<_>>>();
        absolute.map(Value::from).ok_or(Reason::NotUtf8)
    }
}

/// One path.
#[derive(Debug)]
pub(in crate::config) struct OnePath;

impl Kind for OnePath {
    type Value = PathBuf;

    fn parse(&self, value: &Value) -> Result<PathBuf, Reason> {
        match value.as_str().ok_or(Reason::WrongType)? {
            "" => Err(Reason::Empty),
            text if text.contains('\0') => Err(Reason::BadPath),
            text => Ok(PathBuf::from(text)),
        }
    }

    fn allowed(&self) -> String {
        "a path".to_owned()
    }

    fn show(&self, value: &PathBuf) -> String {
        value.to_string_lossy().into_owned()
    }
}

/// The entries of a list, trimmed, empty ones left out.
fn entries(value: &Value, separator: char) -> Result<Vec<&str>, Reason> {
    let texts: Vec<&str> = match value {
        Value::String(_, text) => text.split(separator).take(ENTRIES_MAX + 1).collect(),
        Value::Array(_, items) => items
            .iter()
            .map(|item| item.as_str().ok_or(Reason::WrongType))
            .collect::<Result<_, _>>()?,
        _ => return Err(Reason::WrongType),
    };
    if texts.len() > ENTRIES_MAX {
        return Err(Reason::TooMany(ENTRIES_MAX));
    }
    Ok(texts
        .into_iter()
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .collect())
}

fn without_repeats<T: Eq + Hash>(mut list: Vec<T>) -> Vec<T> {
    let mut seen = HashSet::with_capacity(list.len());
    let news: Vec<bool> = list.iter().map(|entry| seen.insert(entry)).collect();
    let mut news = news.into_iter();
    list.retain(|_| news.next() == Some(true));
    list
}

fn join<'a>(entries: impl Iterator<Item = Cow<'a, str>>, separator: &str) -> String {
    entries.collect::<Vec<_>>().join(separator)
}
