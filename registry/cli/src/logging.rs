//! Logs, written to stderr, one line an event, with every secret masked.

use std::borrow::Cow;
use std::io::{self, Write};

use registry::config::{Config, LogFormat};
use registry::diagnose::text::Look;
use registry::scrub;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Starts logging as `config` says. A second start in one process, as in tests, changes nothing.
pub(crate) fn start(config: &Config, look: Look) {
    let log = config.log();
    let subscriber = subscriber(log.level, log.format, look, io::stderr);
    // Only a subscriber that is already there can stand in the way, and then logs have a place.
    drop(tracing::subscriber::set_global_default(subscriber));
}

fn subscriber<M>(
    level: LevelFilter,
    format: LogFormat,
    look: Look,
    writer: M,
) -> Box<dyn Subscriber + Send + Sync>
where
    M: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let events = tracing_subscriber::fmt().with_max_level(level);
    if format == LogFormat::Json {
        let mask = scrub::mask_json;
        let events = events.json().with_writer(Masking { writer, mask });
        return Box::new(events.finish());
    }
    let mask = scrub::mask_secrets;
    let events = events.with_ansi(look.colour);
    Box::new(events.with_writer(Masking { writer, mask }).finish())
}

/// Masks what it hands on. An event comes in one piece, so no secret is cut in two.
struct Masking<W> {
    writer: W,
    mask: fn(&str) -> Cow<'_, str>,
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Masking<M> {
    type Writer = Masking<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Masking {
            writer: self.writer.make_writer(),
            mask: self.mask,
        }
    }
}

impl<W: Write> Write for Masking<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        self.writer.write_all((self.mask)(&text).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::Value;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged in `format` while `log` runs.
    fn logged(format: LogFormat, log: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = {
            let lines = lines.clone();
            move || lines.clone()
        };
        let subscriber = subscriber(LevelFilter::INFO, format, Look::PLAIN, writer);
        tracing::subscriber::with_default(subscriber, log);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    /// Every text of up to four of these pieces: 10 + 100 + 1,000 + 10,000.
    fn hostile() -> impl Iterator<Item = String> {
        const PIECES: [&str; 10] = [
            "\"",
            "\\",
            "\n",
            "\r{",
            "\u{1b}[2J",
            "\0",
            "\u{202e}",
            "\u{fffd}",
            "password=\"",
            "é",
        ];
        (1..=4_u32).flat_map(|length| {
            (0..10_usize.pow(length)).map(move |number| {
                (0..length)
                    .map(|place| PIECES[number / 10_usize.pow(place) % 10])
                    .collect()
            })
        })
    }

    #[test]
    fn every_line_is_one_json_object_whatever_is_logged() {
        let texts: Vec<String> = hostile().collect();
        let log = logged(LogFormat::Json, || {
            for text in &texts {
                tracing::warn!(planner = text.as_str(), code = "E_X", "{text}");
            }
        });
        let lines: Vec<&str> = log.lines().collect();
        assert_eq!(lines.len(), 11_110);
        assert_eq!(lines.len(), texts.len());
        for (line, text) in lines.iter().zip(&texts) {
            let event: Value = serde_json::from_str(line).unwrap();
            let expected = scrub::mask_secrets(text);
            assert_eq!(
                event["fields"]["message"].as_str(),
                Some(&*expected),
                "{line}"
            );
            assert_eq!(
                event["fields"]["planner"].as_str(),
                Some(&*expected),
                "{line}"
            );
        }
    }

    #[test]
    fn a_secret_is_masked_in_both_formats() {
        for format in [LogFormat::Json, LogFormat::Text] {
            let log = logged(format, || {
                tracing::info!(api_key = "k3J9dLm2", "Authorization: Bearer k3J9dLm2 sent");
            });
            assert!(!log.contains("k3J9dLm2"), "{log}");
            assert_eq!(log.matches(scrub::MASK).count(), 2, "{log}");
        }
    }
}
