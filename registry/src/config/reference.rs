//! The table of settings written out for people.

use std::fmt::Write as _;

use super::{row::Row, settings::rows};

/// The content of `.env.example`: every variable with its meaning, its values and its default.
pub fn env_example() -> String {
    let mut out = String::from(
        "# Every variable the registry reads. Each stands here with its default.\n\
         # An unknown variable that starts with FACTORY_ is an error.\n",
    );
    for row in rows() {
        if let Some(variable) = row.variable() {
            out.push_str(&paragraph(row, variable));
        }
    }
    out
}

fn paragraph(row: &Row, variable: &str) -> String {
    let (doc, allowed) = (row.doc(), row.allowed());
    let file = match row.default() {
        Some(_) => format!("In a file: {}.", row.key()),
        None => "Not in a file.".to_owned(),
    };
    let default = row.default().unwrap_or_default();
    format!("\n# {doc}\n# {file} Allowed: {allowed}.\n# {variable}={default}\n")
}

/// What stands above the tables of `docs/configuration.md`.
const ABOUT: &str = "\
# Settings

Made from the table of settings by `cargo reference`. `registry config show` prints each setting with its value and
where that came from.

What the host sets in its builder beats a variable, a variable beats a file, a file beats the default. Files are TOML:
the key `trust.require_lock` is `require_lock` under `[trust]`. The command reads, the strongest last,
`/etc/registry/registry.toml`, `$XDG_CONFIG_HOME/registry/registry.toml`, `registry.toml` in the working directory, and
in place of the first two the file of `--config` or else of `FACTORY_CONFIG`, which is then the strongest. The library
reads no file that nobody named.

In the working directory only the settings marked *anywhere* count; the others grant trust, and are told as left aside.
An unknown key, an unknown variable that starts with `FACTORY_`, and a value that is not allowed are errors that name
their place.
";

/// The content of `docs/configuration.md`: every setting, a table for each section.
pub fn markdown() -> String {
    let mut out = ABOUT.to_owned();
    let mut section = None;
    for row in rows() {
        let own = row
            .key()
            .rsplit_once('.')
            .map_or("", |(section, _)| section);
        if section != Some(own) {
            section = Some(own);
            // Writing to a string cannot fail.
            let _ = match own {
                "" => write!(out, "\n## The file itself\n"),
                own => write!(out, "\n## `[{own}]`\n"),
            };
            out.push_str(
                "\n| key | variable | default | allowed | in `./registry.toml` | meaning |\n",
            );
            out.push_str("|---|---|---|---|---|---|\n");
        }
        out.push_str(&table_row(row));
    }
    out
}

fn table_row(row: &Row) -> String {
    let code = |text: Option<&str>| match text {
        Some(text) if !text.is_empty() => format!("`{}`", text.replace('|', "\\|")),
        _ => "—".to_owned(),
    };
    let is_of_files = row.default().is_some() || row.variable().is_none();
    let place = if row.is_harmless() { "anywhere" } else { "no" };
    let cells = [
        code(is_of_files.then(|| row.name())),
        code(row.variable()),
        code(row.default()),
        row.allowed().replace('|', "\\|"),
        place.to_owned(),
        row.doc().replace('|', "\\|"),
    ];
    format!("| {} |\n", cells.join(" | "))
}
