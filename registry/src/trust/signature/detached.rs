//! The content of a signature file, in parts.

use ct_codecs::{Base64, Decoder};

use super::{KeyId, SignatureRefusal};

/// How many bytes the first signature takes: the algorithm, the key's number and the signature.
const SIGNATURE_SIZE: usize = 2 + KeyId::SIZE + 64;

/// Signs a hash of the file.
const PREHASHED: &[u8] = b"ED";

/// Signs the file itself, as minisign did until 2017.
const LEGACY: &[u8] = b"Ed";

const UNTRUSTED_COMMENT: &str = "untrusted comment: ";

const TRUSTED_COMMENT: &str = "trusted comment: ";

/// A detached signature of which nothing is proven yet.
pub(super) struct Detached {
    pub(super) key: KeyId,
    pub(super) signature: minisign_verify::Signature,
}

impl Detached {
    /// Takes a signature file apart. It has exactly the four lines that minisign writes: one file
    /// shall not mean one thing here and another elsewhere.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, SignatureRefusal> {
        let malformed = |what| SignatureRefusal::Malformed { what };
        let text = str::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8"))?;
        let lines: Vec<_> = text
            .strip_suffix('\n')
            .unwrap_or(text)
            .split('\n')
            .collect();
        let [untrusted, first, trusted, _] = lines[..] else {
            return Err(malformed("it has not four lines"));
        };
        if text.contains('\r') {
            return Err(malformed("its lines end as no line of minisign's does"));
        }
        if !untrusted.starts_with(UNTRUSTED_COMMENT) {
            return Err(malformed("its first line is no untrusted comment"));
        }
        if !trusted.starts_with(TRUSTED_COMMENT) {
            return Err(malformed("its third line is no trusted comment"));
        }
        let mut parts = [0; SIGNATURE_SIZE];
        let parts = Base64::decode(&mut parts, first, None).unwrap_or_default();
        let Some((algorithm, rest)) = parts
            .split_at_checked(2)
            .filter(|_| parts.len() == SIGNATURE_SIZE)
        else {
            return Err(malformed("its second line is no signature"));
        };
        match algorithm {
            PREHASHED => {}
            LEGACY => return Err(SignatureRefusal::Legacy),
            _ => return Err(malformed("its algorithm is unknown")),
        }
        let key = rest
            .first_chunk()
            .map(|id| KeyId::of_bytes(*id))
            .ok_or_else(|| malformed("its second line is no signature"))?;
        let signature = minisign_verify::Signature::decode(text)
            .map_err(|_| malformed("its fourth line is no signature"))?;
        Ok(Self { key, signature })
    }

    /// What the signer says of the file; to be believed once the signature holds.
    pub(super) fn trusted_comment(&self) -> &str {
        self.signature.trusted_comment()
    }
}
