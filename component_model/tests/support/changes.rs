//! What a watch tells, in the words of a test.

use std::{collections::HashMap, sync::Arc, time::Duration};

use component_model::{BoxStream, Change, ErrorKind, Polling, Reply, Request, Source, Value, watch};
use futures_util::StreamExt as _;

/// What a change says of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Told {
    Text(String),
    Map(Vec<String>),
    Absent,
    Unchanged,
    Failed(ErrorKind),
    Resynchronised,
}

pub(crate) fn text(text: &str) -> Told {
    Told::Text(text.to_owned())
}

/// The changes of some requests, as the engine watches them.
pub(crate) struct Changes(pub(crate) BoxStream<'static, Change>);

impl Changes {
    pub(crate) fn of<S: Source + Clone>(source: &S, requests: Vec<Request<S::Query>>) -> Self {
        let requests = requests.into_iter().map(|request| (request, None)).collect();
        Self(watch(&Arc::new(source.clone()), requests, Polling::every(Duration::from_secs(3600))))
    }

    pub(crate) async fn next(&mut self) -> (usize, Told) {
        self.within(Duration::from_secs(30)).await.expect("no change was told")
    }

    /// The next change, if there is one in time.
    pub(crate) async fn within(&mut self, limit: Duration) -> Option<(usize, Told)> {
        let change = tokio::time::timeout(limit, self.0.next()).await.ok()?.expect("the watch has ended");
        Some(match change {
            Change::Answer { index, answer: Ok(Reply::Found(record)) } => match record.value() {
                Value::Text(text) => (index, Told::Text(text.clone())),
                Value::Map(members) => (index, Told::Map(members.iter().map(|(name, _)| name.clone()).collect())),
                other => panic!("{other:?}"),
            },
            Change::Answer { index, answer: Ok(Reply::Absent { .. }) } => (index, Told::Absent),
            Change::Answer { index, answer: Ok(_) } => (index, Told::Unchanged),
            Change::Answer { index, answer: Err(error) } => (index, Told::Failed(error.kind())),
            _ => (usize::MAX, Told::Resynchronised),
        })
    }

    /// What is told first of so many requests.
    pub(crate) async fn state(&mut self, requests: usize) -> HashMap<usize, Told> {
        let mut state = HashMap::new();
        while state.len() < requests {
            let (index, told) = self.next().await;
            assert!(state.insert(index, told).is_none(), "{index} was told twice");
        }
        state
    }

    /// Skips what is told until a request is told to be in a state; fails if it takes too long.
    pub(crate) async fn until(&mut self, index: usize, told: &Told) -> Vec<(usize, Told)> {
        let mut before = Vec::new();
        loop {
            match self.next().await {
                (at, last) if at == index && last == *told => return before,
                other => before.push(other),
            }
        }
    }

    /// Nothing is told for a while.
    pub(crate) async fn silent(&mut self, limit: Duration) {
        let told = self.within(limit).await;
        assert_eq!(told, None);
    }
}
