//! The requests of one bucket: a consumer, and another one whenever it ends.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use component_model_source::{Answer, ErrorKind, Reply, SourceError};
use tokio::time::{Instant, sleep};

use super::{
    consumer::{Consumer, Step},
    feed::Feed,
};
use crate::{
    nats::query::NatsQuery,
    watching::{self, Round, pace::Pace},
};

/// The most updates that are taken together. Of several changes of a key among them, the last one is told.
const TOGETHER: usize = 4096;

/// How long the next update may take, if several came at once. One that comes alone is told at once.
const PAUSE: Duration = Duration::from_millis(2);

/// The longest time in which there are such pauses.
const PAUSES: Duration = Duration::from_millis(20);

/// How often the state is read again although nothing was told: the server does not tell what expires or is purged.
const AGAIN: Duration = Duration::from_secs(30);

pub(super) struct Part {
    feed: Arc<Feed>,
    bucket: String,
    /// The positions of the requests for each subject.
    requests: HashMap<String, Vec<usize>>,
    consumer: Option<Consumer>,
    /// When it was created.
    began: Instant,
    pace: Pace,
}

/// The last answer to each subject.
type Answers = BTreeMap<String, Answer>;

impl Part {
    pub(super) fn new(feed: &Arc<Feed>, bucket: &str, queries: &[(usize, &NatsQuery)]) -> Self {
        let mut requests: HashMap<String, Vec<usize>> = HashMap::new();
        for (position, query) in queries {
            requests.entry(query.subject()).or_default().push(*position);
        }
        Self {
            feed: Arc::clone(feed),
            bucket: bucket.to_owned(),
            requests,
            consumer: None,
            began: Instant::now(),
            pace: Pace::new(),
        }
    }

    async fn step(&mut self) -> Result<Answers, SourceError> {
        let Some(mut consumer) = self.consumer.take().filter(|_| self.began.elapsed() < AGAIN) else {
            sleep(self.pace.pause(fastrand::f64())).await;
            return self.begin().await;
        };
        let mut answers = Answers::new();
        let started = Instant::now();
        let mut step = consumer.next().await?;
        for taken in 1.. {
            match step {
                Step::Ended => return Ok(self.interrupted(answers)),
                Step::Alive => {}
                Step::Update(update) => self.add(&mut answers, update.subject, update.answer),
            }
            if taken == TOGETHER {
                break;
            }
            let pause = (taken > 1 && started.elapsed() < PAUSES).then_some(PAUSE);
            step = match consumer.soon(pause).await {
                Some(Ok(next)) => next,
                // What was told before is told; what failed fails again.
                Some(Err(_)) | None => break,
            };
        }
        self.pace.succeeded();
        self.consumer = Some(consumer);
        Ok(answers)
    }

    /// Creates a consumer, and takes the state of all requests from it.
    async fn begin(&mut self) -> Result<Answers, SourceError> {
        let link = self.feed.link().await?;
        let mut subjects: Vec<_> = self.requests.keys().map(String::as_str).collect();
        subjects.sort_unstable();
        let mut consumer = Consumer::create(link, &self.bucket, &subjects).await?;
        let mut state: Answers = self.requests.keys().map(|subject| (subject.clone(), Ok(Reply::ABSENT))).collect();
        while !consumer.has_sent_the_state() {
            match consumer.next().await? {
                Step::Update(update) => self.add(&mut state, update.subject, update.answer),
                Step::Alive => {}
                Step::Ended => return Ok(self.interrupted(Answers::new())),
            }
        }
        (self.consumer, self.began) = (Some(consumer), Instant::now());
        Ok(state)
    }

    fn add(&self, answers: &mut Answers, subject: String, answer: Answer) {
        if self.requests.contains_key(&subject) {
            answers.insert(subject, answer);
        }
    }

    /// Another consumer follows, which tells what this one did not: no failure that anybody has to know, unless it fails too.
    fn interrupted(&mut self, answers: Answers) -> Answers {
        self.pace.failed(&SourceError::new(ErrorKind::Unavailable, "updates are missing"));
        answers
    }

    fn positions(&self) -> impl Iterator<Item = usize> {
        self.requests.values().flatten().copied()
    }
}

impl watching::Part for Part {
    async fn round(&mut self) -> Round {
        let answers = match self.step().await {
            Ok(answers) => answers
                .into_iter()
                .flat_map(|(subject, answer)| {
                    let positions = self.requests.get(&subject).into_iter().flatten();
                    positions.map(move |position| (*position, answer.clone()))
                })
                .collect(),
            Err(error) => {
                self.consumer = None;
                self.pace.failed(&error);
                self.positions().map(|position| (position, Err(error.clone()))).collect()
            }
        };
        Round { answers, starts_over: false }
    }
}
