//! Many at once, from one runtime or from many.

use component_model::prelude::*;
use futures_util::future::join_all;
use tokio::runtime::Builder;

use super::ENTRIES;
use crate::member::Member;

/// A load takes as long as the machine needs.
#[derive(Debug, AsyncAssign)]
struct Port {
    #[component(fetch_from = "source", key = "port", timeout = "120s")]
    port: u16,
}

/// Two hundred fetches through one `Sources` at once, more than a source opens connections, are all served: first
/// without a connection, then with those that are kept.
pub(crate) async fn load<M: Member>() {
    const AT_ONCE: usize = 200;
    let member = testbed::require!(M::start(ENTRIES).await);
    let sources = member.sources();
    for round in ["cold", "warm"] {
        all_served(round, join_all((0..AT_ONCE).map(|_| Port::fetch_all_components_from(&sources))).await);
    }
}

/// One `Sources` serves many short runtimes, one after another and at the same time, each of which ends while a fetch
/// is under way.
pub(crate) async fn many_runtimes<M: Member>() {
    let member = testbed::require!(M::start(ENTRIES).await);
    let sources = member.sources();
    let threads = (0..4).map(|_| {
        let sources = sources.clone();
        tokio::task::spawn_blocking(move || (0..10).for_each(|_| in_a_runtime_of_its_own(&sources)))
    });
    // The member's server may run on this runtime, which must not wait for the threads.
    join_all(threads).await.into_iter().for_each(|thread| thread.unwrap());
}

fn in_a_runtime_of_its_own(sources: &Sources) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let dropped = sources.clone();
        drop(tokio::spawn(async move { Port::fetch_all_components_from(&dropped).await }));
        all_served("a runtime", join_all((0..3).map(|_| Port::fetch_all_components_from(sources))).await);
    });
}

fn all_served(round: &str, fetched: Vec<Result<Port, ComponentErrors>>) {
    let all = fetched.len();
    let errors: Vec<_> = fetched.iter().filter_map(|fetched| fetched.as_ref().err()).collect();
    assert!(errors.is_empty(), "{round}: {} of {all} failed: {}", errors.len(), errors[0]);
    assert!(fetched.iter().flatten().all(|fetched| fetched.port == 8080), "{round}");
}
