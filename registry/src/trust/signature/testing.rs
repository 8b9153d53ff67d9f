//! Keys and signatures made by the `minisign` crate.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use ct_codecs::{Base64, Decoder, Encoder};
use minisign::KeyPair;
use semver::Version;

use super::file::keys_of;
use super::{
    Evidence, KeyId, KeysFault, Moment, SignatureRefusal, SignatureStanding, Signatures,
    TrustedKeys, holds, judge,
};
use crate::name::PlannerName;
use crate::trust::RevokedKey;

/// A publisher with a key.
pub(super) struct Publisher(KeyPair);

impl Publisher {
    pub(super) fn new() -> Self {
        Self(KeyPair::generate_unencrypted_keypair().unwrap())
    }

    /// The second line of the file of its public key.
    pub(super) fn public(&self) -> String {
        self.0.pk.to_base64()
    }

    pub(super) fn id(&self) -> KeyId {
        KeyId::of_bytes(self.0.pk.keynum().try_into().unwrap())
    }

    /// A signature file over `bytes`.
    pub(super) fn sign(&self, bytes: &[u8], comment: &str) -> Vec<u8> {
        let signature = minisign::sign(None, &self.0.sk, bytes, Some(comment), Some("a comment"));
        signature.unwrap().into_string().into_bytes()
    }

    /// A key of this name that may sign everything from 2026 to the end of 2027.
    pub(super) fn entry(&self, name: &str) -> String {
        self.entry_of(name, "\"all\"", "2026-01-01", "2027-12-31")
    }

    pub(super) fn entry_of(&self, name: &str, planners: &str, from: &str, to: &str) -> String {
        let public = self.public();
        format!(
            "[[key]]\nname = \"{name}\"\npublic = \"{public}\"\nplanners = {planners}\n\
             not_before = {from}\nnot_after = {to}\n"
        )
    }
}

/// The keys of a file with this content.
pub(super) fn keys(text: &str) -> Result<TrustedKeys, KeysFault> {
    let tree = crate::config::parse_toml(text.as_bytes().to_vec())?;
    Ok(TrustedKeys {
        path: "/keys.toml".into(),
        keys: keys_of(&tree)?,
    })
}

/// A plugin that was judged, all of it made up.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) name: PlannerName,
    pub(super) version: Version,
    pub(super) bytes: Vec<u8>,
    pub(super) signature: Option<Vec<u8>>,
    pub(super) wanted: Signatures,
    pub(super) revoked: BTreeSet<RevokedKey>,
    pub(super) now: SystemTime,
}

impl Case {
    /// A plugin that `publisher` signed, judged in the middle of 2026 by keys with this content.
    pub(super) fn signed_by(publisher: &Publisher, keys_text: &str) -> Self {
        let bytes = b"the bytes of a plugin".to_vec();
        let comment = "name=risk_planner version=1.2.0";
        Self {
            name: PlannerName::parse("risk_planner").unwrap(),
            version: Version::new(1, 2, 0),
            signature: Some(publisher.sign(&bytes, comment)),
            bytes,
            wanted: Signatures {
                required: true,
                keys: Some(Arc::new(keys(keys_text).unwrap())),
                ..Signatures::default()
            },
            revoked: BTreeSet::new(),
            now: time("2026-06-15T12:00:00Z"),
        }
    }

    pub(super) fn judged(&self) -> Result<SignatureStanding, SignatureRefusal> {
        let keys = self.wanted.keys.as_deref();
        let evidence = Evidence {
            name: &self.name,
            version: &self.version,
            signature: self.signature.as_deref(),
            holds: keys.is_some_and(|keys| holds(&self.bytes, self.signature.as_deref(), keys)),
        };
        judge(evidence, &self.wanted, &self.revoked, self.now)
    }

    /// `ok`, or code and reason.
    pub(super) fn told(&self) -> String {
        match self.judged() {
            Ok(standing) => format!("ok: {standing}"),
            Err(refusal) => format!("{}: {refusal}", refusal.code()),
        }
    }
}

/// Base64 of what `edit` made of the bytes that `text` stands for.
pub(super) fn edited(text: &str, edit: impl FnOnce(&mut [u8])) -> String {
    let (mut bytes, mut out) = ([0; 128], [0; 256]);
    let length = Base64::decode(&mut bytes, text, None).unwrap().len();
    edit(&mut bytes[..length]);
    let encoded = Base64::encode(&mut out, &bytes[..length]).unwrap();
    String::from_utf8(encoded.to_vec()).unwrap()
}

pub(super) fn time(text: &str) -> SystemTime {
    Moment::parse(text).unwrap().first()
}
