//! From bytes to a checked [`Manifest`], field by field.

use std::borrow::Cow;
use std::collections::BTreeMap;

use semver::Version;

use super::node::Node;
use super::{
    BuildInfo, DESCRIPTION_BYTES_MAX, Json, LIST_LEN_MAX, Manifest, ManifestError, PanicStrategy,
    RiskRating, SCHEMA, SIZE_BYTES_MAX, TEXT_BYTES_MAX, Tier,
};
use crate::{ApiVersion, name};

const AN_OBJECT: &str = "an object";
const A_FLAG: &str = "true or false";
const A_NUMBER: &str = "a whole number from 0 to 4294967295";
const A_WORD: &str = "text of 1 to 128 bytes";
const WORDS: &str = "a list of at most 64 texts of 1 to 128 bytes each";

/// How much of a refused value an error shows.
const FOUND_CHARS_MAX: usize = 80;

impl Manifest {
    /// Reads a manifest; every refusal says which field and what is allowed.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > SIZE_BYTES_MAX {
            let bytes = bytes.len() as u64;
            return Err(ManifestError::TooLarge { bytes });
        }
        let text = str::from_utf8(bytes).map_err(|error| ManifestError::NotUtf8 {
            at: error.valid_up_to(),
        })?;
        let mut fields = Fields::of("manifest", 0, Node::read(text)?)?;
        fields.need("schema", schema)?;
        let name = fields.need("name", planner_name)?;
        let version = fields.need("version", version)?;
        let mut unknown = BTreeMap::new();
        let api = api(fields.require("api")?, &mut unknown)?;
        let build = build(fields.require("build")?, &mut unknown)?;
        let manifest = Self {
            description: fields.get("description", description)?.unwrap_or_default(),
            capabilities: fields.get("capabilities", words)?.unwrap_or_default(),
            tags: fields.get("tags", words)?.unwrap_or_default(),
            tier: fields.get("tier", tier)?.unwrap_or_default(),
            production_ready: fields.get("production_ready", flag)?.unwrap_or_default(),
            reliability: fields.get("reliability", reliability)?,
            risk_rating: fields.get("risk_rating", risk_rating)?.unwrap_or_default(),
            quarantined: fields.get("quarantined", flag)?.unwrap_or_default(),
            self_test: fields.get("self_test", flag)?.unwrap_or_default(),
            permissions: fields.get("permissions", words)?.unwrap_or_default(),
            config_schema: fields
                .take("config_schema")
                .map(|v| Json::of(&v))
                .transpose()?,
            ..Self::new(&name, version, api, build)
        };
        fields.keep_rest("", &mut unknown)?;
        Ok(Self {
            unknown,
            ..manifest
        })
    }
}

/// The fields of an object that have not been read yet.
struct Fields<'de> {
    rest: Vec<(Cow<'de, str>, Node<'de>)>,
    /// How much of a field's path stands before its key.
    prefix_len: usize,
}

impl<'de> Fields<'de> {
    fn of(field: &'static str, prefix_len: usize, node: Node<'de>) -> Result<Self, ManifestError> {
        match node {
            Node::Object(rest) => Ok(Self { rest, prefix_len }),
            other => Err(refused(field, &other, AN_OBJECT)),
        }
    }

    /// Takes a field out.
    fn take(&mut self, path: &'static str) -> Option<Node<'de>> {
        let key = path.get(self.prefix_len..)?;
        let at = self.rest.iter().position(|(name, _)| name == key)?;
        Some(self.rest.swap_remove(at).1)
    }

    fn require(&mut self, path: &'static str) -> Result<Node<'de>, ManifestError> {
        self.take(path)
            .ok_or(ManifestError::Missing { field: path })
    }

    fn get<T>(&mut self, path: &'static str, read: Read<T>) -> Result<Option<T>, ManifestError> {
        self.take(path)
            .map(|node| apply(path, &node, read))
            .transpose()
    }

    fn need<T>(&mut self, path: &'static str, read: Read<T>) -> Result<T, ManifestError> {
        apply(path, &self.require(path)?, read)
    }

    fn keep_rest(
        self,
        prefix: &str,
        unknown: &mut BTreeMap<String, Json>,
    ) -> Result<(), ManifestError> {
        for (name, node) in self.rest {
            unknown.insert(format!("{prefix}{name}"), Json::of(&node)?);
        }
        Ok(())
    }
}

/// Reads one value, or says what is allowed instead.
type Read<T> = fn(&Node<'_>) -> Result<T, &'static str>;

fn apply<T>(path: &'static str, node: &Node<'_>, read: Read<T>) -> Result<T, ManifestError> {
    read(node).map_err(|allowed| refused(path, node, allowed))
}

fn refused(field: &'static str, node: &Node<'_>, allowed: &'static str) -> ManifestError {
    let found = match node {
        Node::Null => "null".to_owned(),
        Node::Bool(value) => value.to_string(),
        Node::Number(value) => value.to_string(),
        Node::Text(text) => format!("{:?}", shortened(text)),
        Node::List(items) => format!("a list of {}", items.len()),
        Node::Object(pairs) => format!("an object of {} fields", pairs.len()),
    };
    ManifestError::Field {
        field,
        found,
        allowed,
    }
}

fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(FOUND_CHARS_MAX) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

fn api(node: Node<'_>, unknown: &mut BTreeMap<String, Json>) -> Result<ApiVersion, ManifestError> {
    let mut fields = Fields::of("api", "api.".len(), node)?;
    let version = ApiVersion {
        major: fields.need("api.major", number)?,
        minor: fields.need("api.minor", number)?,
    };
    fields.keep_rest("api.", unknown)?;
    Ok(version)
}

fn build(node: Node<'_>, unknown: &mut BTreeMap<String, Json>) -> Result<BuildInfo, ManifestError> {
    let mut fields = Fields::of("build", "build.".len(), node)?;
    let build = BuildInfo {
        rustc: fields.need("build.rustc", word)?,
        profile: fields.need("build.profile", word)?,
        panic: fields.need("build.panic", panic_strategy)?,
    };
    fields.keep_rest("build.", unknown)?;
    Ok(build)
}

fn schema(node: &Node<'_>) -> Result<(), &'static str> {
    match number(node) {
        Ok(SCHEMA) => Ok(()),
        _ => Err("1"),
    }
}

fn planner_name(node: &Node<'_>) -> Result<String, &'static str> {
    let text = text(node).filter(|text| name::is_valid(text));
    text.map(str::to_owned).ok_or(name::RULE)
}

fn version(node: &Node<'_>) -> Result<Version, &'static str> {
    let text = text(node).filter(|text| text.len() <= TEXT_BYTES_MAX);
    text.and_then(|text| Version::parse(text).ok())
        .ok_or("a semantic version of at most 128 bytes, such as \"1.2.3\"")
}

fn description(node: &Node<'_>) -> Result<String, &'static str> {
    let text = text(node).filter(|text| text.len() <= DESCRIPTION_BYTES_MAX);
    text.map(str::to_owned).ok_or("text of at most 4096 bytes")
}

fn tier(node: &Node<'_>) -> Result<Tier, &'static str> {
    let found = text(node).and_then(Tier::from_word);
    found.ok_or("\"alpha\", \"beta\", \"stable\", \"gold\" or \"vip\"")
}

fn risk_rating(node: &Node<'_>) -> Result<RiskRating, &'static str> {
    let found = text(node).and_then(RiskRating::from_word);
    found.ok_or("\"low\", \"medium\" or \"high\"")
}

fn panic_strategy(node: &Node<'_>) -> Result<PanicStrategy, &'static str> {
    let found = text(node).and_then(PanicStrategy::from_word);
    found.ok_or("\"unwind\" or \"abort\"")
}

fn reliability(node: &Node<'_>) -> Result<f64, &'static str> {
    let number = match node {
        Node::Number(number) => number.as_f64(),
        _ => None,
    };
    number
        .filter(|number| (0.0..=1.0).contains(number))
        .ok_or("a number from 0 to 1")
}

fn flag(node: &Node<'_>) -> Result<bool, &'static str> {
    match node {
        Node::Bool(flag) => Ok(*flag),
        _ => Err(A_FLAG),
    }
}

fn number(node: &Node<'_>) -> Result<u32, &'static str> {
    let number = match node {
        Node::Number(number) => number.as_u64(),
        _ => None,
    };
    number
        .and_then(|number| u32::try_from(number).ok())
        .ok_or(A_NUMBER)
}

fn words(node: &Node<'_>) -> Result<Vec<String>, &'static str> {
    match node {
        Node::List(items) if items.len() <= LIST_LEN_MAX => items
            .iter()
            .map(|item| word(item).map_err(|_| WORDS))
            .collect(),
        _ => Err(WORDS),
    }
}

fn word(node: &Node<'_>) -> Result<String, &'static str> {
    let text = text(node).filter(|text| !text.is_empty() && text.len() <= TEXT_BYTES_MAX);
    text.map(str::to_owned).ok_or(A_WORD)
}

fn text<'a>(node: &'a Node<'_>) -> Option<&'a str> {
    match node {
        Node::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
