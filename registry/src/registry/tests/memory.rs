//! What later processes know, and what a damaged memory of it does not do.

use super::*;

#[test]
fn a_later_process_knows_outcomes_breakers_and_holds() {
    let (folder, hand) = (state_folder(), ManualClock::new());
    hand.advance(RESET * 1000);
    let first = remembering(&hand, folder.path());
    first.plan();
    first.fails();
    for _ in 0..3 {
        first.plan();
    }
    drop(first.registry);
    hand.advance(Duration::from_secs(20));
    let second = remembering(&hand, folder.path());
    assert_eq!(second.plan(), Some("E_BREAKER_OPEN"));
    let status = second.status();
    let guard = status.guard.unwrap();
    assert_eq!((status.calls, status.failures), (4, 3));
    assert_eq!(guard.breaker.retry_in_ms, Some(40_000));
    assert_eq!(
        guard.last_error.as_deref(),
        Some("E_PLAN_FAILED: planner failed: broken")
    );
    assert!(second.registry.reset_breaker(NAME).unwrap());
    second
        .registry
        .quarantine(NAME, Hold::new("why").lasting(RESET))
        .unwrap();
    drop(second.registry);
    let third = remembering(&hand, folder.path());
    assert_eq!(third.plan(), Some("E_QUARANTINED"));
    // The date was set back by hours: the hold begins now, and lasts its minute.
    hand.set(RESET * 100);
    let fourth = remembering(&hand, folder.path());
    assert_eq!(fourth.plan(), Some("E_QUARANTINED"));
    hand.advance(RESET);
    assert_eq!(fourth.plan(), None);
    let status = fourth.status();
    assert_eq!((status.calls, status.failures), (5, 3));
    assert_eq!(fourth.breaker(), (BreakerState::Closed, 0));
}

#[test]
fn two_processes_add_to_one_account() {
    let (folder, hand) = (state_folder(), ManualClock::new());
    let grounds = [(); 2].map(|()| remembering(&hand, folder.path()));
    for ground in &grounds {
        assert_eq!(ground.plan(), None);
        assert_eq!(ground.plan(), None);
        ground.registry.save_state().unwrap();
    }
    let later = remembering(&hand, folder.path());
    let reliability = later.status().reliability.unwrap();
    assert_eq!(
        (reliability.samples, reliability.score.to_bits()),
        (4, (5.0_f64 / 6.0).to_bits())
    );
    // What was saved is not saved again.
    drop(grounds);
    drop(later.registry);
    assert_eq!(remembering(&hand, folder.path()).status().calls, 4);
}

#[test]
fn the_end_of_a_hold_is_told_once_however_long_it_is_remembered() {
    let (folder, hand) = (state_folder(), ManualClock::new());
    let host = remembering(&hand, folder.path());
    let command = remembering(&hand, folder.path());
    let brief = || Hold::new("brief").lasting(RESET);
    host.registry.quarantine(NAME, brief()).unwrap();
    hand.advance(RESET);
    for _ in 0..2 {
        host.registry.discover().unwrap();
        assert_eq!(host.plan(), None);
    }
    // A hold that ended meanwhile took the place of one without an end.
    host.registry.quarantine(NAME, Hold::new("")).unwrap();
    command.registry.quarantine(NAME, brief()).unwrap();
    hand.advance(RESET);
    for ground in [&host, &remembering(&hand, folder.path()), &host] {
        ground.registry.discover().unwrap();
        assert_eq!(ground.plan(), None);
    }
    drop(command.registry);
    let told = host.registry.events(None).unwrap();
    let mut told: Vec<_> = told
        .iter()
        .filter_map(|own| own.detail.as_deref())
        .collect();
    told.retain(|detail| detail.starts_with("released"));
    assert_eq!(told, ["released: the hold has ended"; 2]);
}

#[test]
fn a_running_host_learns_of_a_hold_at_its_next_discovery() {
    let (folder, hand) = (state_folder(), ManualClock::new());
    let host = remembering(&hand, folder.path());
    assert_eq!(host.plan(), None);
    let command = remembering(&hand, folder.path());
    command.registry.quarantine(NAME, Hold::new("")).unwrap();
    assert_eq!(host.plan(), None);
    host.registry.discover().unwrap();
    assert_eq!(host.plan(), Some("E_QUARANTINED"));
    command.registry.lift(NAME).unwrap();
    host.registry.discover().unwrap();
    assert_eq!(host.plan(), None);
}

#[test]
fn a_lost_or_damaged_file_lifts_no_hold_of_a_running_host() {
    let (folder, hand) = (state_folder(), ManualClock::new());
    let host = remembering(&hand, folder.path());
    host.registry.quarantine(NAME, Hold::new("")).unwrap();
    let file = folder.path().join("holds.json");
    std::fs::write(&file, "{").unwrap();
    host.registry.discover().unwrap();
    assert_eq!(host.plan(), Some("E_QUARANTINED"));
    assert!(!file.exists(), "it was set aside");
    host.registry.discover().unwrap();
    assert_eq!(host.plan(), Some("E_QUARANTINED"));
}

#[test]
fn damaged_state_is_set_aside_and_state_that_others_may_write_is_not_used() {
    let (folder, hand) = (state_folder(), ManualClock::new());
    std::fs::write(folder.path().join("reliability.json"), "{").unwrap();
    let ground = remembering(&hand, folder.path());
    assert_eq!(ground.plan(), None);
    let kept = std::fs::read_dir(folder.path()).unwrap();
    let aside = kept.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with("reliability.damaged-")
    });
    assert_eq!(aside.count(), 1);
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let other = remembering(&hand, folder.path());
    assert_eq!(other.plan(), None);
    let diagnosis = other.registry.diagnose().unwrap();
    let problem = diagnosis.files.discovery.state_problem.unwrap();
    assert_eq!(problem.code, "E_STATE_NOT_OURS");
    let error = other.registry.quarantine(NAME, Hold::new("")).unwrap_err();
    assert_eq!(error.code(), "E_STATE_NOT_OURS");
    assert_eq!(
        other.plan(),
        Some("E_QUARANTINED"),
        "it holds here nevertheless"
    );
}
