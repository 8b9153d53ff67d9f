//! Values that a program gives: what a builder or a command line sets, and the defaults it changes.

use std::ffi::{OsStr, OsString};

use figment::value::Value;

use super::{
    error::{Problem, Problems, Reason},
    layer::{Entry, Layer, Source, find, nearest_key},
};

/// Settings by key, each in the form its variable has or as a list. They are checked with the rest.
#[derive(Clone, Debug, Default)]
pub struct Values {
    given: Vec<(String, Given)>,
}

#[derive(Clone, Debug)]
enum Given {
    One(OsString),
    List(Vec<OsString>),
}

impl Values {
    /// No value.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key`, such as `select.min_reliability`, to what its variable would carry.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        let value = Given::One(value.as_ref().to_owned());
        self.given.push((key.to_owned(), value));
        self
    }

    /// Sets `key`, such as `discovery.plugin_dirs`, to a list; its entries may hold separators.
    #[must_use]
    pub fn set_list(
        mut self,
        key: &str,
        entries: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Self {
        let entries = entries
            .into_iter()
            .map(|entry| entry.as_ref().to_owned())
            .collect();
        self.given.push((key.to_owned(), Given::List(entries)));
        self
    }

    pub(super) fn layer(&self, source: Source, problems: &mut Problems) -> Layer {
        let mut layer = Layer::new(source);
        for (key, given) in &self.given {
            let (value, lossless) = given.value();
            let place = layer.source().place(key);
            match find(key) {
                Some((row, key)) if lossless => layer.push(Entry { row, key, value }, problems),
                Some(_) => problems.push(Problem::new(place, Reason::NotUtf8).with_value(&value)),
                None => problems.push(
                    Problem::new(place, Reason::UnknownKey)
                        .with_value(&value)
                        .nearest_being(nearest_key(key).as_deref()),
                ),
            }
        }
        layer
    }
}

impl Given {
    /// The value, and whether it is exactly what was given.
    fn value(&self) -> (Value, bool) {
        let text = |text: &OsString| text.to_string_lossy().into_owned();
        match self {
            Self::One(one) => (Value::from(text(one)), one.to_str().is_some()),
            Self::List(list) => (
                Value::from(list.iter().map(text).collect::<Vec<_>>()),
                list.iter().all(|entry| entry.to_str().is_some()),
            ),
        }
    }
}
