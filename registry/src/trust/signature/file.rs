//! Reads the file of trusted keys: TOML with one `[[key]]` a key.
//!
//! Every field must be there and no other may be, so that nobody believes in a bound that is not
//! there: a mistyped `not_after` would otherwise be a key that never expires.

use std::collections::BTreeSet;
use std::path::Path;

use figment::value::{Dict, Value};

use super::keys::Public;
use super::{KeyFault, KeysError, KeysFault, Moment, Signs, TrustedKey, TrustedKeys};
use crate::config::{guarded, parse_toml};
use crate::name::PlannerName;
use crate::scrub;

/// Largest file of keys.
const SIZE_BYTES_MAX: u64 = 1024 * 1024;

/// Most keys of one file.
const KEYS_MAX: usize = 1000;

/// Longest name of a key.
const NAME_MAX: usize = 64;

const FIELDS: [&str; 5] = ["name", "public", "planners", "not_before", "not_after"];

/// The keys in the file at `path`, if nobody else could have written it.
pub(super) fn read(path: &Path) -> Result<TrustedKeys, KeysError> {
    let keys = guarded::read(path, SIZE_BYTES_MAX)
        .map_err(KeysFault::from)
        .and_then(|bytes| Ok(parse_toml(bytes)?))
        .and_then(|tree| keys_of(&tree));
    match keys {
        Ok(keys) => Ok(TrustedKeys {
            path: path.to_owned(),
            keys,
        }),
        Err(fault) => Err(KeysError {
            path: path.to_owned(),
            fault,
        }),
    }
}

pub(super) fn keys_of(tree: &Dict) -> Result<Vec<TrustedKey>, KeysFault> {
    if let Some(unknown) = tree.keys().find(|key| *key != "key") {
        return Err(at(scrub::shorten(unknown).into(), KeyFault::UnknownKey));
    }
    let bad_list = || at("key".to_owned(), KeyFault::BadList);
    let tables = tree.get("key").and_then(Value::as_array);
    let tables = tables
        .filter(|tables| (1..=KEYS_MAX).contains(&tables.len()))
        .ok_or_else(bad_list)?;
    let mut keys = Vec::new();
    for (number, table) in (1..).zip(tables) {
        let table = table.as_dict().ok_or_else(bad_list)?;
        let fields = Fields { number, table };
        let key = fields.key()?;
        fields.check_new(&key, &keys)?;
        keys.push(key);
    }
    Ok(keys)
}

fn at(place: String, fault: KeyFault) -> KeysFault {
    KeysFault::At { place, fault }
}

/// One `[[key]]`, and its place in the file, from 1.
struct Fields<'a> {
    number: usize,
    table: &'a Dict,
}

impl Fields<'_> {
    fn key(&self) -> Result<TrustedKey, KeysFault> {
        let mut given = self.table.keys().map(String::as_str);
        if let Some(unknown) = given.find(|field| !FIELDS.contains(field)) {
            return Err(self.fault(&scrub::shorten(unknown), KeyFault::UnknownField));
        }
        let name = self.text("name", KeyFault::BadName, key_name)?;
        let public = self.text("public", KeyFault::BadPublicKey, Public::parse)?;
        let signs = signs(self.field("planners")?)
            .ok_or_else(|| self.fault("planners", KeyFault::BadPlanners))?;
        let not_before = self.text("not_before", KeyFault::BadMoment, Moment::parse)?;
        let not_after = self.text("not_after", KeyFault::BadMoment, Moment::parse)?;
        if not_after.last() < not_before.first() {
            return Err(self.fault("not_after", KeyFault::NeverValid));
        }
        Ok(TrustedKey {
            name,
            id: public.id,
            public: public.key,
            point: public.point,
            signs,
            not_before,
            not_after,
        })
    }

    /// Whether `key` can be told from those before it. A public key with a second number would outlive
    /// the revocation of its first.
    fn check_new(&self, key: &TrustedKey, before: &[TrustedKey]) -> Result<(), KeysFault> {
        if before.iter().any(|other| other.name == key.name) {
            return Err(self.fault("name", KeyFault::Twice));
        }
        let same_key = |other: &TrustedKey| other.id == key.id || other.point == key.point;
        if before.iter().any(same_key) {
            return Err(self.fault("public", KeyFault::Twice));
        }
        Ok(())
    }

    fn field(&self, field: &str) -> Result<&Value, KeysFault> {
        let value = self.table.get(field);
        value.ok_or_else(|| self.fault(field, KeyFault::Missing))
    }

    fn text<T>(
        &self,
        field: &str,
        fault: KeyFault,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, KeysFault> {
        let parsed = self.field(field)?.as_str().and_then(parse);
        parsed.ok_or_else(|| self.fault(field, fault))
    }

    fn fault(&self, field: &str, fault: KeyFault) -> KeysFault {
        at(format!("key {}, {field}", self.number), fault)
    }
}

fn key_name(text: &str) -> Option<String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let is_name = (1..=NAME_MAX).contains(&text.len()) && text.chars().all(is_allowed);
    is_name.then(|| text.to_owned())
}

fn signs(value: &Value) -> Option<Signs> {
    if value.as_str() == Some("all") {
        return Some(Signs::All);
    }
    let names = value.as_array()?.iter();
    let names = names.map(|name| PlannerName::parse(name.as_str()?).ok());
    let names = names.collect::<Option<BTreeSet<_>>>()?;
    (!names.is_empty()).then_some(Signs::Named(names))
}
