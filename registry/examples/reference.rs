//! Prints what the documents say of the code, made from the code: `schema`, the JSON Schema of a
//! diagnosis, or `configuration`, the reference of all settings.

use std::io::Write as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = match std::env::args().nth(1).as_deref() {
        Some("schema") => registry::diagnose::schema_text(),
        Some("configuration") => registry::config::markdown(),
        _ => return Err("usage: reference schema|configuration".into()),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
