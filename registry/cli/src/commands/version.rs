//! `registry version`, and the line of `registry --version`: what this command is built of.

use registry::diagnose::text::{Cell, Ink, Look, Page, Table};
use registry::plugin_api::{API_VERSION, ApiVersion};
use serde::Serialize;

use crate::failure::Stop;
use crate::output::Output;

/// What this command is built of.
#[derive(Debug, Serialize)]
pub(crate) struct Built {
    /// The version of the packages.
    version: &'static str,
    /// The commit of the sources; `unknown` where there was no repository.
    commit: &'static str,
    /// The compiler.
    rustc: &'static str,
    /// The plugin interface it speaks.
    api: ApiVersion,
    /// Tells the tables of that interface from others.
    abi: &'static str,
}

impl Built {
    /// Of this program.
    pub(crate) fn own() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            commit: env!("REGISTRY_BUILT_COMMIT"),
            rustc: env!("REGISTRY_BUILT_RUSTC"),
            api: API_VERSION,
            abi: registry::abi_fingerprint(),
        }
    }

    /// All that tells builds apart, in one line.
    pub(crate) fn line(&self) -> String {
        let Self {
            version,
            commit,
            api,
            abi,
            ..
        } = self;
        format!("registry {version} (commit {commit}, plugin interface {api}, abi {abi})\n")
    }

    fn text(&self, look: Look) -> String {
        let mut table = Table::headless();
        for (label, value) in [
            ("registry", self.version.to_owned()),
            ("commit", self.commit.to_owned()),
            ("built with", self.rustc.to_owned()),
            ("plugin interface", self.api.to_string()),
            ("abi", self.abi.to_owned()),
        ] {
            table.row([Cell::new(label).ink(Ink::Faint), Cell::new(value)]);
        }
        let mut page = Page::new(look);
        page.table(0, &table);
        page.finish()
    }
}

pub(super) fn run(output: &mut Output<'_>) -> Result<(), Stop> {
    let version = Built::own();
    output.answer(&version, |look| version.text(look))?;
    Ok(())
}
