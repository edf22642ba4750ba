//! Some requests that one stream watches: read, then followed, and read again if the stream fails.

use std::{collections::HashMap, sync::Arc, time::Duration};

use component_model_source::{Answer, ErrorKind, SourceError};
use tokio::time::{Instant, sleep};

use super::{
    check::{Seen, Subject},
    ranges::{Index, covering},
    stream::{Step, Stream, Told},
};
use crate::{
    etcd::{
        client::Client,
        keys::{self, Read},
        query::EtcdQuery,
        source::answer,
        wire::{Counted, Header, Range, Watch},
    },
    watching::{self, Round, pace::Pace},
};

/// How often keys are read whose range the user may not watch.
const UNWATCHED: Duration = Duration::from_secs(2);

type Answers = Vec<(usize, Answer)>;

pub(super) struct Part {
    client: Client,
    watched: Arc<[EtcdQuery]>,
    /// The positions of its requests; not empty.
    requests: Vec<usize>,
    index: Arc<Index>,
    /// After which change the answer to each request holds.
    known: HashMap<usize, u64>,
    stream: Option<Stream>,
    /// Whether the user may read and not watch.
    is_read_only: bool,
    /// The store, and the last of its changes that is known.
    history: Option<Header>,
    pace: Pace,
}

impl Part {
    pub(super) fn new(client: Client, watched: &Arc<[EtcdQuery]>, requests: Vec<usize>) -> Self {
        Self {
            client,
            index: Index::of(watched, &requests),
            watched: Arc::clone(watched),
            requests,
            known: HashMap::new(),
            stream: None,
            is_read_only: false,
            history: None,
            pace: Pace::new(),
        }
    }

    /// `None` if changes may have been missed.
    async fn step(&mut self) -> Result<Option<Answers>, SourceError> {
        let Some(mut stream) = self.stream.take() else {
            let pause = if self.is_read_only { UNWATCHED } else { Duration::ZERO };
            sleep(self.pace.pause(fastrand::f64()).max(pause)).await;
            return self.begin().await;
        };
        let stepped = stream.next().await;
        self.history = Some(Header { cluster: stream.subject.cluster, revision: stream.subject.seen.get() });
        let answers = match stepped? {
            Step::StartsOver => return Ok(None),
            Step::Anew => return Ok(Some(Vec::new())),
            Step::Alive => Vec::new(),
            Step::Told(told) => self.answers_of(told).await?,
        };
        self.pace.succeeded();
        self.stream = Some(stream);
        Ok(Some(answers))
    }

    /// Reads everything, and begins a stream of what changes afterwards.
    async fn begin(&mut self) -> Result<Option<Answers>, SourceError> {
        let started = Instant::now();
        let mut reads = read(&self.client, &self.watched, &self.requests).await?;
        self.pace.answered_after(started.elapsed());
        let (denied, permitted) = self.divided(&reads);
        let range = covering(&permitted);
        let mut first =
            reads.iter().filter_map(|read| read.as_ref().ok()).map(|(header, _)| *header).min_by_key(revision);
        if let (None, Some(range)) = (first, &range) {
            // What is too large does not say of which revision it is.
            first = self.counted(Range::between(range.clone()).counted()).await?.map(|(header, _)| header);
            reads = read(&self.client, &self.watched, &self.requests).await?;
        }
        if let (Some(now), Some(before)) = (first, self.history)
            && (now.cluster != before.cluster || now.revision < before.revision)
        {
            return Ok(None);
        }
        if let (Some(header), Some(range)) = (first, range) {
            self.history = Some(header);
            self.stream = self.follow(header, range, denied.into()).await?;
        }
        self.is_read_only = self.stream.is_none();
        Ok(Some(self.answers(&self.requests.clone(), reads)))
    }

    /// What the user may not read, and the rest.
    fn divided(&self, reads: &[Read]) -> (Vec<EtcdQuery>, Vec<EtcdQuery>) {
        let is_denied = |read: &Read| read.as_ref().is_err_and(|error| error.kind() == ErrorKind::Denied);
        let (mut denied, mut permitted) = (Vec::new(), Vec::new());
        for (request, read) in self.requests.iter().zip(reads) {
            if is_denied(read) { &mut denied } else { &mut permitted }.push(self.watched[*request].clone());
        }
        (denied, permitted)
    }

    /// How much is in a range; `None` if the user may not read it.
    async fn counted(&mut self, range: Range) -> Result<Option<(Header, Counted)>, SourceError> {
        match self.client.count(&range).await {
            Ok(counted) => Ok(Some(counted)),
            Err(error) if error.kind() == ErrorKind::Denied => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A stream of what changes in a range; `None` if the user may not watch it.
    async fn follow(
        &mut self,
        header: Header,
        range: (Vec<u8>, Vec<u8>),
        denied: Arc<[EtcdQuery]>,
    ) -> Result<Option<Stream>, SourceError> {
        let counted = self.counted(Range::between(range.clone()).counted_at(header.revision)).await?;
        let Some((_, Counted { count, .. })) = counted else { return Ok(None) };
        let (_, lines) = self.client.watch(&Watch::after(header.revision, range.clone())).await?;
        let (client, seen) = (self.client.clone(), Seen::new(header.revision));
        let subject = Subject { client, range, cluster: header.cluster, seen, denied };
        let check = subject.soon();
        Ok(Some(Stream { lines, subject, index: Arc::clone(&self.index), count, check, failure: None }))
    }

    fn answers(&mut self, requests: &[usize], reads: Vec<Read>) -> Answers {
        let mut answers = Vec::with_capacity(requests.len());
        for (request, read) in requests.iter().zip(reads) {
            if let Ok((header, _)) = &read {
                self.known.insert(*request, header.revision);
            }
            answers.push((*request, answer(&self.watched[*request], read)));
        }
        answers
    }

    /// What a stream told, if it is newer than what is known; prefixes are read again.
    async fn answers_of(&mut self, told: Told) -> Result<Answers, SourceError> {
        let known = |request: &usize| self.known.get(request).copied().unwrap_or_default();
        let prefixes: Vec<_> =
            told.prefixes.into_iter().filter(|(request, revision)| known(request) < *revision).collect();
        let keys: Vec<_> =
            told.keys.into_iter().filter(|(request, (revision, _))| known(request) < *revision).collect();
        let mut answers = Answers::with_capacity(keys.len() + prefixes.len());
        for (request, (revision, answer)) in keys {
            self.known.insert(request, revision);
            answers.push((request, answer));
        }
        if !prefixes.is_empty() {
            let requests: Vec<_> = prefixes.into_iter().map(|(request, _)| request).collect();
            let reads = read(&self.client, &self.watched, &requests).await?;
            answers.extend(self.answers(&requests, reads));
        }
        Ok(answers)
    }
}

fn revision(header: &Header) -> u64 {
    header.revision
}

/// What is behind some requests, unless the server cannot say.
async fn read(client: &Client, watched: &[EtcdQuery], requests: &[usize]) -> Result<Vec<Read>, SourceError> {
    let queries: Vec<_> = requests.iter().map(|request| &watched[*request]).collect();
    let reads = keys::fetch(client, &queries).await;
    match reads.iter().filter_map(|read| read.as_ref().err()).find(|error| error.is_transient()) {
        Some(failure) => Err(failure.clone()),
        None => Ok(reads),
    }
}

impl watching::Part for Part {
    async fn round(&mut self) -> Round {
        self.client.patience = Some(self.pace.patience());
        match self.step().await {
            Ok(Some(answers)) => Round { answers, starts_over: false },
            Ok(None) => Round { answers: Vec::new(), starts_over: true },
            Err(error) => {
                self.stream = None;
                self.pace.failed(&error);
                // A message that is too large is of one key, for which reading it again tells so.
                let told = error.kind() != ErrorKind::TooLarge;
                let failed = self.requests.iter().filter(|_| told).map(|request| (*request, Err(error.clone())));
                Round { answers: failed.collect(), starts_over: false }
            }
        }
    }
}
