//! The connections of one listener: so many and no more.
//!
//! When all seats are taken, the connection that has waited longest for its next request gives up its
//! own. So idle connections, however many somebody opens, keep nobody out who has something to ask. All of
//! this happens on one thread, between the turns of its tasks.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::sync::Notify;

/// The connections of one listener.
#[derive(Debug)]
pub(super) struct Seats {
    most: usize,
    taken: RefCell<BTreeMap<u64, Rc<Seat>>>,
    /// Counts seats and moments: what is later is larger.
    next: Cell<u64>,
    /// Told when a seat becomes free, or its connection waits again.
    room: Notify,
}

/// What is known of one connection.
#[derive(Debug, Default)]
struct Seat {
    /// Since which moment it waits for a request; none while it is answered one.
    waiting_since: Cell<Option<u64>>,
    /// Whether the caller has not fetched all of the answer.
    unfetched: Cell<bool>,
    /// Told when it has to go.
    leave: Notify,
}

/// A seat that is taken until this is dropped.
#[derive(Debug)]
pub(super) struct Seated {
    seats: Rc<Seats>,
    seat: Rc<Seat>,
    number: u64,
}

/// A request that is being answered until this is dropped.
#[derive(Debug)]
pub(super) struct Busy(Rc<Seated>);

impl Seats {
    pub(super) fn new(most: usize) -> Rc<Self> {
        Rc::new(Self {
            most: most.max(1),
            taken: RefCell::default(),
            next: Cell::new(0),
            room: Notify::new(),
        })
    }

    /// Takes a seat for a connection, once there is one.
    pub(super) async fn take(self: &Rc<Self>) -> Rc<Seated> {
        loop {
            if self.taken.borrow().len() < self.most {
                return self.sit();
            }
            match self.longest_waiting() {
                Some((number, seat)) => {
                    self.taken.borrow_mut().remove(&number);
                    seat.leave.notify_one();
                    let seated = self.sit();
                    // Lets the one that leaves close its connection first.
                    tokio::task::yield_now().await;
                    return seated;
                }
                None => self.room.notified().await,
            }
        }
    }

    fn sit(self: &Rc<Self>) -> Rc<Seated> {
        let number = self.tick();
        let seat = Rc::new(Seat::default());
        seat.waiting_since.set(Some(number));
        self.taken.borrow_mut().insert(number, Rc::clone(&seat));
        Rc::new(Seated {
            seats: Rc::clone(self),
            seat,
            number,
        })
    }

    fn longest_waiting(&self) -> Option<(u64, Rc<Seat>)> {
        let taken = self.taken.borrow();
        let waiting = taken.iter().filter_map(|(number, seat)| {
            let since = seat.waiting_since.get()?;
            (!seat.unfetched.get()).then_some((since, *number, seat))
        });
        let (_, number, seat) = waiting.min_by_key(|(since, _, _)| *since)?;
        Some((number, Rc::clone(seat)))
    }

    fn tick(&self) -> u64 {
        let number = self.next.get();
        self.next.set(number.wrapping_add(1));
        number
    }
}

impl Seated {
    /// A request has come.
    pub(super) fn busy(self: &Rc<Self>) -> Busy {
        self.seat.waiting_since.set(None);
        Busy(Rc::clone(self))
    }

    /// Says whether the caller has not fetched all of the answer.
    pub(super) fn set_unfetched(&self, unfetched: bool) {
        self.seat.unfetched.set(unfetched);
        if !unfetched {
            self.seats.room.notify_one();
        }
    }

    /// Whether it waits for a request, and everything before is fetched.
    pub(super) fn is_waiting(&self) -> bool {
        self.seat.waiting_since.get().is_some() && !self.seat.unfetched.get()
    }

    /// Returns when the seat is given to somebody else.
    pub(super) async fn taken_away(&self) {
        self.seat.leave.notified().await;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let seated = &self.0;
        let now = seated.seats.tick();
        seated.seat.waiting_since.set(Some(now));
        seated.seats.room.notify_one();
    }
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.seats.taken.borrow_mut().remove(&self.number);
        self.seats.room.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;
    use tokio::task::{LocalSet, spawn_local, yield_now};

    use super::*;

    #[test]
    fn who_has_waited_longest_makes_room_and_who_is_answered_keeps_the_seat() {
        let runtime = Builder::new_current_thread().build().unwrap();
        LocalSet::new().block_on(&runtime, async {
            let seats = Seats::new(2);
            let first = seats.take().await;
            let second = seats.take().await;
            drop(first.busy());
            // The first has waited since its request, the second from the beginning.
            let third = seats.take().await;
            second.taken_away().await;
            let (one, other) = (first.busy(), third.busy());
            let waiting = spawn_local({
                let seats = Rc::clone(&seats);
                async move { seats.take().await }
            });
            yield_now().await;
            assert!(!waiting.is_finished(), "nobody can make room");
            first.set_unfetched(true);
            drop(one);
            yield_now().await;
            assert!(!waiting.is_finished(), "its answer is not fetched");
            first.set_unfetched(false);
            let fourth = waiting.await.unwrap();
            first.taken_away().await;
            drop((second, first, third, other));
            assert_eq!(seats.taken.borrow().len(), 1);
            drop(fourth);
            assert_eq!(seats.taken.borrow().len(), 0);
        });
    }
}
