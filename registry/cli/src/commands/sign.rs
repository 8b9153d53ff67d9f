//! `registry sign FILE --key PATH`: vouches for a plugin with a signature beside it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use registry::KeyId;
use registry::diagnose::text::{Cell, Ink, Look, Page, Table};
use registry::discovery::Library;
use registry::inspect_within;
use serde::Serialize;

use crate::arguments::Sign;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;
use crate::{place, secret};

#[derive(Serialize)]
struct Answer {
    planner: String,
    version: String,
    path: String,
    signature_file: String,
    key: String,
}

/// The plugin changed under our hands.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be read", .path.display())]
struct ReadError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

pub(super) fn run(
    sign: &Sign,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let bytes_max = session.config()?.file_bytes_max();
    let key = secret::key(&sign.key, sign.passphrase_file.as_deref()).map_err(Failure::from)?;
    // Says well what is wrong with a file; what is signed is judged by its own bytes.
    inspect_within(&sign.file, bytes_max).map_err(|refused| Failure::of_file(&refused))?;
    let bytes = read(&sign.file, bytes_max)
        .map_err(|error| Failure::new("E_READ", &error).remedy("Try again.".to_owned()))?;
    let library =
        Library::from_bytes(&bytes).map_err(|error| Failure::new(error.code(), &error))?;
    let manifest = library.manifest;
    let (planner, version) = (manifest.name.clone(), manifest.version.to_string());
    let comment = format!("name={planner} version={version}");
    let untrusted = format!("signature of {planner} made by registry");
    let signature = minisign::sign(None, &key, &bytes[..], Some(&comment), Some(&untrusted))
        .map_err(|error| Failure::new("E_SIGN", &error).remedy("Try again.".to_owned()))?;
    let signature_file = beside(&sign.file);
    place::replace(&signature_file, 0o644, signature.to_string().as_bytes())
        .map_err(Failure::from)?;
    let answer = Answer {
        planner,
        version,
        path: sign.file.to_string_lossy().into_owned(),
        signature_file: signature_file.to_string_lossy().into_owned(),
        key: key_id(key.keynum()),
    };
    output.answer(&answer, |look| text(&answer, look))?;
    Ok(())
}

/// The number of a key, as everybody shows it.
pub(super) fn key_id(number: &[u8]) -> String {
    let number = number.try_into().map(KeyId::of_bytes);
    number.map_or_else(|_| "?".to_owned(), |id| id.to_string())
}

/// All of the file, which has grown since it was looked into if it is longer than that.
fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes))
        .and_then(|read| match u64::try_from(read) {
            Ok(read) if read <= bytes_max => Ok(bytes),
            _ => Err(io::ErrorKind::FileTooLarge.into()),
        })
        .map_err(|source| ReadError {
            path: path.to_owned(),
            source,
        })
}

/// Where the signature goes.
fn beside(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(minisign::SIG_SUFFIX);
    path.into()
}

fn text(answer: &Answer, look: Look) -> String {
    let mut table = Table::headless().wrapped();
    let label = |label: &'static str| Cell::new(label).ink(Ink::Faint);
    table.row([label("file"), Cell::new(&answer.path)]);
    table.row([label("version"), Cell::new(&answer.version)]);
    table.row([label("signature"), Cell::new(&answer.signature_file)]);
    table.row([label("key"), Cell::new(&answer.key)]);
    let mut page = Page::new(look);
    page.line(
        0,
        [
            Cell::new(&answer.planner).ink(Ink::Strong),
            Cell::new("signed").ink(Ink::Good),
        ],
    );
    page.table(2, &table);
    page.finish()
}
