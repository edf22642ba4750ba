//! One stream of changes.

use std::{collections::BTreeMap, pin::pin, sync::Arc, time::Duration};

use component_model_source::{Answer, ErrorKind, Record, Reply, SourceError};
use futures_util::future::{Either, select};
use tokio::time::Instant;

use super::{
    check::{Check, Checked, Subject},
    ranges::Index,
};
use crate::{
    etcd::{
        client::{Lines, canceled},
        wire::{self, Event, Message},
    },
    text_or_bytes,
    tree::Entry,
};

/// The most messages that are taken together. Of several changes of a key among them, the last one is told.
const TOGETHER: usize = 4096;

/// How long the next message may take, if several came at once. One that comes alone is told at once.
const PAUSE: Duration = Duration::from_millis(2);

/// The longest time in which there are such pauses.
const PAUSES: Duration = Duration::from_millis(20);

/// The most bytes that are taken together.
const BYTES: usize = 16 << 20;

/// A stream that has begun.
pub(super) struct Stream {
    pub(super) lines: Lines,
    pub(super) subject: Subject,
    pub(super) index: Arc<Index>,
    /// How many keys are in the range.
    pub(super) count: u64,
    pub(super) check: Check,
    /// Why no further message comes.
    pub(super) failure: Option<SourceError>,
}

/// What a stream told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The last change of each key, and after which change it holds.
    pub(super) keys: BTreeMap<usize, (u64, Answer)>,
    /// The prefixes below which something changed, and when last.
    pub(super) prefixes: BTreeMap<usize, u64>,
}

/// What a stream brought.
#[derive(Debug)]
pub(super) enum Step {
    Told(Told),
    /// Nothing, and it goes on.
    Alive,
    /// All has to be read again, although nothing failed.
    Anew,
    /// Changes may have been missed.
    StartsOver,
}

enum Came {
    Line(Vec<u8>),
    Checked(Checked),
}

impl Stream {
    /// Waits for the next changes, or until it is known that there are none.
    pub(super) async fn next(&mut self) -> Result<Step, SourceError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let came = {
            let line = pin!(self.lines.next());
            match select(line, &mut self.check).await {
                Either::Left((line, _)) => Came::Line(line?),
                Either::Right((checked, _)) => Came::Checked(checked?),
            }
        };
        match came {
            Came::Line(line) => self.take(line).await,
            Came::Checked(checked) => self.judge(checked),
        }
    }

    /// Takes a message, and those that are there already.
    async fn take(&mut self, line: Vec<u8>) -> Result<Step, SourceError> {
        let (mut told, mut bytes, started) = (Told::default(), line.len(), Instant::now());
        if !self.message(line, &mut told).await? {
            return Ok(Step::StartsOver);
        }
        for taken in 1..TOGETHER {
            let pause = (taken > 1 && started.elapsed() < PAUSES).then_some(PAUSE);
            match self.lines.soon(pause).await {
                Some(Ok(line)) => {
                    bytes += line.len();
                    if !self.message(line, &mut told).await? {
                        return Ok(Step::StartsOver);
                    }
                }
                // What was told before is told.
                Some(Err(failure)) => {
                    self.failure = Some(failure);
                    break;
                }
                None => break,
            }
            if bytes > BYTES {
                break;
            }
        }
        Ok(Step::Told(told))
    }

    /// Whether the stream goes on.
    async fn message(&mut self, line: Vec<u8>, told: &mut Told) -> Result<bool, SourceError> {
        let index = Arc::clone(&self.index);
        let parse = move |line: &[u8]| wire::message(line, |key| !index.of_key(key).is_empty());
        match self.subject.client.parsed(line, parse).await? {
            Message::Created(_) => {}
            Message::Events(events) => events.into_iter().for_each(|event| self.event(event, told)),
            Message::Compacted => return Ok(false),
            Message::Canceled(reason) => return Err(canceled(&reason)),
        }
        Ok(true)
    }

    fn event(&mut self, event: Event, told: &mut Told) {
        let Event { key, value, revision, is_new } = event;
        self.subject.seen.advance(revision);
        match &value {
            None => self.count = self.count.saturating_sub(1),
            Some(_) => self.count += u64::from(is_new),
        }
        told.prefixes.extend(self.index.of_prefixes(&key).map(|position| (position, revision)));
        let positions = self.index.of_key(&key);
        if let Some((last, others)) = positions.split_last() {
            let answer = answer(value, revision);
            told.keys.extend(others.iter().map(|position| (*position, (revision, answer.clone()))));
            told.keys.insert(*last, (revision, answer));
        }
    }

    fn judge(&mut self, checked: Checked) -> Result<Step, SourceError> {
        let (seen, received) = (&self.subject.seen, self.lines.received());
        self.check = match checked {
            Checked::OtherHistory => return Ok(Step::StartsOver),
            Checked::Permitted => return Ok(Step::Anew),
            Checked::Late { since, received: before } if seen.get() == since => {
                if received == before {
                    let message = "the stream of the watch has gone silent";
                    return Err(SourceError::new(ErrorKind::Timeout, message));
                }
                Subject::late(since, received)
            }
            Checked::Moved { since, until, in_range, count } if seen.get() == since => {
                if in_range || count != self.count {
                    Subject::late(since, received)
                } else {
                    seen.advance(until);
                    self.subject.soon()
                }
            }
            Checked::Fine | Checked::Moved { .. } | Checked::Late { .. } => self.subject.soon(),
        };
        Ok(Step::Alive)
    }
}

fn answer(value: Option<Vec<u8>>, revision: u64) -> Answer {
    let Some(value) = value else { return Ok(Reply::ABSENT) };
    wire::check_size(&value)?;
    let entry = Entry::new(String::new(), value, revision);
    let version = entry.stamp.version();
    Ok(Record::new(text_or_bytes(entry.value)).with_version(version).into())
}
