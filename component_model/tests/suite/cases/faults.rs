//! Servers that are slow, gone, back, or talk nonsense. Each failure is classified, within the timeout of an attempt, and
//! the same `Sources` serves again once the fault is over.

use std::time::{Duration, Instant};

use component_model::{ErrorKind, prelude::*};
use futures_util::future::join_all;

use super::{ENTRIES, PORT, Port};
use crate::{
    check::{DEFAULT_TIMEOUT, Failure},
    member::{Hanging, Killable, MARGIN, Member, Mortal, Networked},
};

#[derive(Debug, AsyncAssign)]
struct Hasty {
    #[component(fetch_from = "source", key = "port", timeout = "300ms")]
    port: u16,
}

#[derive(Debug, AsyncAssign)]
struct Unhurried {
    #[component(fetch_from = "source", key = "port", timeout = "5s")]
    #[allow(dead_code)]
    port: u16,
}

#[derive(Debug, AsyncAssign)]
struct Patient {
    #[component(fetch_from = "source", key = "port", timeout = "20s")]
    port: u16,
}

const TIMEOUT: Duration = Duration::from_millis(300);

async fn serves(sources: &Sources) {
    assert_eq!(Port::fetch_all_components_from(sources).await.unwrap().port, 8080);
}

/// A fetch ends with this failure, and no later than the attempt may take.
async fn fails_with<M: Member>(member: &M, sources: &Sources, kind: ErrorKind, transient: bool) {
    let started = Instant::now();
    let errors = Port::fetch_all_components_from(sources).await.unwrap_err();
    let elapsed = started.elapsed();
    let locator = &member.locator("port");
    Failure { component: PORT, locator, kind, transient, timeout: DEFAULT_TIMEOUT }.check(member, sources, &errors);
    assert!(elapsed < DEFAULT_TIMEOUT + MARGIN, "{elapsed:?}");
}

async fn times_out<M: Member>(member: &M, sources: &Sources) {
    let started = Instant::now();
    let errors = Hasty::fetch_all_components_from(sources).await.unwrap_err();
    let elapsed = started.elapsed();
    assert!(errors[0].is_timeout(), "{errors}");
    assert!(elapsed >= TIMEOUT && elapsed < TIMEOUT + MARGIN, "{elapsed:?}");
    let expected = Failure {
        component: "Hasty.port: u16",
        locator: &member.locator("port"),
        kind: ErrorKind::Timeout,
        transient: true,
        timeout: TIMEOUT,
    };
    expected.check(member, sources, &errors);
}

/// A server that is slow and within the timeout is waited for.
pub(crate) async fn delayed<M: Networked>() {
    let member = testbed::require!(M::start(ENTRIES).await);
    member.proxy().delay(Duration::from_millis(40)).await.unwrap();
    serves(&member.sources()).await;
}

/// A server that never answers costs the time of the attempt and no more, and serves when it answers again.
pub(crate) async fn slow<M: Hanging>() {
    let mut member = testbed::require!(M::start(ENTRIES).await);
    let sources = member.sources();
    member.hang().await;
    times_out(&member, &sources).await;
    times_out(&member, &sources).await;
    member.go_on().await;
    serves(&sources).await;
}

/// A connection that worked and now carries nothing is given up at the timeout and not used again.
pub(crate) async fn half_open<M: Networked>() {
    let member = testbed::require!(M::start(ENTRIES).await);
    let sources = member.sources();
    serves(&sources).await;
    member.proxy().stall().await.unwrap();
    times_out(&member, &sources).await;
    member.proxy().refuse().await.unwrap();
    member.proxy().heal().await.unwrap();
    serves(&sources).await;
    assert_eq!(Hasty::fetch_all_components_from(&sources).await.unwrap().port, 8080);
}

/// Connections that went silent, as many as the source keeps, cost one failed attempt at most, and then new ones serve.
pub(crate) async fn silent<M: Networked>() {
    let member = testbed::require!(M::start(ENTRIES).await);
    let sources = member.sources();
    warm(&member, &sources).await;
    member.proxy().silence();
    let mut failed = 0;
    for _ in 0..WARM {
        failed += usize::from(Port::fetch_all_components_from(&sources).await.is_err());
    }
    assert!(failed <= 1, "{failed} of {WARM} fetches failed");
    // The same with all at once: each may have been under way on a silent connection, but nobody meets a second one.
    warm(&member, &sources).await;
    member.proxy().silence();
    at_once(&sources).await;
    let failed = at_once(&sources).await;
    assert_eq!(failed, 0, "{failed} of {WARM} fetches failed again");
}

/// Connections that were ended while they were idle, as many as the source keeps, cost no attempt.
pub(crate) async fn ended_while_idle<M: Networked>() {
    let member = testbed::require!(M::start(ENTRIES).await);
    let sources = member.sources();
    for at_once in [1, WARM] {
        warm(&member, &sources).await;
        // It closes the open connections.
        member.proxy().refuse().await.unwrap();
        member.proxy().heal().await.unwrap();
        for fetched in join_all((0..at_once).map(|_| Patient::fetch_all_components_from(&sources))).await {
            assert_eq!(fetched.unwrap().port, 8080);
        }
    }
}

/// As many connections as a source keeps.
const WARM: usize = 16;

/// Opens connections by fetches that run at the same time, each held up a little: signing in takes several round trips.
async fn warm<M: Networked>(member: &M, sources: &Sources) {
    member.proxy().delay(Duration::from_millis(50)).await.unwrap();
    for fetched in join_all((0..WARM).map(|_| Patient::fetch_all_components_from(sources))).await {
        assert_eq!(fetched.unwrap().port, 8080);
    }
    member.proxy().heal().await.unwrap();
}

/// How many of several fetches at once fail.
async fn at_once(sources: &Sources) -> usize {
    let fetches = (0..WARM).map(|_| Unhurried::fetch_all_components_from(sources));
    join_all(fetches).await.iter().filter(|fetched| fetched.is_err()).count()
}

/// A connection that is cut in the middle of an answer is unreachable: time may heal it.
pub(crate) async fn cut<M: Networked>() {
    let member = testbed::require!(M::start(ENTRIES).await);
    for bytes in [0, 1, 20] {
        let sources = member.sources();
        member.proxy().cut(bytes).await.unwrap();
        fails_with(&member, &sources, ErrorKind::Unreachable, true).await;
        member.proxy().heal().await.unwrap();
        serves(&sources).await;
        member.proxy().cut(bytes).await.unwrap();
        fails_with(&member, &sources, ErrorKind::Unreachable, true).await;
        member.proxy().heal().await.unwrap();
        serves(&sources).await;
    }
}

/// Where something else than the server answers, it is unreachable: time may heal it.
pub(crate) async fn garbage<M: Networked>() {
    let member = testbed::require!(M::start(ENTRIES).await);
    let sources = member.sources();
    member.proxy().garbage().await.unwrap();
    fails_with(&member, &sources, ErrorKind::Unreachable, true).await;
    member.proxy().heal().await.unwrap();
    serves(&sources).await;
}

/// A server that was stopped is classified, and when it is back the same sources serve at once.
pub(crate) async fn gone_and_back<M: Mortal>() {
    let mut member = testbed::require!(M::alone(ENTRIES).await);
    let sources = member.sources();
    serves(&sources).await;
    member.stop().await;
    gone(&member, &sources).await;
    gone(&member, &sources).await;
    member.start_again().await;
    serves(&sources).await;
}

/// The same after a crash.
pub(crate) async fn killed_and_back<M: Killable>() {
    let mut member = testbed::require!(M::alone(ENTRIES).await);
    let sources = member.sources();
    serves(&sources).await;
    member.kill().await;
    gone(&member, &sources).await;
    member.start_again().await;
    serves(&sources).await;
}

async fn gone<M: Mortal>(member: &M, sources: &Sources) {
    fails_with(member, sources, M::GONE, M::GONE == ErrorKind::Unreachable).await;
}
