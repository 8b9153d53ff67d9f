//! What a context says of files and layers, read with tolerance.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::Value;

use crate::plan::limits;

/// What is known of one file.
///
/// ```json
/// {"path": "src/billing.rs", "depends_on": ["src/money.rs"], "churn": 31, "complexity": 12.5, "fan_in": 4}
/// ```
/// Only `path` is required. Numbers may be given as strings; what is missing, negative or no number
/// counts as not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FileFacts {
    /// Names the file; 1 to 1,024 characters.
    pub path: String,
    /// Paths of the files that it uses, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// How often it changed; any unit, the same for all files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub churn: Option<f64>,
    /// How hard it is to follow; any unit, the same for all files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complexity: Option<f64>,
    /// How many files use it. Where not known, count it from `depends_on` of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fan_in: Option<f64>,
}

/// A group of files that uses only the groups before it.
///
/// ```json
/// {"name": "domain", "paths": ["src/money.rs", "src/billing.rs"]}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Layer {
    /// Names the layer; 1 to 1,024 characters.
    pub name: String,
    /// Paths of its files, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
}

impl FileFacts {
    /// A file of which only the path is known.
    pub fn new(path: impl Into<String>) -> FileFacts {
        FileFacts {
            path: path.into(),
            ..FileFacts::default()
        }
    }

    /// Adds the files that it uses.
    #[must_use]
    pub fn depends_on<I>(mut self, paths: I) -> FileFacts
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.depends_on.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Sets how often it changed.
    #[must_use]
    pub fn churn(self, churn: f64) -> FileFacts {
        FileFacts {
            churn: Some(churn),
            ..self
        }
    }

    /// Sets how hard it is to follow.
    #[must_use]
    pub fn complexity(self, complexity: f64) -> FileFacts {
        FileFacts {
            complexity: Some(complexity),
            ..self
        }
    }

    /// Sets how many files use it.
    #[must_use]
    pub fn fan_in(self, fan_in: f64) -> FileFacts {
        FileFacts {
            fan_in: Some(fan_in),
            ..self
        }
    }

    fn read(value: &Value) -> Option<FileFacts> {
        let measure = |key: &str| {
            value
                .get(key)
                .and_then(number)
                .filter(|&number| number >= 0.0)
        };
        Some(FileFacts {
            path: name(value.get("path").unwrap_or(value))?,
            depends_on: names(value.get("depends_on")),
            churn: measure("churn"),
            complexity: measure("complexity"),
            fan_in: measure("fan_in"),
        })
    }
}

impl Layer {
    /// A layer of the files at `paths`.
    pub fn new<I>(name: impl Into<String>, paths: I) -> Layer
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Layer {
            name: name.into(),
            paths: paths.into_iter().map(Into::into).collect(),
        }
    }

    fn read(value: &Value) -> Option<Layer> {
        Some(Layer {
            name: name(value.get("name").unwrap_or(value))?,
            paths: names(value.get("paths")),
        })
    }
}

/// The files in a list; of several entries for a path, the first.
pub(super) fn read_files(list: Option<&Value>) -> Vec<FileFacts> {
    let mut seen = HashSet::new();
    items(list)
        .filter_map(FileFacts::read)
        .filter(|file| seen.insert(file.path.clone()))
        .collect()
}

/// The layers in a list; of several entries for a name, the first.
pub(super) fn read_layers(list: Option<&Value>) -> Vec<Layer> {
    let mut seen = HashSet::new();
    items(list)
        .filter_map(Layer::read)
        .filter(|layer| seen.insert(layer.name.clone()))
        .collect()
}

/// A finite number, or a string that holds one.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

fn items(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

fn names(list: Option<&Value>) -> Vec<String> {
    let mut seen = HashSet::new();
    items(list)
        .filter_map(name)
        .filter(|name| seen.insert(name.clone()))
        .collect()
}

fn name(value: &Value) -> Option<String> {
    let name = value.as_str()?;
    let fits = name.chars().nth(limits::CONTEXT_NAME_CHARS_MAX).is_none();
    (fits && !name.trim().is_empty()).then(|| name.to_owned())
}
