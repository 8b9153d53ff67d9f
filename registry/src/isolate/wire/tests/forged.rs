//! What a worker can write instead of an honest frame.

use super::*;

#[test]
fn a_forged_frame_is_refused_before_a_byte_of_it_is_copied() {
    let fine = header(Kind::Answer, 10, 10);
    let frames = [
        (Header { kind: 0, ..fine }, "a frame of an unknown kind"),
        (Header { kind: 99, ..fine }, "a frame of an unknown kind"),
        (
            Header {
                kind: u32::MAX,
                ..fine
            },
            "a frame of an unknown kind",
        ),
        (
            Header {
                call: CALL + 1,
                ..fine
            },
            "a frame of another call",
        ),
        (Header { call: 0, ..fine }, "a frame of another call"),
        (
            header(Kind::Answer, (10 << 20) + 1, 10),
            "a message larger than its kind allows",
        ),
        (
            header(Kind::Log, 5 << 10, 5 << 10),
            "a message larger than its kind allows",
        ),
        (
            header(Kind::Error, 257 << 10, 10),
            "a message larger than its kind allows",
        ),
        (header(Kind::Answer, 10, 9), "a frame of the wrong length"),
        (header(Kind::Answer, 10, 11), "a frame of the wrong length"),
        (
            header(Kind::Answer, 10, usize::try_from(u32::MAX).unwrap()),
            "a frame of the wrong length",
        ),
        (
            header(Kind::Answer, 1 << 20, 10),
            "a frame of the wrong length",
        ),
        (
            header(Kind::Answer, 1 << 20, 1 << 20),
            "a frame of the wrong length",
        ),
    ];
    for (forged, rule) in frames {
        let wire = Wire::new();
        wire.forge(&mut Counts::default(), forged, &[1; 16]);
        assert_eq!(
            wire.heard(&mut Lane::default()),
            Err(Fault::Broken(rule)),
            "{forged:?}"
        );
    }
    let wire = Wire::new();
    wire.forge(&mut Counts::default(), fine, &[1; 16]);
    assert_eq!(wire.heard(&mut Lane::default()), Ok(10));
}

#[test]
fn a_message_that_changes_between_its_frames_is_refused() {
    let total = FRAME_BYTES_MAX + 10;
    let first = header(Kind::Answer, total, FRAME_BYTES_MAX);
    for second in [
        header(Kind::Answer, total + 1, 11),
        header(Kind::Error, total, 10),
    ] {
        let (wire, mut lane, mut counts) = (Wire::new(), Lane::default(), Counts::default());
        wire.forge(&mut counts, first, &vec![1; FRAME_BYTES_MAX]);
        assert_eq!(wire.heard(&mut lane), Err(Fault::Late));
        wire.forge(&mut counts, second, &[2; 16]);
        assert_eq!(
            wire.heard(&mut lane),
            Err(Fault::Broken("a message that changes under way"))
        );
    }
}

#[test]
fn a_frame_that_is_posted_again_before_it_was_taken_is_refused() {
    let (wire, mut counts) = (Wire::new(), Counts::default());
    for _ in 0..2 {
        wire.forge(&mut counts, header(Kind::Answer, 10, 10), &[1; 16]);
    }
    assert_eq!(
        wire.heard(&mut Lane::default()),
        Err(Fault::Broken("counts of frames that do not fit"))
    );
}

#[test]
fn an_answer_that_is_replayed_to_the_next_call_is_refused() {
    let (wire, mut lane, mut counts) = (Wire::new(), Lane::default(), Counts::default());
    wire.forge(&mut counts, header(Kind::Answer, 10, 10), &[1; 16]);
    assert_eq!(wire.heard(&mut lane), Ok(10));
    wire.forge(&mut counts, header(Kind::Answer, 10, 10), &[1; 16]);
    let next = lane.receive(wire.host(), Some(CALL + 1), Duration::ZERO, &mut impatient);
    assert_eq!(next, Err(Fault::Broken("a frame of another call")));
}

#[test]
fn an_answer_that_nobody_wants_is_dropped_frame_by_frame() {
    let (wire, mut lane, mut counts) = (Wire::new(), Lane::default(), Counts::default());
    assert_eq!(lane.discard(wire.host(), CALL), Ok(Discarded::Nothing));
    let total = FRAME_BYTES_MAX + 10;
    wire.forge(&mut counts, header(Kind::Log, 3, 3), b"log");
    assert_eq!(lane.discard(wire.host(), CALL), Ok(Discarded::Frame));
    wire.forge(
        &mut counts,
        header(Kind::Answer, total, FRAME_BYTES_MAX),
        &[1; 8],
    );
    assert_eq!(lane.discard(wire.host(), CALL), Ok(Discarded::Frame));
    wire.forge(&mut counts, header(Kind::Answer, total, 10), &[1; 16]);
    assert_eq!(lane.discard(wire.host(), CALL), Ok(Discarded::Answer));
    wire.forge(&mut counts, header(Kind::Answer, 10, 10), &[1; 16]);
    assert_eq!(
        lane.discard(wire.host(), CALL + 1),
        Err(Fault::Broken("a frame of another call"))
    );
}

#[test]
fn what_changes_while_the_host_reads_changes_nothing_that_was_judged() {
    const EACH: usize = 1_000;
    let (wire, done) = (Wire::new(), AtomicBool::new(false));
    let heard = thread::scope(|scope| {
        scope.spawn(|| {
            let lengths = [10, u32::MAX, 0, 65_408, 1 << 20];
            let mut lengths = lengths.into_iter().cycle();
            while !done.load(Ordering::Relaxed) {
                let mut forged = header(Kind::Answer, 10, 10);
                forged.length = lengths.next().unwrap();
                wire.worker().own.set_header(&forged);
            }
        });
        let (mut lane, mut counts) = (Lane::default(), Counts::default());
        let mut heard = [0; 2];
        let begun = Instant::now();
        while heard.iter().any(|count| *count < EACH) {
            assert!(begun.elapsed() < Duration::from_mins(1), "{heard:?}");
            let ends = wire.worker();
            Mailbox::new(&ends.own.side, &ends.other.side, Shared).post(&mut counts);
            match wire.heard(&mut lane) {
                Ok(length) => {
                    assert_eq!(length, 10);
                    heard[0] += 1;
                }
                Err(Fault::Broken(_)) => {
                    heard[1] += 1;
                    // A host ends such a worker; here the next one begins.
                    (lane, counts) = (Lane::default(), Counts::default());
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        done.store(true, Ordering::Relaxed);
        heard
    });
    assert!(heard.iter().all(|count| *count >= EACH), "{heard:?}");
}
