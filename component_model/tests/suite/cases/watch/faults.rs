//! Watches that lose their server or their connection. What changed meanwhile is told afterwards, in order, and then the
//! watch goes on.

use std::time::Duration;

use futures_util::future::join;

use super::told::{Told, Watch};
use crate::member::{Content::Text, Entry, MARGIN, Mortal, Networked, Watching};

/// How long a connection is cut.
const CUT: Duration = Duration::from_secs(10);

/// The longest that a connection that carries nothing may go unnoticed, and until there is a new one.
const NOTICED: Duration = Duration::from_secs(15);

const KEYS: [(&str, &str); 4] = [("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")];

const ENTRIES: &[Entry] = &[("a", Text("1")), ("b", Text("1")), ("c", Text("1")), ("d", Text("1"))];

/// After a restart of the server the watch tells what changes.
pub(crate) async fn watch_restart<M: Watching + Mortal>() {
    let mut member = testbed::require!(M::alone(ENTRIES).await);
    let source = member.watchable();
    let mut watch = Watch::started::<M>(&source, &KEYS).await;
    member.write(&[("a", "2")]).await;
    watch.reaches("a", &Told::text("2")).await;
    for number in ["3", "4"] {
        // The stream is also polled while the server is gone.
        join(member.stop(), watch.listens(Duration::from_secs(2))).await;
        join(member.start_again(), watch.listens(Duration::from_millis(100))).await;
        member.write(&[("a", number), ("d", number)]).await;
        watch.reaches("a", &Told::text(number)).await;
        watch.reaches("d", &Told::text(number)).await;
        watch.recovers().await;
    }
    member.delete("d").await;
    watch.reaches("d", &Told::Absent).await;
    watch.is_in_order();
}

/// Changes during a cut are told after it: updates, a deletion, a new key.
pub(crate) async fn watch_cut<M: Watching + Networked>() {
    let member = testbed::require!(M::start(ENTRIES).await);
    let source = member.watchable();
    let mut watch = Watch::started::<M>(&source, &KEYS).await;
    member.write(&[("a", "2")]).await;
    watch.reaches("a", &Told::text("2")).await;

    member.proxy().refuse().await.unwrap();
    let changes = async {
        member.write(&[("b", "2"), ("a", "3"), ("b", "3")]).await;
        member.delete("c").await;
    };
    join(changes, watch.listens(CUT)).await;
    for key in watch.keys() {
        assert!(!watch.errors(&key).is_empty(), "the cut was not told of {key}: {watch:?}");
    }

    member.proxy().heal().await.unwrap();
    for (key, state) in [("a", Told::text("3")), ("b", Told::text("3")), ("c", Told::Absent)] {
        watch.reaches(key, &state).await;
    }
    watch.recovers().await;
    member.write(&[("d", "2"), ("c", "4"), ("a", "4")]).await;
    for (key, number) in [("d", "2"), ("c", "4"), ("a", "4")] {
        watch.reaches(key, &Told::text(number)).await;
    }
    watch.is_in_order();
}

/// A connection that carries nothing any more is noticed, and the change that it does not carry comes by another one.
pub(crate) async fn watch_silent<M: Watching + Networked>() {
    let member = testbed::require!(M::start(ENTRIES).await);
    let source = member.watchable();
    let mut watch = Watch::started::<M>(&source, &KEYS).await;
    for number in ["2", "3"] {
        member.proxy().silence();
        member.write(&[("a", number), ("d", number)]).await;
        let seen = async {
            watch.reaches("a", &Told::text(number)).await;
            watch.reaches("d", &Told::text(number)).await;
        };
        let seen = tokio::time::timeout(NOTICED + MARGIN, seen).await;
        assert!(seen.is_ok(), "not noticed within {NOTICED:?}: {watch:?}");
        watch.recovers().await;
    }
    watch.is_in_order();
}
