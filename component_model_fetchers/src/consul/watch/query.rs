//! One blocking query, asked again and again.
//!
//! A folder that is small is read whole by the query itself. Of a larger one, the query only tells that something changed, and
//! what is watched is read afterwards.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use component_model_source::{Answer, ErrorKind, SourceError};
use futures_util::{StreamExt as _, stream};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, sleep},
};

use super::{
    pace::{Pace, WAIT},
    parts::{Part, Subject},
};
use crate::{
    consul::{
        client::{Client, Listing, Question},
        keys::{self, Found},
        query::{ConsulQuery, Scope, Wanted},
        source::{answer, document, document_of},
        wire::Entry,
    },
    tree::Stamp,
};

/// The largest folder that each query reads whole, in bytes.
const WHOLE: usize = 64 * 1024;

/// From so many keys on, a folder is read as a list and not in transactions.
const MANY: usize = 256;

/// How many times as many keys as are watched a folder may have to be read as a list.
const OTHERS: usize = 4;

/// How often keys are read whose folder the token may not list.
const UNLISTED: Duration = Duration::from_secs(2);

/// How often a query is asked that the server may not hold back, since it holds back too many others.
const UNHELD: Duration = Duration::from_secs(2);

/// The answers to the requests of a part, each with its position.
type Answers = Vec<(usize, Answer)>;

pub(super) struct Query {
    client: Client,
    part: Part,
    watched: Arc<[ConsulQuery]>,
    /// The index of the last answer.
    index: Option<u64>,
    /// Whether that answer has to be followed by one with the current state, changed or not.
    at_once: bool,
    /// Whether the server may hold the query back until something changes.
    held: bool,
    /// Whether the folder, or the document, may be small enough to be read whole.
    whole: bool,
    /// Whether what is watched is a good part of the folder, which may then be read as a list.
    listed: bool,
    /// Whether all keys were read, so that they need not be read again before something changes.
    settled: bool,
    /// Whether the last answer said that something changed.
    moved: bool,
    /// What was answered to each key, so that one among thousands that changed is found without the others.
    answered: HashMap<usize, Stamp>,
    /// The missing keys that were checked, and whether they are denied.
    checked: HashMap<usize, Option<SourceError>>,
    pace: Pace,
}

/// What a query brought.
pub(super) struct Round {
    pub(super) answers: Answers,
    /// Whether the index is lower than before: the server has lost its history, or has another one.
    pub(super) went_back: bool,
}

impl Query {
    pub(super) fn new(client: Client, part: Part, watched: Arc<[ConsulQuery]>) -> Self {
        Self {
            client,
            part,
            watched,
            index: None,
            at_once: true,
            held: false,
            whole: true,
            listed: true,
            settled: false,
            moved: false,
            answered: HashMap::new(),
            checked: HashMap::new(),
            pace: Pace::new(),
        }
    }

    /// Asks once more, after a pause if it is time for one.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connections in use.
    pub(super) async fn round(&mut self) -> Round {
        sleep(self.pace.pause(fastrand::f64())).await;
        let held = self.hold().await;
        self.held = held.is_some();
        self.client.patience = Some(self.pace.patience());
        self.moved = false;
        let asked = self.ask().await;
        drop(held);
        let before = self.index;
        let failure = match &asked {
            Ok((_, answers)) => {
                answers.iter().filter_map(|(_, answer)| answer.as_ref().err()).find(|error| error.is_transient())
            }
            Err(error) => Some(error),
        };
        match failure {
            Some(failure) => self.pace.failed(failure),
            None => self.pace.succeeded(),
        }
        self.at_once = failure.is_some();
        match asked {
            Ok((index, answers)) => {
                self.moved = before.is_some_and(|before| before != index);
                self.index = Some(index);
                self.settled =
                    answers.iter().all(|(_, answer)| answer.is_ok()) && (self.settled || !answers.is_empty());
                Round { answers, went_back: before.is_some_and(|before| index < before) }
            }
            Err(error) => {
                self.settled = false;
                Round { answers: self.failed(&error), went_back: false }
            }
        }
    }

    /// Permission to be held back, which a query without an answer to compare with does not need. Without it, the state is read
    /// again after a while.
    async fn hold(&self) -> Option<OwnedSemaphorePermit> {
        if self.at_once || self.index.is_none() {
            return None;
        }
        let held = self.client.hold();
        if held.is_none() {
            sleep(UNHELD).await;
        }
        held
    }

    /// Whether a part of the last answers was news.
    pub(super) fn was_told(&mut self, news: bool) {
        self.pace.was_news(news || !self.moved);
    }

    async fn ask(&mut self) -> Result<(u64, Answers), SourceError> {
        match self.part.subject.clone() {
            Subject::Key(key) => {
                let Listing { entries, index } = self.waiting(Question::key(&key)).await?;
                let found = Ok(entries.into_iter().find(|entry| entry.key == key));
                Ok((index, vec![(self.part.requests[0], answer(found))]))
            }
            Subject::Document(path) | Subject::Folder(path) if self.whole && self.may_be_whole() => {
                match self.waiting(Question::prefix(&path).at_most(WHOLE)).await {
                    Ok(Listing { entries, index }) => Ok((index, self.answers_of(entries, index).await)),
                    Err(error) if matches!(error.kind(), ErrorKind::TooLarge | ErrorKind::Denied) => {
                        self.whole = false;
                        // The indices of other questions differ.
                        self.index = None;
                        self.told(&path).await
                    }
                    Err(error) => Err(error),
                }
            }
            Subject::Document(path) | Subject::Folder(path) => self.told(&path).await,
        }
    }

    /// Several prefixes are not read together.
    fn may_be_whole(&self) -> bool {
        matches!(self.part.subject, Subject::Document(_)) || self.are_keys()
    }

    fn are_keys(&self) -> bool {
        self.part.requests.iter().all(|request| matches!(self.watched[*request].wanted, Wanted::Key(_)))
    }

    fn scope(&self) -> &Scope {
        &self.watched[self.part.requests[0]].scope
    }

    /// The answer to a question, once something changed or the time is over.
    async fn waiting(&mut self, question: Question<'_>) -> Result<Listing, SourceError> {
        let (question, started) = (self.blocking(question), Instant::now());
        let waited = question.waits > Duration::ZERO;
        let listing = self.client.get(self.scope(), question).await?;
        if !waited {
            self.pace.answered_after(started.elapsed());
        }
        Ok(listing)
    }

    fn blocking<'q>(&self, question: Question<'q>) -> Question<'q> {
        question.after(self.index.filter(|_| self.held), WAIT)
    }

    /// Waits until something in the folder changes, and reads what is watched.
    async fn told(&mut self, folder: &str) -> Result<(u64, Answers), SourceError> {
        let asked = self.client.index(self.scope(), self.blocking(Question::names(folder))).await;
        let index = match asked {
            Ok(index) => index,
            // The token may read, and not list.
            Err(error) if error.kind() == ErrorKind::Denied => {
                if !self.at_once {
                    sleep(UNLISTED).await;
                }
                self.settled = false;
                self.index.unwrap_or(1)
            }
            Err(error) => return Err(error),
        };
        if self.settled && self.index == Some(index) {
            return Ok((index, Vec::new()));
        }
        let started = Instant::now();
        let answers = self.read(folder, index).await;
        self.pace.answered_after(started.elapsed());
        Ok((index, answers))
    }

    async fn read(&mut self, folder: &str, index: u64) -> Answers {
        if !self.are_keys() {
            return self.each().await;
        }
        if self.listed && self.part.requests.len() >= MANY && !folder.is_empty() {
            match self.client.get(self.scope(), Question::prefix(folder)).await {
                Ok(Listing { entries, .. }) => {
                    self.listed = entries.len() <= OTHERS * self.part.requests.len();
                    return self.answers_of(entries, index).await;
                }
                Err(error) if matches!(error.kind(), ErrorKind::TooLarge | ErrorKind::Denied) => self.listed = false,
                Err(error) => return self.failed(&error),
            }
        }
        let keys: Vec<_> = self.part.requests.iter().map(|request| self.watched[*request].wanted.path()).collect();
        let found = keys::fetch(&self.client, self.scope(), &keys).await;
        self.answered.clear();
        self.part.requests.iter().copied().zip(found.into_iter().map(answer)).collect()
    }

    fn failed(&mut self, error: &SourceError) -> Answers {
        self.answered.clear();
        self.part.requests.iter().map(|request| (*request, Err(error.clone()))).collect()
    }

    /// Prefixes, and keys beside them, one by one.
    async fn each(&self) -> Answers {
        let requests: Vec<_> = self.part.requests.iter().map(|request| self.one(*request)).collect();
        stream::iter(requests).buffered(self.client.at_once).collect().await
    }

    async fn one(&self, request: usize) -> (usize, Answer) {
        let answer = match &self.watched[request].wanted {
            Wanted::Key(key) => answer(keys::one(&self.client, self.scope(), key).await),
            Wanted::Prefix(prefix) => document(&self.client, self.scope(), prefix).await,
        };
        (request, answer)
    }

    /// The answers that a list has, as far as they are not known, and those of the keys that it does not have.
    async fn answers_of(&mut self, entries: Vec<Entry>, index: u64) -> Answers {
        if let Subject::Document(prefix) = &self.part.subject {
            let document = document_of(&self.client, self.scope(), prefix, entries).await;
            return vec![(self.part.requests[0], document)];
        }
        let by_key: HashMap<String, Entry> = entries.into_iter().map(|entry| (entry.key.clone(), entry)).collect();
        let (mut found, mut missing) = (Vec::new(), HashSet::new());
        for request in &self.part.requests {
            match by_key.get(self.watched[*request].wanted.path()) {
                Some(entry) if self.answered.get(request) == Some(&entry.stamp) => {}
                Some(entry) => found.push((*request, Some(entry.clone()))),
                None => {
                    missing.insert(*request);
                    found.push((*request, None));
                }
            }
        }
        let mut there = self.check(&missing, self.index == Some(index)).await;
        let mut answer_of = |(request, found): (usize, Option<Entry>)| {
            let denied = || self.checked.get(&request).cloned().flatten();
            let found: Found = match found {
                Some(entry) => Ok(Some(entry)),
                None => match there.remove(&request) {
                    Some(entry) => Ok(Some(entry)),
                    None => denied().map_or(Ok(None), Err),
                },
            };
            match &found {
                Ok(Some(entry)) => self.answered.insert(request, entry.stamp),
                _ => self.answered.remove(&request),
            };
            (request, answer(found))
        };
        found.into_iter().map(&mut answer_of).collect()
    }

    /// Checks whether missing keys are denied: those that were not, or all of them if nothing else changed. Returns those that are
    /// there after all: the list had been made before the token was permitted to read them, or before they were written.
    async fn check(&mut self, missing: &HashSet<usize>, all: bool) -> HashMap<usize, Entry> {
        let is_denied = |error: &SourceError| error.kind() == ErrorKind::Denied;
        self.checked.retain(|request, error| !all && missing.contains(request) && error.as_ref().is_none_or(is_denied));
        let mut unknown: Vec<_> =
            missing.iter().copied().filter(|request| !self.checked.contains_key(request)).collect();
        unknown.sort_unstable();
        let keys: Vec<_> = unknown.iter().map(|request| self.watched[*request].wanted.path()).collect();
        let found = keys::missing(&self.client, self.scope(), &keys).await;
        let mut there = HashMap::new();
        for (request, found) in unknown.into_iter().zip(found) {
            match found {
                Ok(Some(entry)) => _ = there.insert(request, entry),
                found => _ = self.checked.insert(request, found.err()),
            }
        }
        there
    }
}
