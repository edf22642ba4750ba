//! Watches requests by streams of etcd, each of which tells the changes of a range.
//!
//! What always holds: a watch has few connections, of its own, and none after it was dropped; a stream begins right after the
//! change up to which everything was read, so that no update is lost; a stream that went silent is noticed, although nothing
//! changes.

mod check;
mod part;
mod ranges;
mod stream;

use std::sync::Arc;

use component_model_source::{BoxStream, Change, Watched};

use self::{part::Part, ranges::divide};
use super::{
    client::Client,
    query::{Consistency, EtcdQuery},
};
use crate::watching;

/// The changes of some requests. They are read linearizably: a member that lags would tell of values that were replaced already.
pub(super) fn watch(client: &Client, watched: Vec<Watched<EtcdQuery>>) -> BoxStream<'static, Change> {
    let query = |query: EtcdQuery| EtcdQuery { consistency: Consistency::Linearizable, ..query };
    let (watched, known): (Vec<_>, _) =
        watched.into_iter().map(|watched| (query(watched.query), watched.known)).unzip();
    watching::watch(Streams { client: client.apart(), watched: watched.into() }, known)
}

/// What the streams of a watch have in common.
struct Streams {
    client: Client,
    watched: Arc<[EtcdQuery]>,
}

impl watching::Watch for Streams {
    type Part = Part;

    fn parts(&self) -> Vec<Part> {
        let part = |requests| Part::new(self.client.clone(), &self.watched, requests);
        divide(&self.watched).into_iter().map(part).collect()
    }

    async fn closed(&self) {
        self.client.closed().await;
    }
}
