//! The rule: from what is known of a plugin and its signature to a verdict.

use std::collections::BTreeSet;
use std::fmt;
use std::time::SystemTime;

use semver::Version;
use serde::Serialize;

use super::detached::Detached;
use super::{KeyId, SignatureRefusal, Signatures, TrustedKey, TrustedKeys};
use crate::name::PlannerName;
use crate::scrub;
use crate::trust::RevokedKey;

/// What a verdict is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    /// The planner's name, as the manifest in the bytes has it.
    pub(crate) name: &'a PlannerName,
    /// The plugin's version, from the same manifest.
    pub(crate) version: &'a Version,
    /// The content of the signature file; none if there is no such file.
    pub(crate) signature: Option<&'a [u8]>,
    /// Whether [`holds`] says that it is one of the plugin's bytes.
    pub(crate) holds: bool,
}

/// Whether `signature` is one of these bytes, by the trusted key whose number it bears. What the key may sign,
/// and when, is for [`judge`] to say.
pub(crate) fn holds(bytes: &[u8], signature: Option<&[u8]>, keys: &TrustedKeys) -> bool {
    let detached = signature.and_then(|signature| Detached::parse(signature).ok());
    let Some(detached) = detached else {
        return false;
    };
    keys.get(detached.key).is_some_and(|key| {
        let verified = key.public.verify(bytes, &detached.signature, false);
        verified.is_ok()
    })
}

/// How a plugin that is not refused stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SignatureStanding {
    /// No trusted keys are configured, so nothing could be judged.
    NotJudged,
    /// There is no signature, and none is required.
    Unsigned,
    /// A trusted key signed it.
    Signed(SigningKey),
}

/// The trusted key that signed a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SigningKey {
    /// What the operator calls it.
    pub name: String,
    /// Its number.
    pub id: KeyId,
    /// Until when it counts, as the operator wrote it.
    pub not_after: String,
}

/// Judges one plugin. `now` never lies before the newest time that was seen; `revoked` are keys that
/// count no longer, whatever else is said of them.
pub(crate) fn judge(
    evidence: Evidence<'_>,
    wanted: &Signatures,
    revoked: &BTreeSet<RevokedKey>,
    now: SystemTime,
) -> Result<SignatureStanding, SignatureRefusal> {
    let Some(keys) = &wanted.keys else {
        return if wanted.required {
            Err(SignatureRefusal::NoKeys)
        } else {
            Ok(SignatureStanding::NotJudged)
        };
    };
    let Some(signature) = evidence.signature else {
        return if wanted.required {
            Err(SignatureRefusal::Missing)
        } else {
            Ok(SignatureStanding::Unsigned)
        };
    };
    let signature = Detached::parse(signature)?;
    let id = signature.key;
    let key = keys.get(id).ok_or(SignatureRefusal::KeyUnknown { id })?;
    if key.is_revoked(revoked) {
        return Err(SignatureRefusal::KeyRevoked {
            key: key.name.clone(),
            id,
        });
    }
    if !evidence.holds {
        return Err(SignatureRefusal::Invalid {
            key: key.name.clone(),
        });
    }
    judge_claim(signature.trusted_comment(), evidence)?;
    judge_key(key, evidence.name, now)?;
    Ok(SignatureStanding::Signed(SigningKey {
        name: key.name.clone(),
        id,
        not_after: key.not_after.as_str().to_owned(),
    }))
}

/// Whether the signer meant this planner in this version.
fn judge_claim(comment: &str, evidence: Evidence<'_>) -> Result<(), SignatureRefusal> {
    let claim = comment
        .strip_prefix("name=")
        .and_then(|rest| rest.split_once(" version="));
    let Some((name, version)) = claim else {
        return Err(SignatureRefusal::NoClaim {
            comment: scrub::shorten(comment).into_owned(),
        });
    };
    if name != evidence.name.as_str() {
        return Err(SignatureRefusal::OtherName {
            signed: scrub::shorten(name).into_owned(),
            found: evidence.name.clone(),
        });
    }
    let found = evidence.version.to_string();
    if version != found {
        return Err(SignatureRefusal::OtherVersion {
            signed: scrub::shorten(version).into_owned(),
            found,
        });
    }
    Ok(())
}

/// Whether the key may sign this planner's plugins now.
fn judge_key(
    key: &TrustedKey,
    name: &PlannerName,
    now: SystemTime,
) -> Result<(), SignatureRefusal> {
    if !key.signs.includes(name) {
        return Err(SignatureRefusal::KeyNotForName {
            key: key.name.clone(),
            name: name.clone(),
        });
    }
    if key.is_early(now) {
        return Err(SignatureRefusal::KeyNotYetValid {
            key: key.name.clone(),
            not_before: key.not_before.as_str().to_owned(),
        });
    }
    if key.is_late(now) {
        return Err(SignatureRefusal::KeyExpired {
            key: key.name.clone(),
            not_after: key.not_after.as_str().to_owned(),
        });
    }
    Ok(())
}

impl fmt::Display for SignatureStanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJudged => {
                f.write_str("not judged: no trusted keys are configured, and none is required")
            }
            Self::Unsigned => f.write_str("unsigned, and no signature is required"),
            Self::Signed(key) => write!(
                f,
                "signed with {:?} ({}), valid to {}",
                key.name, key.id, key.not_after
            ),
        }
    }
}
