//! The table of settings written out for people.

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
