//! Puts members into one archive that every `tar` reads.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tar::{Builder, EntryType, Header};

use super::{Listed, Member, members};
use crate::commands::version::Built;

/// The folder that all members lie in.
const FOLDER: &str = "registry-bundle";

/// The list of what there is. It comes first.
const LIST: &str = "bundle.json";

#[derive(Serialize)]
struct Manifest<'a> {
    made_at: u64,
    made_by: Built,
    members: Vec<Listed<'a>>,
}

/// The archive with these members and their list.
pub(super) fn of(members: &[Member]) -> io::Result<Vec<u8>> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let made_at = since.map_or(0, |since| since.as_secs());
    let list = Manifest {
        made_at,
        made_by: Built::own(),
        members: members.iter().map(Listed::of).collect(),
    };
    let list = members::scrubbed_json(&list)?;
    let mut archive = Builder::new(Vec::new());
    append(&mut archive, LIST, made_at, list.as_bytes())?;
    for member in members {
        append(&mut archive, &member.name, made_at, &member.bytes)?;
    }
    archive.into_inner()
}

fn append(
    archive: &mut Builder<Vec<u8>>,
    name: &str,
    made_at: u64,
    bytes: &[u8],
) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(super::MODE);
    header.set_mtime(made_at);
    header.set_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    archive.append_data(&mut header, format!("{FOLDER}/{name}"), bytes)
}
