//! Whom the processor time of a worker is charged to.
//!
//! A worker counts its time as a whole. Which of its threads works for which call only the worker could
//! say, and it is not believed; so what it uses while calls are under way is shared out among them
//! evenly, and a call that is alone is charged with all of it. What it uses between two calls is added
//! up as well, and each call begins that count anew. So a worker never uses more than one call's time
//! without a further call.

use std::time::Duration;

/// What was charged so far. Times are what the worker used since it was started.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// What had been used when it was last looked at.
    seen: Duration,
    /// What a call would have been charged with that had been under way all along.
    share: Duration,
    /// The calls under way, each with the share at its begin; the oldest one first.
    under_way: Vec<(u64, Duration)>,
    /// What was used since the last call.
    between: Duration,
    /// Calls that had been made when it was last looked at.
    calls: u64,
}

impl Account {
    /// A call begins to be charged.
    pub(super) fn begin(&mut self, call: u64, used: Duration) {
        self.spread(used);
        self.under_way.push((call, self.share));
        self.between = Duration::ZERO;
    }

    /// A call is over.
    pub(super) fn end(&mut self, call: u64, used: Duration) {
        self.spread(used);
        self.under_way.retain(|(other, _)| *other != call);
        self.between = Duration::ZERO;
    }

    /// The most that any call, or the time since the last one, is charged with. `calls` have been made so
    /// far, the ones included that were over before anybody waited for them.
    pub(super) fn charged(&mut self, calls: u64, used: Duration) -> Duration {
        self.spread(used);
        if calls != self.calls {
            self.calls = calls;
            self.between = Duration::ZERO;
        }
        match self.under_way.first() {
            Some((_, share_then)) => self.share.saturating_sub(*share_then),
            None => self.between,
        }
    }

    fn spread(&mut self, used: Duration) {
        let more = used.saturating_sub(self.seen);
        self.seen = self.seen.max(used);
        match u32::try_from(self.under_way.len()) {
            Ok(calls) if calls > 0 => self.share += more / calls,
            _ => self.between += more,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_call_alone_is_charged_with_all_that_was_used_since_its_begin() {
        let mut account = Account::default();
        account.begin(1, ms(500));
        assert_eq!(account.charged(1, ms(500)), ms(0));
        assert_eq!(account.charged(1, ms(740)), ms(240));
        account.end(1, ms(800));
        account.begin(2, ms(900));
        assert_eq!(account.charged(2, ms(901)), ms(1));
    }

    #[test]
    fn calls_at_once_share_evenly_and_the_oldest_has_the_most() {
        let mut account = Account::default();
        account.begin(1, ms(0));
        account.begin(2, ms(100));
        assert_eq!(account.charged(2, ms(300)), ms(200));
        account.end(1, ms(300));
        assert_eq!(account.charged(2, ms(350)), ms(150));
    }

    #[test]
    fn what_is_used_between_calls_adds_up_until_the_next_one() {
        let mut account = Account::default();
        account.begin(1, ms(0));
        assert_eq!(account.charged(1, ms(4)), ms(4));
        account.end(1, ms(10));
        assert_eq!(account.charged(1, ms(15)), ms(5));
        assert_eq!(account.charged(1, ms(40)), ms(30));
        // A call that was over before anybody waited for it.
        assert_eq!(account.charged(2, ms(70)), ms(0));
        assert_eq!(account.charged(2, ms(90)), ms(20));
        account.begin(3, ms(200));
        assert_eq!(account.charged(3, ms(201)), ms(1));
    }

    #[test]
    fn a_count_that_goes_back_charges_nobody() {
        let mut account = Account::default();
        account.begin(1, ms(100));
        assert_eq!(account.charged(1, ms(50)), ms(0));
        assert_eq!(account.charged(1, ms(100)), ms(0));
        assert_eq!(account.charged(1, ms(101)), ms(1));
    }
}
