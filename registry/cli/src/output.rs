//! Where answers go, in the form that was asked for.

use std::io::{self, Write};

use registry::diagnose::text::Look;
use serde::Serialize;

use crate::json;

/// Where answers go.
pub(crate) struct Output<'a> {
    writer: &'a mut dyn Write,
    json: bool,
    look: Look,
}

impl<'a> Output<'a> {
    /// Answers to `writer`.
    pub(crate) fn new(writer: &'a mut dyn Write, json: bool, look: Look) -> Self {
        Self { writer, json, look }
    }

    /// Whether JSON was asked for.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Writes the answer: `body` as JSON, or the text that says the same.
    pub(crate) fn answer(
        &mut self,
        body: &impl Serialize,
        text: impl FnOnce(Look) -> String,
    ) -> io::Result<()> {
        if self.json {
            let document = json::document(body)?;
            self.raw(document.as_bytes())
        } else {
            let text = text(self.look);
            self.raw(text.as_bytes())
        }
    }

    /// Writes bytes that are an answer in themselves.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes)?;
        self.writer.flush()
    }
}
