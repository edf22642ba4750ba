//! The single-flight under many interleavings: the same code with the locks of a scheduler.

mod sync {
    pub(super) use std::sync::PoisonError;

    pub(super) use shuttle::sync::{Arc, Mutex, MutexGuard};
}

#[path = "../flight.rs"]
#[expect(dead_code, reason = "the cache uses the rest")]
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

/// The requests that are being sent now, and all of them.
#[derive(Default)]
struct Requests {
    now: AtomicUsize,
    all: AtomicUsize,
}

impl Requests {
    /// Sends one; the answer is its number.
    async fn send(&self, lead: Lead<u8, Number>, fates: &[Fate]) -> Option<Number> {
        assert_eq!(self.now.fetch_add(1, SeqCst), 0, "two leaders");
        let number = self.all.fetch_add(1, SeqCst);
        shuttle::future::yield_now().await;
        self.now.fetch_sub(1, SeqCst);
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
    match flights.join(&0) {
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

/// Runs tasks, of which some give up; all others end, which shuttle checks, and nothing is left.
fn run(tasks: usize, impatient: usize, fates: &'static [Fate], detach: bool) {
    let scenario = move || {
        let flights = Flights::new();
        // A detached flight and the new one may be led at the same time.
        let requests = [Arc::new(Requests::default()), Arc::new(Requests::default())];
        let work: Vec<_> = (0..tasks + impatient)
            .map(|number| {
                let flights = flights.clone();
                let requests = Arc::clone(&requests[0]);
                spawn(async move {
                    if number < impatient {
                        give_up(participate(&flights, &requests, fates)).await;
                    } else {
                        participate(&flights, &requests, fates).await;
                    }
                })
            })
            .collect();
        if detach {
            flights.detach(|_| true);
            let (flights, requests) = (flights.clone(), Arc::clone(&requests[1]));
            block_on(async move { participate(&flights, &requests, &[]).await });
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
