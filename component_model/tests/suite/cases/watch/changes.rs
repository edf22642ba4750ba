//! Changes while all is well.

use std::time::Duration;

use component_model::{Answer, Asked, Source as _, Version};
use futures_util::future::join;

use super::told::{Told, Watch};
use crate::member::{Content::Text, Watching};

/// An update, a deletion and a new value under the same key are told one after another.
pub(crate) async fn watch_changes<M: Watching>() {
    let member = testbed::require!(M::start(&[("a", Text("1")), ("b", Text("1"))]).await);
    let source = member.watchable();
    let mut watch = Watch::of::<M>(&source, &["a", "b", "c"]);
    watch.goes_to("a", Told::text("1")).await;
    watch.goes_to("b", Told::text("1")).await;
    watch.goes_to("c", Told::Absent).await;

    member.write(&[("a", "2")]).await;
    watch.goes_to("a", Told::text("2")).await;
    member.delete("a").await;
    watch.goes_to("a", Told::Absent).await;
    member.write(&[("a", "3")]).await;
    watch.goes_to("a", Told::text("3")).await;
    // The same value again is a value again.
    member.delete("a").await;
    watch.goes_to("a", Told::Absent).await;
    member.write(&[("a", "3")]).await;
    watch.goes_to("a", Told::text("3")).await;

    member.write(&[("c", "1"), ("b", "2")]).await;
    watch.goes_to("c", Told::text("1")).await;
    watch.goes_to("b", Told::text("2")).await;
}

/// What is known is not told; the rest is.
pub(crate) async fn watch_from_version<M: Watching>() {
    let member = testbed::require!(M::start(&[("a", Text("1")), ("b", Text("1"))]).await);
    let source = member.watchable();
    let [a, b] = ["a", "b"].map(|key| M::request(&source, key));
    let old = version(source.fetch(Asked::new(b.query())).await);
    member.write(&[("b", "2")]).await;
    let known = version(source.fetch(Asked::new(a.query())).await);

    let mut watch = Watch::since::<M>(&source, &[("a", known), ("b", old)]);
    watch.goes_to("b", Told::text("2")).await;
    watch.listens(Duration::from_millis(300)).await;
    assert_eq!(watch.of_key("a").next(), None);
    member.write(&[("b", "3")]).await;
    watch.goes_to("b", Told::text("3")).await;
    member.write(&[("a", "2")]).await;
    watch.reaches("a", &Told::text("2")).await;
}

fn version(answer: Answer) -> Option<Version> {
    let version = answer.unwrap().version().cloned();
    assert!(version.is_some(), "the source has no versions");
    version
}

/// Many keys share few connections, and a change of each is told.
pub(crate) async fn watch_many<M: Watching>() {
    const KEYS: usize = 100;
    let names: Vec<String> = (0..KEYS).map(|number| format!("key{number}")).collect();
    let member = testbed::require!(M::start(&[("key7", Text("1"))]).await);
    let source = member.watchable();
    let before = member.held().await;
    let keys: Vec<_> = names.iter().map(String::as_str).collect();
    let mut watch = Watch::of::<M>(&source, &keys);
    for key in &keys {
        let state = if *key == "key7" { Told::text("1") } else { Told::Absent };
        watch.reaches(key, &state).await;
    }
    let changes: Vec<_> = keys.iter().rev().map(|key| (*key, "2")).collect();
    let (_, ()) = join(watch.reaches("key0", &Told::text("2")), member.write(&changes)).await;
    for key in &keys {
        watch.reaches(key, &Told::text("2")).await;
    }
    let held = member.held().await.saturating_sub(before);
    assert!(held <= M::CONNECTIONS, "{held} connections");
}

/// As many changes as nobody can follow.
const BURST: usize = 1000;

/// The most changes of one key that may wait for a reader.
const QUEUED: usize = 16;

/// The last of many changes is told. A reader that was away gets few of them; to one that listens they come in order.
pub(crate) async fn watch_burst<M: Watching>() {
    let member = testbed::require!(M::start(&[("a", Text("0")), ("b", Text("0"))]).await);
    let source = member.watchable();
    let texts: Vec<String> = (1..=2 * BURST).map(|number| number.to_string()).collect();
    let changes: Vec<_> = texts.iter().map(|text| ("a", text.as_str())).collect();
    let (first, second) = changes.split_at(BURST);
    let mut watch = Watch::started::<M>(&source, &[("a", "0"), ("b", "0")]).await;

    member.write(first).await;
    member.write(&[("b", "1")]).await;
    let told = watch.reaches("a", &Told::text(&texts[BURST - 1])).await;
    assert!(told <= QUEUED, "{told} changes were queued: {watch:?}");
    watch.reaches("b", &Told::text("1")).await;

    join(member.write(second), watch.reaches("a", &Told::text(&texts[2 * BURST - 1]))).await;
    watch.is_in_order();
}

/// A value that is wrong for its reader does not end the watch.
pub(crate) async fn watch_wrong_value<M: Watching>() {
    let member = testbed::require!(M::start(&[("a", Text("1"))]).await);
    let source = member.watchable();
    let mut watch = Watch::started::<M>(&source, &[("a", "1")]).await;
    for number in ["2", "3"] {
        member.write_wrong("a").await;
        watch.changes("a").await;
        member.write(&[("a", number)]).await;
        watch.reaches("a", &Told::text(number)).await;
    }
}
