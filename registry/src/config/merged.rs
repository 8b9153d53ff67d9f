//! All layers as one, where every value still knows its layer.

use std::collections::BTreeMap;

use figment::{Figment, value::Value};

use super::{
    error::{Place, Problem, Problems, Reason},
    kind::Kind,
    layer::{Layer, Source, find},
    origin::Origin,
    row::Row,
    settings::PlannerSettings,
    value::masked_text,
};
use crate::{name::PlannerName, scrub};

/// One setting as `config show` lists it.
///
/// Secrets are masked. Nothing is escaped: a rendering as text does that.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// The key, `section.name`.
    pub key: String,
    /// The variable that sets it.
    pub variable: Option<&'static str>,
    /// The value, which the setting would take back unless it is masked.
    pub value: String,
    /// Where the value came from.
    pub origin: Origin,
}

/// The merged layers while they are turned into the checked configuration.
pub(super) struct Merged {
    figment: Figment,
    pub(super) settings: Vec<Setting>,
    pub(super) problems: Problems,
}

impl Merged {
    /// Merges `layers`, later ones over earlier ones.
    pub(super) fn new(layers: Vec<Layer>) -> Self {
        Self {
            figment: layers.into_iter().fold(Figment::new(), Figment::merge),
            settings: Vec::new(),
            problems: Problems::default(),
        }
    }

    /// The value of a setting that has a default.
    pub(super) fn read<K: Kind>(&mut self, key: &str, kind: &K) -> Option<K::Value> {
        let value = self.read_given(key.to_owned(), kind);
        if value.is_none() {
            let place = Source::Default.place(key);
            self.problems.push(Problem::new(place, Reason::Bug));
        }
        value
    }

    /// The value of a setting, if any layer gives one.
    pub(super) fn read_given<K: Kind>(&mut self, key: String, kind: &K) -> Option<K::Value> {
        let (row, _) = find(&key)?;
        let raw = self.figment.find_value(&key).ok()?;
        match kind.parse(&raw) {
            Ok(value) => {
                let shown = scrub::mask_secret(&key, &kind.show(&value)).into_owned();
                self.show(row, key, &raw, shown);
                Some(value)
            }
            Err(reason) => {
                let place = Place::Setting(self.origin(row, &key, &raw));
                self.problems.push(Problem::new(place, reason));
                None
            }
        }
    }

    /// What is set for single planners.
    pub(super) fn read_planners(&mut self) -> BTreeMap<PlannerName, PlannerSettings> {
        let named: Vec<PlannerName> = match self.figment.find_value("planners") {
            Ok(Value::Dict(_, planners)) => planners
                .keys()
                .filter_map(|name| PlannerName::parse(name).ok())
                .collect(),
            _ => Vec::new(),
        };
        named
            .into_iter()
            .map(|name| {
                let settings = PlannerSettings::read(self, &name);
                (name, settings)
            })
            .collect()
    }

    /// Lists a setting as it may be shown, a table by its leaves, since they may come from different
    /// files.
    fn show(&mut self, row: &'static Row, key: String, raw: &Value, shown: String) {
        if let Value::Dict(_, table) = raw {
            for (name, value) in table {
                let key = format!("{key}.{name}");
                let shown = masked_text(&key, value).unwrap_or_default();
                self.show(row, key, value, shown);
            }
            return;
        }
        let origin = self.origin(row, &key, raw);
        self.settings.push(Setting {
            value: shown,
            variable: row.variable,
            origin,
            key,
        });
    }

    fn origin(&self, row: &Row, key: &str, raw: &Value) -> Origin {
        self.figment
            .get_metadata(raw.tag())
            .map_or(Origin::Default, |metadata| {
                Source::origin(metadata, row, key)
            })
    }
}
