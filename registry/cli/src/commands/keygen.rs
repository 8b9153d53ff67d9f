//! `registry keygen --out PATH`: a new pair of keys.

use std::path::{Path, PathBuf};

use minisign::{KeyPair, PError, SecretKeyBox};
use registry::diagnose::text::{Cell, Ink, Look, Page, Table};
use serde::Serialize;

use super::sign::key_id;
use crate::arguments::Keygen;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::{place, secret};

#[derive(Serialize)]
struct Answer {
    key: String,
    public: String,
    secret_file: String,
    public_file: String,
    encrypted: bool,
}

pub(super) fn run(keygen: &Keygen, output: &mut Output<'_>) -> Result<(), Stop> {
    let public_file = beside(&keygen.out);
    let passphrase = keygen.passphrase_file.as_deref();
    let passphrase = passphrase.map(secret::passphrase).transpose();
    let passphrase = passphrase.map_err(Failure::from)?;
    // Deriving a key from a passphrase takes long: what must fail fails before.
    for path in [&keygen.out, &public_file] {
        if path.symlink_metadata().is_ok() {
            let path = path.clone();
            return Err(Failure::from(place::PlaceError::Exists { path }).into());
        }
    }
    let encrypted = passphrase.is_some();
    let (pair, sealed) = generate(passphrase).map_err(|error| {
        Failure::new("E_KEYGEN", &error).remedy("Check that memory is left.".to_owned())
    })?;
    let id = key_id(pair.pk.keynum());
    let public = pair.pk.to_base64();
    let public_text = format!("untrusted comment: minisign public key {id}\n{public}\n");
    place::create(&public_file, 0o644, public_text.as_bytes()).map_err(Failure::from)?;
    if let Err(error) = place::create(&keygen.out, 0o600, sealed.to_string().as_bytes()) {
        // Without the secret key the public one is good for nothing.
        let _ = std::fs::remove_file(&public_file);
        return Err(Failure::from(error).into());
    }
    let answer = Answer {
        key: id,
        public,
        secret_file: keygen.out.to_string_lossy().into_owned(),
        public_file: public_file.to_string_lossy().into_owned(),
        encrypted,
    };
    output.answer(&answer, |look| text(&answer, look))?;
    Ok(())
}

fn generate(passphrase: Option<String>) -> Result<(KeyPair, SecretKeyBox), PError> {
    let (pair, comment) = match passphrase {
        None => (
            KeyPair::generate_unencrypted_keypair()?,
            "minisign secret key, not encrypted",
        ),
        passphrase => (
            KeyPair::generate_encrypted_keypair(passphrase)?,
            "minisign encrypted secret key",
        ),
    };
    let sealed = pair.sk.to_box(Some(comment))?;
    Ok((pair, sealed))
}

/// Where the public key goes.
fn beside(secret: &Path) -> PathBuf {
    let mut path = secret.as_os_str().to_owned();
    path.push(".pub");
    path.into()
}

fn text(answer: &Answer, look: Look) -> String {
    let mut table = Table::headless().wrapped();
    let label = |label: &'static str| Cell::new(label).ink(Ink::Faint);
    let sealed = if answer.encrypted {
        "encrypted"
    } else {
        "not encrypted: whoever reads it can sign"
    };
    let secret = format!("{} ({sealed})", answer.secret_file);
    table.row([label("secret"), Cell::new(secret)]);
    table.row([label("public"), Cell::new(&answer.public_file)]);
    table.row([label("line"), Cell::new(&answer.public)]);
    let mut page = Page::new(look);
    let name = format!("key {}", answer.key);
    page.line(0, [Cell::new(name).ink(Ink::Strong)]);
    page.table(2, &table);
    page.finish()
}
