use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;

fn private() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    folder
}

fn in_folder(folder: &Path) -> Journal {
    Journal::new(StateFolder::at(folder.to_owned()))
}

fn found(kind: EventKind, digest: &str) -> std::array::IntoIter<Event, 1> {
    let name = PlannerName::parse("risk_planner").unwrap();
    let event = Event::now(kind).planner(&name).path(Path::new("/p/r.so"));
    [event.digest(Some(&blake3::hash(digest.as_bytes())))].into_iter()
}

fn kinds(journal: &Journal) -> Vec<EventKind> {
    let events = journal.events(None).unwrap();
    events.iter().map(|event| event.kind).collect()
}

#[test]
fn another_journal_of_the_folder_tells_what_this_one_saved_and_what_changed_since() {
    let folder = private();
    let first = in_folder(folder.path());
    first.record_found(found(EventKind::Discovered, "a"));
    first.record(Event::now(EventKind::Healed));
    first.save();
    let second = in_folder(folder.path());
    second.record_found(found(EventKind::Discovered, "a"));
    let known = [EventKind::Discovered, EventKind::Healed];
    assert_eq!(kinds(&second), known);
    second.record_found(found(EventKind::Discovered, "b"));
    second.record_found(found(EventKind::Refused, "b"));
    second.record_found(found(EventKind::Refused, "b"));
    let changed = [EventKind::DigestChanged, EventKind::Refused];
    assert_eq!(kinds(&second), [&known[..], &changed].concat());
    assert_eq!(kinds(&first), kinds(&second));
}

#[test]
fn nothing_is_written_when_nothing_is_news() {
    let folder = private();
    let journal = in_folder(folder.path());
    journal.record_found(found(EventKind::Discovered, "a"));
    journal.save();
    let file = folder.path().join("events.json");
    let written = std::fs::metadata(&file).unwrap().modified().unwrap();
    journal.record_found(found(EventKind::Discovered, "a"));
    journal.save();
    let now = std::fs::metadata(&file).unwrap().modified().unwrap();
    assert_eq!(now, written);
}

#[test]
fn the_history_is_not_read_when_all_was_found_before() {
    let folder = private();
    let first = in_folder(folder.path());
    first.record_found(found(EventKind::Discovered, "a"));
    first.save();
    std::fs::write(folder.path().join("events.json"), "not read").unwrap();
    let second = in_folder(folder.path());
    second.record_found(found(EventKind::Discovered, "a"));
    second.save();
    let text = std::fs::read_to_string(folder.path().join("events.json")).unwrap();
    assert_eq!(text, "not read");
    second.record_found(found(EventKind::Discovered, "b"));
    // What could not be read is set aside, so that this is all there is.
    assert_eq!(kinds(&second), [EventKind::Discovered]);
}

#[test]
fn without_a_folder_events_stay_in_memory_up_to_the_bound() {
    let journal = Journal::new(StateFolder::off());
    for number in 0..EVENTS_MAX + 3 {
        journal.record(Event::now(EventKind::Loaded).detail(number));
    }
    let events = journal.events(None).unwrap();
    assert_eq!(events.len(), EVENTS_MAX);
    assert_eq!(events[0].detail.as_deref(), Some("3"));
    let later = SystemTime::now() + Duration::from_hours(1);
    assert_eq!(journal.events(Some(later)).unwrap(), []);
}

#[test]
fn a_discovery_of_many_is_told_of_some_and_counted() {
    let journal = Journal::new(StateFolder::off());
    let many = |()| {
        let numbers = 0..FOUND_MAX + 5;
        let events = numbers.map(|number| {
            let path = format!("/p/{number}.so");
            Event::now(EventKind::Refused).path(Path::new(&path))
        });
        journal.record_found(events);
        let events = journal.events(None).unwrap();
        let last = events.last().unwrap().detail.clone();
        (events.len(), last.unwrap())
    };
    let counted = (FOUND_MAX + 1, "and 5 more files or planners".to_owned());
    assert_eq!([(); 2].map(many), [counted.clone(), counted]);
}

#[test]
fn what_cannot_be_saved_is_still_told_of_where_the_folder_can_be_read() {
    let folder = private();
    let journal = in_folder(folder.path());
    let file = folder.path().join("events.json");
    std::fs::write(&file, r#"{"version":2,"content":{}}"#).unwrap();
    journal.record(Event::now(EventKind::Loaded));
    let error = journal.events(None).unwrap_err();
    assert_eq!(error.code(), "E_STATE_NEWER");
    std::fs::remove_file(file).unwrap();
    assert_eq!(kinds(&journal), [EventKind::Loaded]);
}

#[test]
fn only_the_newest_ends_of_workers_keep_their_words() {
    let journal = Journal::new(StateFolder::off());
    let name = PlannerName::parse("risk_planner").unwrap();
    assert_eq!(journal.last_crash(&name).unwrap(), None);
    for number in 0..=WORDS_MAX as u64 {
        let mut crash = Crash::default();
        crash.take_words(number.to_string());
        crash.call = Some(number);
        journal.record(Event::crashed(&crash).planner(&name));
    }
    let events = journal.events(None).unwrap();
    let words = |event: &Event| event.crash.as_ref().unwrap().stderr.clone();
    assert_eq!([0, 1].map(|at| words(&events[at])), ["", "1"]);
    let last = journal.last_crash(&name).unwrap().unwrap();
    assert_eq!(last.call, Some(WORDS_MAX as u64));
    let other = PlannerName::parse("other_planner").unwrap();
    assert_eq!(journal.last_crash(&other).unwrap(), None);
}

#[test]
fn a_failed_start_is_the_last_one_until_the_planner_is_started() {
    let journal = Journal::new(StateFolder::off());
    let name = PlannerName::parse("risk_planner").unwrap();
    let last = || journal.last_failed_start(&name).unwrap();
    assert_eq!(last(), None);
    let failed = Event::now(EventKind::Failed).planner(&name).code("E_X");
    journal.record(failed.clone());
    journal.record(Event::now(EventKind::Quarantined).planner(&name));
    let other = PlannerName::parse("other_planner").unwrap();
    journal.record(Event::now(EventKind::Loaded).planner(&other));
    assert_eq!(last(), Some(failed));
    journal.record(Event::now(EventKind::Loaded).planner(&name));
    assert_eq!(last(), None);
}
