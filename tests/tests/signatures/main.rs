//! Signatures: who may sign what, and the commands that make keys, sign and verify.

mod command;
mod flipped;
mod interoperability;
mod lock;
mod runtime;
mod secrets;
mod unread;

use std::path::{Path, PathBuf};

use minisign::KeyPair;
use tests::{PluginFolder, manifest_source, set_mode};

const NAME: &str = "signed_planner";

/// What `manifest_source` declares.
const VERSION: &str = "1.0.0";

/// A plugin folder with one plugin that is nothing but a manifest, and a file of keys elsewhere.
struct Ground {
    plugins: PluginFolder,
    aside: PluginFolder,
}

impl Ground {
    fn new() -> Self {
        let source = manifest_source(NAME, 1, 0);
        Self {
            plugins: PluginFolder::new().with_c("signed.so", &source),
            aside: PluginFolder::new(),
        }
    }

    fn plugin(&self) -> PathBuf {
        self.plugins.file("signed.so")
    }

    fn signature(&self) -> PathBuf {
        self.plugins.file("signed.so.minisig")
    }

    fn keys_file(&self) -> PathBuf {
        self.aside.file("keys.toml")
    }

    /// Makes these the trusted keys.
    fn trust(&self, entries: &[String]) {
        std::fs::write(self.keys_file(), entries.concat()).unwrap();
        set_mode(&self.keys_file(), 0o644);
    }

    /// Signs the plugin as it is, with this trusted comment.
    fn sign(&self, pair: &KeyPair, comment: &str) {
        sign(pair, &self.plugin(), comment);
    }
}

/// A file's signature beside it, made by the `minisign` crate.
fn sign(pair: &KeyPair, file: &Path, comment: &str) {
    let bytes = std::fs::read(file).unwrap();
    let signature = minisign::sign(None, &pair.sk, &bytes[..], Some(comment), None).unwrap();
    let mut path = file.as_os_str().to_owned();
    path.push(".minisig");
    std::fs::write(path, signature.into_string()).unwrap();
}

fn pair() -> KeyPair {
    KeyPair::generate_unencrypted_keypair().unwrap()
}

fn comment(name: &str, version: &str) -> String {
    format!("name={name} version={version}")
}

/// A key that may sign everything for a thousand years.
fn entry(name: &str, public: &str) -> String {
    entry_of(name, public, "\"all\"", "2020-01-01", "3020-01-01")
}

fn entry_of(name: &str, public: &str, planners: &str, from: &str, to: &str) -> String {
    format!(
        "[[key]]\nname = \"{name}\"\npublic = \"{public}\"\nplanners = {planners}\n\
         not_before = {from}\nnot_after = {to}\n"
    )
}
