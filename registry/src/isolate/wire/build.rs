//! Which build of the exchange this is.

use registry_core::mailbox;

/// All that both sides must agree on: how memory is laid out, what frames, orders and answers to them look
/// like.
const SOURCES: [&[u8]; 11] = [
    mailbox::SOURCE,
    include_bytes!("control.rs"),
    include_bytes!("frame.rs"),
    include_bytes!("lane.rs"),
    include_bytes!("region.rs"),
    include_bytes!("slot.rs"),
    include_bytes!("../failure.rs"),
    include_bytes!("../../load/relayed.rs"),
    include_bytes!("../sandbox/enforced.rs"),
    include_bytes!("../sandbox/spec.rs"),
    include_bytes!("../worker/service.rs"),
];

/// Tells states of the sources apart; whoever wants to pass for another one could just say so.
const MARK: u64 = mark(&SOURCES);

/// What a host says of itself, and a worker must say as well: the exchange is no public interface, so both
/// must be built from the same sources, though not at once, nor as one program.
pub(in crate::isolate) fn build() -> String {
    format!("registry {} wire {MARK:016x}", env!("CARGO_PKG_VERSION"))
}

/// FNV-1a over all of it, each source with its length.
const fn mark(sources: &[&[u8]]) -> u64 {
    let mut mark = 0xcbf2_9ce4_8422_2325;
    let mut source = 0;
    while source < sources.len() {
        let bytes = sources[source];
        mark = mixed(mark, bytes.len() as u64);
        let mut place = 0;
        while place < bytes.len() {
            mark = mixed(mark, bytes[place] as u64);
            place += 1;
        }
        source += 1;
    }
    mark
}

const fn mixed(mark: u64, more: u64) -> u64 {
    (mark ^ more).wrapping_mul(0x0100_0000_01b3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_that_differ_in_a_byte_or_in_where_one_ends_are_other_builds() {
        let all = mark(&[b"one", b"two"]);
        assert_eq!(mark(&[b"one", b"two"]), all);
        for other in [&[b"one".as_slice(), b"twp"], &[b"on".as_slice(), b"etwo"]] {
            assert_ne!(mark(other), all);
        }
    }
}
