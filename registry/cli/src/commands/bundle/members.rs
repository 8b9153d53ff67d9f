//! What stands in an archive: answers of the library and the ends of logs, each scrubbed and bounded.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use registry::diagnose::text::{self, Detail, Look};
use registry::diagnose::{Diagnosis, Files, LockStatus, Setting, SignatureStatus};
use registry::ops::{Form, Question};
use registry::{Event, Registry, scrub};
use serde::Serialize;

use crate::arguments::Bundle;
use crate::commands::ask;
use crate::commands::version::Built;
use crate::failure::{Failure, Stop};
use crate::session::Session;

/// Largest member; a larger answer is left out, of a larger log its end is taken.
const MEMBER_BYTES_MAX: usize = 4 << 20;

/// Most logs of one archive.
const LOGS_MAX: usize = 16;

/// What a running host is asked, if one is named.
const OF_HOST: [(&str, &str, Question); 3] = [
    (
        "host/diagnosis.json",
        "everything the running host knows",
        Question::Diagnose { verbose: true },
    ),
    (
        "host/health.json",
        "whether a planner of the running host can be used",
        Question::Health { active_min: 1 },
    ),
    (
        "host/events.json",
        "what changed lately, as the running host knows it",
        Question::Events { since: None },
    ),
];

/// One file of an archive.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) about: &'static str,
    pub(super) bytes: Vec<u8>,
    /// Why it does not say what its name says.
    pub(super) problem: Option<String>,
}

#[derive(Serialize)]
struct Events {
    events: Vec<Event>,
}

#[derive(Serialize)]
struct Configuration<'a> {
    settings: &'a [Setting],
    files: Vec<String>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Trust<'a> {
    lock: &'a LockStatus,
    signatures: &'a SignatureStatus,
}

/// Every member, in the order of the archive.
pub(super) fn all(asked: &Bundle, session: &mut Session<'_>) -> Result<Vec<Member>, Stop> {
    let registry = session.registry()?;
    let diagnosis = registry
        .diagnose()
        .map_err(|error| Failure::of_get(&error))?;
    let mut members = vec![
        answer(
            "version.json",
            "what this command is built of",
            &Built::own(),
        ),
        answer("diagnosis.json", "everything known", &diagnosis),
        Member::text(
            "diagnosis.txt".to_owned(),
            "the same for people",
            &text::report(&diagnosis, Detail::Full, Look::PLAIN),
        ),
        answer(
            "health.json",
            "whether a planner can be used",
            &registry.health(1),
        ),
        discovery(&diagnosis.files),
        trust(&diagnosis),
        settings(&registry, &diagnosis),
        events(&registry),
        doctor(),
    ];
    if let Some(target) = session.target() {
        for (name, about, question) in OF_HOST {
            let (_, answer) = ask::attached(target, &question, Form::Json, session)?;
            let text = scrub::mask_json(&answer.text).into_owned();
            members.push(Member::document(name, about, Ok(text)));
        }
    }
    let logs = asked.log.iter().enumerate();
    members.extend(logs.map(|(number, path)| log(number + 1, path)));
    Ok(members)
}

fn discovery(files: &Files) -> Member {
    answer(
        "discovery.json",
        "what was seen in the plugin folders",
        files,
    )
}

fn trust(diagnosis: &Diagnosis) -> Member {
    let trust = Trust {
        lock: &diagnosis.lock,
        signatures: &diagnosis.signatures,
    };
    answer("trust.json", "which lock and which keys count", &trust)
}

fn settings(registry: &Registry, diagnosis: &Diagnosis) -> Member {
    let config = registry.config();
    let files = config.files().iter();
    let settings = Configuration {
        settings: &diagnosis.settings,
        files: files
            .map(|path| path.to_string_lossy().into_owned())
            .collect(),
        notes: config.notes().iter().map(ToString::to_string).collect(),
    };
    answer(
        "configuration.json",
        "every setting and its origin",
        &settings,
    )
}

fn events(registry: &Registry) -> Member {
    let (name, about) = ("events.json", "what changed lately");
    match registry.events(None) {
        Ok(events) => answer(name, about, &Events { events }),
        Err(error) => {
            let failure = Failure::new(error.code(), &error);
            Member::unanswered(name, about, &failure, error.code())
        }
    }
}

fn doctor() -> Member {
    let (name, about) = ("doctor.json", "what this machine can enforce");
    match registry::doctor() {
        Ok(doctor) => answer(name, about, &doctor),
        Err(error) => {
            let failure = Failure::new(error.code(), &error);
            Member::unanswered(name, about, &failure, error.code())
        }
    }
}

/// The end of a log. Its own name is not repeated, since it may say what it should not.
fn log(number: usize, path: &Path) -> Member {
    let (name, about) = (format!("logs/{number:02}.log"), "the end of a log");
    if number > LOGS_MAX {
        return Member {
            name,
            about,
            bytes: Vec::new(),
            problem: Some(format!("left out: more than {LOGS_MAX} logs")),
        };
    }
    match end_of(path) {
        Ok(bytes) => Member::text(name, about, &String::from_utf8_lossy(&bytes)),
        Err(error) => Member {
            name,
            about,
            bytes: Vec::new(),
            problem: Some(format!("the log cannot be read: {error}")),
        },
    }
}

fn end_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    let length = file.metadata()?.len();
    let wanted = u64::try_from(MEMBER_BYTES_MAX).unwrap_or(u64::MAX);
    file.seek(SeekFrom::Start(length.saturating_sub(wanted)))?;
    let mut bytes = Vec::new();
    file.take(wanted).read_to_end(&mut bytes)?;
    if length > wanted {
        // The first line is cut, and half a secret is not known for one.
        let line = bytes.iter().position(|byte| *byte == b'\n');
        bytes.drain(..line.map_or(bytes.len(), |end| end + 1));
    }
    Ok(bytes)
}

/// A regular file; what waits for a writer is none.
fn open(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(ErrorKind::InvalidInput, "no regular file"))
    }
}

fn answer(name: &str, about: &'static str, body: &impl Serialize) -> Member {
    Member::document(name, about, scrubbed_json(body))
}

/// `body` as the one JSON document that a command would answer with.
pub(super) fn scrubbed_json(body: &impl Serialize) -> Result<String, serde_json::Error> {
    let document = registry::diagnose::document(body)?;
    Ok(scrub::mask_json(&document).into_owned())
}

impl Member {
    /// A JSON document, which would be none any more if it were cut.
    fn document(name: &str, about: &'static str, made: Result<String, serde_json::Error>) -> Self {
        let (bytes, problem) = match made {
            Ok(text) if text.len() <= MEMBER_BYTES_MAX => (text.into_bytes(), None),
            Ok(text) => {
                let problem = format!(
                    "left out: {} bytes, more than {MEMBER_BYTES_MAX}",
                    text.len()
                );
                (Vec::new(), Some(problem))
            }
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        Self {
            name: name.to_owned(),
            about,
            bytes,
            problem,
        }
    }

    /// Lines, each scrubbed; bounded at the end of one.
    fn text(name: String, about: &'static str, text: &str) -> Self {
        // A private key goes over lines, so that secrets are looked for in the whole first.
        let masked = scrub::mask_secrets(text);
        let mut scrubbed = String::with_capacity(masked.len());
        let mut problem = None;
        for line in masked.lines() {
            let line = scrub::text(line);
            if scrubbed.len() + line.len() >= MEMBER_BYTES_MAX {
                problem = Some(format!("cut at {} bytes", scrubbed.len()));
                break;
            }
            scrubbed.push_str(&line);
            scrubbed.push('\n');
        }
        Self {
            name,
            about,
            bytes: scrubbed.into_bytes(),
            problem,
        }
    }

    fn unanswered(name: &str, about: &'static str, failure: &Failure, code: &str) -> Self {
        #[derive(Serialize)]
        struct Body<'a> {
            error: &'a Failure,
        }
        Self {
            problem: Some(format!("not known: {code}")),
            ..answer(name, about, &Body { error: failure })
        }
    }
}
