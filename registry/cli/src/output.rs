//! Where answers go, in the form that was asked for.

use std::io::{self, Write};

use registry::diagnose::document;
use registry::diagnose::text::Look;
use registry::ops::Form;
use registry::scrub;
use serde::Serialize;

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

    /// The form that was asked for.
    pub(crate) fn form(&self) -> Form {
        if self.json {
            Form::Json
        } else {
            Form::Text(self.look)
        }
    }

    /// Whether JSON was asked for.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Writes the answer: `body` as JSON, or the text that says the same. Secrets are masked.
    pub(crate) fn answer(
        &mut self,
        body: &impl Serialize,
        text: impl FnOnce(Look) -> String,
    ) -> io::Result<()> {
        if self.json {
            let document = document(body)?;
            self.raw(scrub::mask_json(&document).as_bytes())
        } else {
            let text = text(self.look);
            self.raw(text.as_bytes())
        }
    }

    /// Like [`answer`](Self::answer), for what is to be worked with: its JSON is not changed.
    pub(crate) fn product(
        &mut self,
        body: &impl Serialize,
        text: impl FnOnce(Look) -> String,
    ) -> io::Result<()> {
        if self.json {
            let document = document(body)?;
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
