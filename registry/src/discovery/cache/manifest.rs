//! A checked manifest as fields, so that reading it back parses no JSON.
//!
//! The bounds of the manifest's own format were applied when the library was read; here the checksum
//! stands for them. What others build upon is looked at again: names, versions, texts.

use std::collections::BTreeMap;

use plugin_api::ApiVersion;
use plugin_api::manifest::{BuildInfo, Json, Manifest, PanicStrategy, RiskRating, Tier};
use plugin_api::name;
use semver::Version;

use super::fields::{Reader, Writer};

/// Says that a manifest has no value for its reliability, as no number from 0 to 1 does.
const NO_RELIABILITY: u64 = u64::MAX;

impl Writer {
    pub(super) fn manifest(&mut self, manifest: &Manifest) {
        self.text(&manifest.name);
        self.text(&manifest.version.to_string());
        self.number(manifest.api.major.into());
        self.number(manifest.api.minor.into());
        self.text(&manifest.build.rustc);
        self.text(&manifest.build.profile);
        self.text(manifest.build.panic.as_str());
        self.text(&manifest.description);
        self.texts(&manifest.capabilities);
        self.texts(&manifest.tags);
        self.text(manifest.tier.as_str());
        self.number(manifest.production_ready.into());
        let reliability = manifest.reliability.map_or(NO_RELIABILITY, f64::to_bits);
        self.number(reliability);
        self.text(manifest.risk_rating.as_str());
        self.number(manifest.quarantined.into());
        self.number(manifest.self_test.into());
        self.texts(&manifest.permissions);
        self.text(manifest.config_schema.as_ref().map_or("", Json::as_str));
        self.number(manifest.unknown.len() as u64);
        for (field, value) in &manifest.unknown {
            self.text(field);
            self.text(value.as_str());
        }
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn texts(&mut self, texts: &[String]) {
        self.number(texts.len() as u64);
        for text in texts {
            self.text(text);
        }
    }
}

impl Reader<'_> {
    pub(super) fn manifest(&mut self) -> Option<Manifest> {
        let name = self.text().filter(|name| name::is_valid(name))?;
        let version = Version::parse(self.text()?).ok()?;
        let api = ApiVersion {
            major: u32::try_from(self.number()?).ok()?,
            minor: u32::try_from(self.number()?).ok()?,
        };
        let build = BuildInfo {
            rustc: self.text()?.to_owned(),
            profile: self.text()?.to_owned(),
            panic: PanicStrategy::from_word(self.text()?)?,
        };
        let mut manifest = Manifest::new(name, version, api, build);
        self.text()?.clone_into(&mut manifest.description);
        manifest.capabilities = self.texts()?;
        manifest.tags = self.texts()?;
        manifest.tier = Tier::from_word(self.text()?)?;
        manifest.production_ready = self.flag()?;
        manifest.reliability = match self.number()? {
            NO_RELIABILITY => None,
            bits => Some(reliability(bits)?),
        };
        manifest.risk_rating = RiskRating::from_word(self.text()?)?;
        manifest.quarantined = self.flag()?;
        manifest.self_test = self.flag()?;
        manifest.permissions = self.texts()?;
        manifest.config_schema = match self.text()? {
            "" => None,
            text => Some(Json::new(text).ok()?),
        };
        let mut unknown = BTreeMap::new();
        for _ in 0..self.count()? {
            let field = self.text()?.to_owned();
            unknown.insert(field, Json::new(self.text()?).ok()?);
        }
        manifest.unknown = unknown;
        Some(manifest)
    }

    fn texts(&mut self) -> Option<Vec<String>> {
        let count = self.count()?;
        let mut texts = Vec::with_capacity(count);
        for _ in 0..count {
            texts.push(self.text()?.to_owned());
        }
        Some(texts)
    }
}

fn reliability(bits: u64) -> Option<f64> {
    let number = f64::from_bits(bits);
    (0.0..=1.0).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says something but the default in every field.
    const FULL: &str = r#"{"schema":1,"name":"full_planner","version":"1.2.3-rc.1+b2",
        "api":{"major":1,"minor":7,"extra":null},
        "build":{"rustc":"rustc 1.95.0","profile":"release","panic":"abort","lto":[true]},
        "description":"Größe","capabilities":["a","b"],"tags":["c"],"tier":"gold",
        "production_ready":true,"reliability":0.1,"risk_rating":"high","quarantined":true,
        "self_test":true,"permissions":["net"],"config_schema":{"type":"object"},"more":1e300}"#;

    const LEAST: &str = r#"{"schema":1,"name":"least_planner","version":"0.1.0",
        "api":{"major":1,"minor":0},
        "build":{"rustc":"rustc","profile":"dev","panic":"unwind"}}"#;

    fn written(manifest: &Manifest) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.manifest(manifest);
        writer.0
    }

    #[test]
    fn a_manifest_comes_back_whole() {
        for text in [FULL, LEAST] {
            let manifest = Manifest::from_json(text.as_bytes()).unwrap();
            let bytes = written(&manifest);
            let mut reader = Reader(&bytes);
            assert_eq!(reader.manifest(), Some(manifest));
            assert!(reader.0.is_empty());
        }
    }

    /// A field that the manifest learns, and this file does not, would be lost in silence.
    #[test]
    fn the_full_manifest_says_all_that_a_manifest_can() {
        let keys = |manifest: &Manifest| -> Vec<(String, serde_json::Value)> {
            let value = serde_json::to_value(manifest).unwrap();
            value.as_object().unwrap().clone().into_iter().collect()
        };
        let read = |text: &str| Manifest::from_json(text.as_bytes()).unwrap();
        let (full, least) = (keys(&read(FULL)), keys(&read(LEAST)));
        let known = [
            "api",
            "api.extra",
            "build",
            "build.lto",
            "capabilities",
            "config_schema",
            "description",
            "more",
            "name",
            "permissions",
            "production_ready",
            "quarantined",
            "reliability",
            "risk_rating",
            "schema",
            "self_test",
            "tags",
            "tier",
            "version",
        ];
        let names: Vec<_> = full.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(names, known);
        let same = full.iter().filter(|field| least.contains(field));
        assert_eq!(
            same.map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
            ["schema"]
        );
    }

    #[test]
    fn no_beginning_of_a_manifest_is_one_and_no_byte_can_panic() {
        let bytes = written(&Manifest::from_json(FULL.as_bytes()).unwrap());
        for len in 0..bytes.len() {
            assert_eq!(Reader(&bytes[..len]).manifest(), None, "{len} bytes");
        }
        for at in 0..bytes.len() {
            for value in [0, 0x7f, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] = value;
                let read = Reader(&bytes).manifest();
                assert!(read.is_none_or(|manifest| name::is_valid(&manifest.name)));
            }
        }
    }
}
