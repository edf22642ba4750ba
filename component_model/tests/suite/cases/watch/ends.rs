//! The end of a watch.

use std::{sync::Arc, time::Duration};

use component_model::{Asked, ErrorKind, Source as _};
use futures_util::future::join_all;
use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};

use super::told::{Told, Watch};
use crate::member::{Content::Text, Watching};

/// A watch that is dropped leaves nothing: no connection on the server, no task of the client.
pub(crate) async fn watch_dropped<M: Watching>() {
    let member = testbed::require!(M::start(&[("a", Text("1")), ("b", Text("1"))]).await);
    let source = member.watchable();
    // What fetches keep is not the watch's.
    let requests = ["a", "b"].map(|key| M::request(&source, key));
    join_all(requests.iter().map(|request| source.fetch(Asked::new(request.query())))).await;
    let before = Left::by(&member).await;

    drop(Watch::of::<M>(&source, &["a", "b"]));
    for told in ["1", "2", "3"] {
        member.write(&[("a", told)]).await;
        let watch = Watch::started::<M>(&source, &[("a", told), ("b", "1")]).await;
        member.write(&[("b", "1")]).await;
        drop(watch);
    }
    before.is_all_that_is_left(&member).await;
}

/// A shutdown ends a watch, with no other error than that.
pub(crate) async fn watch_shut_down<M: Watching>() {
    let member = testbed::require!(M::start(&[("a", Text("1"))]).await);
    let source = member.watchable();
    let mut watch = Watch::started::<M>(&source, &[("a", "1")]).await;
    Arc::clone(&source).shutdown().await;
    while watch.next().await {}
    let errors = watch.errors("a");
    assert!(errors.iter().all(|kind| *kind == ErrorKind::ShutDown), "{watch:?}");
    // One that begins afterwards tells nothing of the values either.
    let mut late = Watch::of::<M>(&source, &["a"]);
    while late.next().await {}
    assert!(late.of_key("a").all(|told| *told == Told::Failed(ErrorKind::ShutDown)), "{late:?}");
}

/// What is open at the server, and the tasks of this runtime.
#[derive(Debug, Clone, Copy)]
struct Left {
    held: usize,
    tasks: usize,
}

impl Left {
    async fn by<M: Watching>(member: &M) -> Self {
        Self { held: member.held().await, tasks: Handle::current().metrics().num_alive_tasks() }
    }

    /// Servers take a moment to notice.
    async fn is_all_that_is_left<M: Watching>(self, member: &M) {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let left = Self::by(member).await;
            if left.held <= self.held && left.tasks <= self.tasks {
                return;
            }
            assert!(Instant::now() < end, "{left:?}, before the watches {self:?}");
            sleep(Duration::from_millis(50)).await;
        }
    }
}
