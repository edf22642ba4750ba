//! A thousand tasks on several threads, of which some are cancelled and some panic.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::*;
use crate::cache::Followed;

const TASKS: usize = 1_000;
const KEYS: usize = 7;

#[derive(Default)]
struct Requests {
    now: [AtomicUsize; KEYS],
    all: AtomicUsize,
}

/// Counts a request until it is dropped.
struct Sent<'r>(&'r AtomicUsize);

impl<'r> Sent<'r> {
    fn new(requests: &'r Requests, key: usize) -> Self {
        requests.all.fetch_add(1, SeqCst);
        assert_eq!(requests.now[key].fetch_add(1, SeqCst), 0, "two leaders");
        Self(&requests.now[key])
    }
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

async fn ask(cache: &Cache, requests: &Requests, number: usize) {
    let name = (number % KEYS).to_string();
    let leader = match join(cache, &name) {
        Flight::Lead(lead) => lead,
        Flight::Follow(follower) => match follower.await {
            Followed::Lead(lead) => lead,
            Followed::Answer(answer) => {
                assert_eq!(text(&answer.unwrap()), Some(&*name));
                return;
            }
        },
    };
    // After `leader`, so that it is dropped before the lead goes to somebody else.
    let sent = Sent::new(requests, number % KEYS);
    tokio::time::sleep(Duration::from_millis(1)).await;
    if number.is_multiple_of(5) {
        // A panic without a message.
        std::panic::resume_unwind(Box::new(()));
    }
    drop(sent);
    leader.finish(&Ok(found(&name)), None, Instant::now()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cancelled_and_panicking_leaders_hold_up_nobody() {
    let (cache, requests) = (cache(), Arc::new(Requests::default()));
    let tasks: Vec<_> = (0..TASKS)
        .map(|number| {
            let (cache, requests) = (cache.clone(), Arc::clone(&requests));
            let task = tokio::spawn(async move { ask(&cache, &requests, number).await });
            if number.is_multiple_of(3) {
                let abort = task.abort_handle();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_micros(number as u64)).await;
                    abort.abort();
                });
            }
            (number, task)
        })
        .collect();
    for (number, task) in tasks {
        let result = tokio::time::timeout(SECOND * 30, task).await.expect("a task waits forever");
        let may_fail = number.is_multiple_of(3) || number.is_multiple_of(5);
        assert!(result.is_ok() || may_fail, "{number}: {result:?}");
    }
    let stats = cache.stats();
    assert_eq!((stats.in_flight, stats.entries), (0, KEYS as u64));
    assert_eq!(stats.flights, requests.all.load(SeqCst) as u64);
}
