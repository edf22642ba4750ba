//! The single-flight under many interleavings: the same code with the locks of a scheduler.

mod sync {
    pub(super) use std::sync::PoisonError;

    pub(super) use shuttle::sync::{Arc, Mutex, MutexGuard};
}

#[path = "../flight.rs"]
#[expect(dead_code, reason = "the cache uses the rest")]
#[allow(clippy::duplicate_mod, reason = "with other locks")]
mod flight;

use std::{future::Future, pin::pin, task::Poll};

use shuttle::{
    future::{block_on, spawn},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use self::flight::{Flights, Landing, Lead, Role};

const ITERATIONS: usize = 5_000;

type Number = usize;

/// What happens to the leaders, in their order.
#[derive(Clone, Copy)]
enum Fate {
    Lands,
    Leaves,
}

/// The requests that are being sent now, how many may be, and all of them.
struct Requests {
    now: AtomicUsize,
    most: usize,
    all: AtomicUsize,
}

/// Counts a request until it is dropped.
struct Sent<'r>(&'r Requests);

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, SeqCst);
    }
}

impl Requests {
    /// Sends one; the answer is its number. The argument is dropped last, so that the next leader finds no request.
    async fn send(&self, lead: Lead<u8, Number>, fates: &[Fate]) -> Option<Number> {
        assert!(self.now.fetch_add(1, SeqCst) < self.most, "too many leaders");
        let sent = Sent(self);
        let number = self.all.fetch_add(1, SeqCst);
        shuttle::future::yield_now().await;
        drop(sent);
        match fates.get(number).unwrap_or(&Fate::Lands) {
            Fate::Lands => {
                lead.land(number);
                Some(number)
            }
            Fate::Leaves => None,
        }
    }
}

async fn participate(flights: &Flights<u8, Number>, requests: &Requests, fates: &[Fate]) -> Option<Number> {
    match flights.join_many([&0]).remove(0) {
        Role::Lead(lead) => requests.send(lead, fates).await,
        Role::Follow(follow) => match follow.await {
            Landing::Answer(number) => Some(number),
            Landing::Lead(lead) => requests.send(lead, fates).await,
        },
    }
}

/// Polls a few times, then drops the future.
async fn give_up(future: impl Future) {
    let mut future = pin!(future);
    for _ in 0..2 {
        let ready = std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if ready {
            return;
        }
        shuttle::future::yield_now().await;
    }
}

/// Runs tasks, of which some give up; the others end, or shuttle reports a deadlock, and nothing is left.
fn run(tasks: usize, impatient: usize, fates: &'static [Fate], detach: bool) {
    let scenario = move || {
        let flights = Flights::new();
        // A detached flight and a new one may be led at the same time.
        let most = if detach { 2 } else { 1 };
        let requests = Arc::new(Requests { now: AtomicUsize::new(0), most, all: AtomicUsize::new(0) });
        let task = |number| {
            let (flights, requests) = (flights.clone(), Arc::clone(&requests));
            spawn(async move {
                let work = participate(&flights, &requests, fates);
                match number < impatient {
                    true => give_up(work).await,
                    false => assert!(work.await.is_some() || !fates.is_empty()),
                }
            })
        };
        let work: Vec<_> = (0..tasks + impatient).map(task).collect();
        if detach {
            flights.detach(|_| true);
        }
        for task in work {
            block_on(task).unwrap();
        }
        assert_eq!(flights.len(), 0, "a flight is left");
    };
    shuttle::check_random(scenario, ITERATIONS);
}

#[test]
fn there_is_one_leader_at_a_time_and_everybody_ends() {
    run(4, 0, &[], false);
}

#[test]
fn leaders_that_leave_hand_over() {
    run(4, 0, &[Fate::Leaves, Fate::Leaves], false);
}

#[test]
fn whoever_gives_up_holds_up_nobody() {
    run(2, 3, &[Fate::Leaves], false);
}

#[test]
fn a_detached_flight_ends_too() {
    run(3, 1, &[Fate::Leaves], true);
}
