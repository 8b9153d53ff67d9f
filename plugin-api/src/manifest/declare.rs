//! What the export macro knows of a plugin, checked and written as JSON while the plugin compiles.
//!
//! Everything is `const`: what the manifest's parser would refuse stops the author's build with a
//! message that says what is allowed, and the manifest ends up as plain bytes in a section of the
//! library.

#![expect(
    clippy::missing_panics_doc,
    reason = "what fails here fails the author's build, with the complaint as its message"
)]

mod object;
mod semver;
mod writer;

use self::object::is_object;
use self::semver::is_version;
use self::writer::Writer;
use super::{DESCRIPTION_BYTES_MAX, LIST_LEN_MAX, SIZE_BYTES_MAX, TEXT_BYTES_MAX};
use crate::{API_VERSION, name};

/// The compiler that built this copy of `plugin-api`, and with it the plugin.
const RUSTC: &str = env!("PLUGIN_API_RUSTC");

/// A plugin's declaration. The export macro fills it through the setters.
#[must_use]
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    name: &'static str,
    version: &'static str,
    description: &'static str,
    profile: &'static str,
    panic: &'static str,
    capabilities: &'static [&'static str],
    tags: &'static [&'static str],
    permissions: &'static [&'static str],
    tier: Option<&'static str>,
    risk_rating: Option<&'static str>,
    reliability: Option<&'static str>,
    config_schema: Option<&'static str>,
    production_ready: bool,
    quarantined: bool,
    self_test: bool,
}

/// How the plugin's own crate is compiled, which only code expanded in that crate can tell.
#[derive(Clone, Copy, Debug)]
pub struct BuildFacts {
    /// The crate's version.
    pub version: &'static str,
    /// The crate's description.
    pub description: &'static str,
    /// Whether debug assertions are on.
    pub debug: bool,
    /// Whether a panic ends the process.
    pub panic_aborts: bool,
}

/// Each setter takes the sentence to fail with beside the value: only the macro can put the value
/// into it.
impl Declaration {
    /// Starts a declaration with what every plugin has.
    pub const fn new(name: &'static str, complaint: &'static str, build: BuildFacts) -> Self {
        assert!(name::is_valid(name), "{}", complaint);
        Self {
            name,
            version: build.version,
            description: build.description,
            profile: if build.debug { "debug" } else { "release" },
            panic: if build.panic_aborts {
                "abort"
            } else {
                "unwind"
            },
            capabilities: &[],
            tags: &[],
            permissions: &[],
            tier: None,
            risk_rating: None,
            reliability: None,
            config_schema: None,
            production_ready: false,
            quarantined: false,
            self_test: false,
        }
    }

    /// Replaces the crate's version.
    pub const fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// Replaces the crate's description.
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// What the planner can do.
    pub const fn capabilities(mut self, words: &'static [&'static str]) -> Self {
        check_words(
            words,
            "capabilities are at most 64 texts of 1 to 128 bytes each",
        );
        self.capabilities = words;
        self
    }

    /// Free words to find the planner by.
    pub const fn tags(mut self, words: &'static [&'static str]) -> Self {
        check_words(words, "tags are at most 64 texts of 1 to 128 bytes each");
        self.tags = words;
        self
    }

    /// What the planner asks the operator to grant.
    pub const fn permissions(mut self, words: &'static [&'static str]) -> Self {
        check_words(
            words,
            "permissions are at most 64 texts of 1 to 128 bytes each",
        );
        self.permissions = words;
        self
    }

    /// How mature the planner is.
    pub const fn tier(mut self, tier: &'static str, complaint: &'static str) -> Self {
        let known = is_one_of(tier, &["alpha", "beta", "stable", "gold", "vip"]);
        assert!(known, "{}", complaint);
        self.tier = Some(tier);
        self
    }

    /// How risky its plans are.
    pub const fn risk_rating(mut self, rating: &'static str, complaint: &'static str) -> Self {
        let known = is_one_of(rating, &["low", "medium", "high"]);
        assert!(known, "{}", complaint);
        self.risk_rating = Some(rating);
        self
    }

    /// The author's guess of the planner's reliability, as it stands in the source.
    pub const fn reliability(mut self, literal: &'static str, complaint: &'static str) -> Self {
        assert!(is_unit_number(literal.as_bytes()), "{}", complaint);
        self.reliability = Some(literal);
        self
    }

    /// The JSON schema of the planner's settings.
    pub const fn config_schema(mut self, json: &'static str) -> Self {
        // What is too long fails in `json_len`, and is not worth the compiler's time here.
        assert!(
            json.len() > SIZE_BYTES_MAX || is_object(json),
            "config_schema is the text of one JSON object that nests at most 31 deep"
        );
        self.config_schema = Some(json);
        self
    }

    /// Whether the planner is fit for production.
    pub const fn production_ready(mut self, yes: bool) -> Self {
        self.production_ready = yes;
        self
    }

    /// Whether the author holds the planner back.
    pub const fn quarantined(mut self, yes: bool) -> Self {
        self.quarantined = yes;
        self
    }

    /// Whether the planner has a self-test.
    pub const fn self_test(mut self, yes: bool) -> Self {
        self.self_test = yes;
        self
    }

    /// Length of the manifest as JSON, after the checks that need the whole of it.
    pub const fn json_len(&self) -> usize {
        assert!(
            self.version.len() <= TEXT_BYTES_MAX && is_version(self.version),
            "a version is a semantic version of at most 128 bytes, such as \"1.2.3\""
        );
        assert!(
            self.description.len() <= DESCRIPTION_BYTES_MAX,
            "a description has at most 4096 bytes"
        );
        let len = self.write::<0>().len;
        assert!(
            len <= SIZE_BYTES_MAX,
            "a manifest has at most 65536 bytes; shorten its longest field"
        );
        len
    }

    /// The manifest as JSON; `LEN` must be [`json_len`](Self::json_len).
    pub const fn json<const LEN: usize>(&self) -> [u8; LEN] {
        let written = self.write::<LEN>();
        assert!(written.len == LEN, "the length comes from json_len");
        written.bytes
    }

    const fn write<const LEN: usize>(&self) -> Writer<LEN> {
        let mut json = Writer::new();
        json = json.raw("{\"schema\":1,\"name\":").string(self.name);
        json = json.raw(",\"version\":").string(self.version);
        json = json.raw(",\"api\":{\"major\":").number(API_VERSION.major);
        json = json.raw(",\"minor\":").number(API_VERSION.minor);
        json = json.raw("},\"build\":{\"rustc\":").string(RUSTC);
        json = json.raw(",\"profile\":").string(self.profile);
        json = json.raw(",\"panic\":").string(self.panic);
        json = json.raw("},\"description\":").string(self.description);
        json = json.raw(",\"capabilities\":").strings(self.capabilities);
        json = json.raw(",\"tags\":").strings(self.tags);
        json = json.raw(",\"permissions\":").strings(self.permissions);
        json = json
            .raw(",\"production_ready\":")
            .bool(self.production_ready);
        json = json.raw(",\"quarantined\":").bool(self.quarantined);
        json = json.raw(",\"self_test\":").bool(self.self_test);
        if let Some(tier) = self.tier {
            json = json.raw(",\"tier\":").string(tier);
        }
        if let Some(rating) = self.risk_rating {
            json = json.raw(",\"risk_rating\":").string(rating);
        }
        if let Some(literal) = self.reliability {
            json = json.raw(",\"reliability\":").raw(literal);
        }
        if let Some(schema) = self.config_schema {
            json = json.raw(",\"config_schema\":").raw(schema);
        }
        json.raw("}")
    }
}

const fn check_words(words: &[&str], complaint: &str) {
    assert!(words.len() <= LIST_LEN_MAX, "{}", complaint);
    let mut at = 0;
    while at < words.len() {
        let len = words[at].len();
        assert!(len > 0 && len <= TEXT_BYTES_MAX, "{}", complaint);
        at += 1;
    }
}

const fn is_one_of(word: &str, allowed: &[&str]) -> bool {
    let mut at = 0;
    while at < allowed.len() {
        if word.as_bytes().eq_ignore_ascii_case(allowed[at].as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether `text` is `0`, `1`, or one of them with decimals, and lies within 0..=1.
const fn is_unit_number(text: &[u8]) -> bool {
    if text.is_empty() || text.len() == 2 || (text.len() > 2 && text[1] != b'.') {
        return false;
    }
    let digits_allowed = match text[0] {
        b'0' => b'9',
        b'1' => b'0',
        _ => return false,
    };
    let mut at = 2;
    while at < text.len() {
        if text[at] < b'0' || text[at] > digits_allowed {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILD: BuildFacts = BuildFacts {
        version: "1.2.3",
        description: "Says \"hi\" \\ and\ttabs",
        debug: true,
        panic_aborts: false,
    };
    const FULL: Declaration = Declaration::new("some_planner", "bad name", BUILD)
        .capabilities(&["a", "b"])
        .tier("Gold", "bad tier")
        .risk_rating("low", "bad rating")
        .reliability("0.75", "bad reliability")
        .config_schema("{\"type\":\"object\"}")
        .self_test(true);
    const JSON: [u8; FULL.json_len()] = FULL.json();

    #[test]
    fn a_full_declaration_is_written_as_json_with_every_text_escaped() {
        let value: serde_json::Value = serde_json::from_slice(&JSON).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "schema": 1, "name": "some_planner", "version": "1.2.3",
                "api": {"major": API_VERSION.major, "minor": API_VERSION.minor},
                "build": {"rustc": RUSTC, "profile": "debug", "panic": "unwind"},
                "description": "Says \"hi\" \\ and\ttabs",
                "capabilities": ["a", "b"], "tags": [], "permissions": [],
                "production_ready": false, "quarantined": false, "self_test": true,
                "tier": "Gold", "risk_rating": "low", "reliability": 0.75,
                "config_schema": {"type": "object"},
            })
        );
    }

    #[test]
    fn the_complaints_name_the_limits_of_the_parser() {
        assert_eq!((LIST_LEN_MAX, TEXT_BYTES_MAX), (64, 128));
        assert_eq!((DESCRIPTION_BYTES_MAX, SIZE_BYTES_MAX), (4096, 65_536));
        assert_eq!(super::super::DEPTH_MAX, 32);
    }

    #[test]
    fn a_reliability_is_a_plain_number_from_0_to_1() {
        for good in ["0", "1", "0.0", "0.75", "1.0", "1.000"] {
            assert!(is_unit_number(good.as_bytes()), "{good}");
        }
        for bad in [
            "", "2", "1.5", "1.01", "0.", "1.", ".5", "-0.5", "0x1", "1e0", "0.5_0", "01",
        ] {
            assert!(!is_unit_number(bad.as_bytes()), "{bad}");
        }
    }
}
