//! Watches requests by blocking queries, which the server answers when something changes.
//!
//! What always holds: the watches of a source have few connections, apart from those of fetches, and none after they were
//! dropped; a query that failed is asked
//! again from the current state, so that no update is lost for good.

mod parts;
mod query;

use std::sync::Arc;

use component_model_source::{BoxStream, Change, Watched};

use self::{
    parts::divide,
    query::{Query, Round},
};
use super::{
    client::Client,
    query::{Consistency, ConsulQuery, Scope},
};
use crate::watching::{self, pace};

/// The changes of some requests. They are read consistently, unless they may be old by any time: a new leader answers other reads
/// while it still applies its log, and so with values that were replaced already, or with none.
pub(super) fn watch(client: &Client, watched: Vec<Watched<ConsulQuery>>) -> BoxStream<'static, Change> {
    let consistency = |consistency| match consistency {
        Consistency::Default | Consistency::Consistent => Consistency::Consistent,
        Consistency::Stale => Consistency::Stale,
    };
    let query = |ConsulQuery { scope, wanted }| {
        let scope = Scope { consistency: consistency(scope.consistency), ..scope };
        ConsulQuery { scope, wanted }
    };
    let (watched, known): (Vec<_>, _) =
        watched.into_iter().map(|watched| (query(watched.query), watched.known)).unzip();
    watching::watch(Blocking { client: client.apart(), watched: watched.into() }, known)
}

/// What the queries of a watch have in common.
struct Blocking {
    client: Client,
    watched: Arc<[ConsulQuery]>,
}

impl watching::Watch for Blocking {
    type Part = Query;

    fn parts(&self) -> Vec<Query> {
        let query = |part| Query::new(self.client.clone(), part, Arc::clone(&self.watched));
        divide(&self.watched).into_iter().map(query).collect()
    }

    async fn closed(&self) {
        self.client.closed().await;
    }
}

impl watching::Part for Query {
    async fn round(&mut self) -> watching::Round {
        let Round { answers, went_back } = Query::round(self).await;
        watching::Round { answers, starts_over: went_back }
    }

    fn was_told(&mut self, news: bool) {
        Query::was_told(self, news);
    }
}
