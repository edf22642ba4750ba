//! The default sources: created by [`Sources::from_env`], once for each runtime.
//!
//! What always holds: a runtime's default is dropped with the runtime, and is never given to another one. Connections
//! belong to the runtime that drives them: if two runtimes shared them, the one that ends later would lose them.

use std::{
    collections::HashMap,
    future,
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
};

use tokio::{
    runtime::{Handle, Id},
    task::AbortHandle,
};

use super::{Inner, Sources, SourcesBuilder};

/// The default of each running runtime. The sources themselves are owned by a task of that runtime.
static DEFAULTS: LazyLock<Mutex<HashMap<Id, Kept>>> = LazyLock::new(Mutex::default);

/// The default of one runtime.
struct Kept {
    sources: Weak<Inner>,
    /// The task that owns the sources; it ends with its runtime.
    keeper: AbortHandle,
}

impl Kept {
    /// Gives the sources to a task that never ends by itself.
    fn new(runtime: &Handle, sources: &Sources) -> Self {
        let kept = sources.clone();
        let keeper = runtime.spawn(async move {
            future::pending::<()>().await;
            drop(kept);
        });
        Self { sources: Arc::downgrade(&sources.0), keeper: keeper.abort_handle() }
    }

    /// The sources, unless they were shut down or their runtime has ended: a program may hold them for longer, and a new
    /// runtime may have the same id.
    fn get(&self) -> Option<Sources> {
        let sources = self.sources.upgrade().map(Sources).filter(|sources| !sources.is_shut_down())?;
        (!self.keeper.is_finished()).then_some(sources)
    }
}

/// The default sources of the current runtime; new sources outside any runtime.
pub(super) fn of_the_runtime() -> Sources {
    match Handle::try_current() {
        Ok(runtime) => of(&runtime),
        Err(_) => new(),
    }
}

fn new() -> Sources {
    SourcesBuilder::from_env().by_default().build()
}

fn of(runtime: &Handle) -> Sources {
    let known = |defaults: &HashMap<Id, Kept>| defaults.get(&runtime.id()).and_then(Kept::get);
    if let Some(sources) = known(&DEFAULTS.lock().unwrap_or_else(PoisonError::into_inner)) {
        return sources;
    }
    // Without the lock: a client that is set up may read a file, such as that of PGPASSFILE.
    let sources = new();
    let mut defaults = DEFAULTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sources) = known(&defaults) {
        return sources;
    }
    let ended: Vec<_> = defaults.extract_if(|_, kept| kept.get().is_none()).map(|(_, kept)| kept).collect();
    defaults.insert(runtime.id(), Kept::new(runtime, &sources));
    // Without the lock: a task may be dropped here, and its sources with it.
    drop(defaults);
    ended.iter().for_each(|kept| kept.keeper.abort());
    sources
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::runtime::{Builder, Runtime};

    use super::*;

    fn runtime() -> Runtime {
        Builder::new_current_thread().build().unwrap()
    }

    #[tokio::test]
    async fn a_runtime_has_one_default() {
        let first = Sources::current();
        assert!(Arc::ptr_eq(&first.0, &Sources::current().0));
        let spawned = tokio::spawn(async { Sources::current() }).await.unwrap();
        assert!(Arc::ptr_eq(&first.0, &spawned.0));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn tasks_that_ask_at_once_get_the_same_default() {
        let tasks: Vec<_> = (0..100).map(|_| tokio::spawn(async { Sources::current() })).collect();
        let first = Sources::current();
        for task in tasks {
            assert!(Arc::ptr_eq(&first.0, &task.await.unwrap().0));
        }
    }

    #[test]
    fn no_runtime_gets_the_default_of_another_and_none_outlives_its_own() {
        let first = runtime();
        let of_first = Arc::downgrade(&first.block_on(async { Sources::current() }).0);
        let second = runtime();
        let of_second = Arc::downgrade(&second.block_on(async { Sources::current() }).0);
        assert!(!Weak::ptr_eq(&of_first, &of_second));
        assert!(of_first.upgrade().is_some());
        drop(first);
        assert!(of_first.upgrade().is_none() && of_second.upgrade().is_some());
    }

    #[test]
    fn sources_that_outlive_their_runtime_are_not_its_default_any_more() {
        let ended = runtime();
        let (id, held) = ended.block_on(async { (Handle::current().id(), Sources::current()) });
        drop(ended);
        let defaults = DEFAULTS.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(defaults.get(&id).is_none_or(|kept| kept.get().is_none()));
        drop(held);
    }

    #[test]
    fn runtimes_that_ended_leave_nothing_behind() {
        for _ in 0..100 {
            thread::spawn(|| runtime().block_on(async { drop(Sources::current()) })).join().unwrap();
        }
        // Other tests have their own runtimes at the same time.
        assert!(DEFAULTS.lock().unwrap_or_else(PoisonError::into_inner).len() < 50);
    }

    #[tokio::test]
    async fn a_default_that_is_shut_down_is_replaced() {
        let first = Sources::current();
        first.shutdown().await;
        let second = Sources::current();
        assert!(!Arc::ptr_eq(&first.0, &second.0) && !second.is_shut_down());
        assert!(Arc::ptr_eq(&second.0, &Sources::current().0));
    }

    #[tokio::test]
    async fn defaults_that_are_shut_down_leave_no_task_and_no_sources_behind() {
        let mut ended = Vec::new();
        for _ in 0..10 {
            let sources = Sources::current();
            sources.shutdown().await;
            ended.push(Arc::downgrade(&sources.0));
        }
        let current = Sources::current();
        tokio::task::yield_now().await;
        assert_eq!(Handle::current().metrics().num_alive_tasks(), 1);
        assert!(ended.iter().all(|sources| sources.upgrade().is_none()) && !current.is_shut_down());
    }

    #[test]
    fn outside_of_a_runtime_there_are_new_sources() {
        assert!(!Arc::ptr_eq(&Sources::current().0, &Sources::current().0));
    }
}
