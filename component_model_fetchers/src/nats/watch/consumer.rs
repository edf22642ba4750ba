//! A consumer: what the server sends of one bucket.

use std::{sync::Arc, time::Duration};

use async_nats::{Message, Subscriber};
use component_model_source::SourceError;
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{Either, select},
};
use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;

use super::{
    super::{
        events::{Listening, Trouble},
        failure,
        link::{Link, Outcome, Silence},
        query, reply,
    },
    update::{self, Sent, Update},
};
use crate::links;

/// How often the server says that it is there while nothing changes.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How long nothing may be heard.
const SILENCE: Duration = Duration::from_millis(3500);

/// After what time the server removes a consumer that nobody listens to.
const INACTIVE: Duration = Duration::from_secs(5);

/// How long the server may take to create one.
const CREATING: Duration = Duration::from_secs(4);

/// The most subjects that are named; of more the whole bucket is sent.
const FILTERS: usize = 256;

pub(super) struct Consumer {
    link: Arc<Link>,
    subscriber: Subscriber,
    trouble: Listening,
    /// How many updates came.
    received: u64,
    /// How many belong to the state, with which it begins.
    state: u64,
}

/// What a consumer brought.
pub(super) enum Step {
    Update(Update),
    Alive,
    /// Updates are missing, or nothing is heard any more: another consumer has to take its place.
    Ended,
}

#[derive(Deserialize)]
struct Created {
    #[serde(default)]
    num_pending: u64,
    #[serde(default)]
    delivered: Delivered,
}

#[derive(Deserialize, Default)]
struct Delivered {
    #[serde(default)]
    consumer_seq: u64,
}

impl Consumer {
    /// Creates one that begins with the last entry of each key.
    pub(super) async fn create(link: Arc<Link>, bucket: &str, subjects: &[&str]) -> Result<Self, SourceError> {
        let (inbox, subscriber, trouble) = link.subscribe().await?;
        let config = config(&inbox, bucket, subjects, link.is_at_least(2, 10));
        let stream = query::stream(bucket);
        let payload = json!({ "stream_name": stream, "config": config }).to_string();
        let creating = link.ask(format!("$JS.API.CONSUMER.CREATE.{stream}"), payload);
        let created = match link.within(CREATING, creating).await {
            Ok(created) => created,
            Err(Silence::OfConnection) => {
                link.end(&links::silent());
                return Err(links::silent());
            }
            Err(Silence::OfOthers) => return Err(failure::no_answer_for(bucket)),
        };
        let Created { num_pending, delivered } = match created? {
            Outcome::Reply(message) => reply::parsed(&message.payload, bucket).map_err(|refused| refused.error)?,
            Outcome::Denied(error) => return Err(error),
            Outcome::Nobody => return Err(failure::no_jetstream()),
        };
        // It may have sent some already.
        let state = num_pending + delivered.consumer_seq;
        Ok(Self { link, subscriber, trouble, received: 0, state })
    }

    /// Whether the state came whole.
    pub(super) fn has_sent_the_state(&self) -> bool {
        self.received >= self.state
    }

    /// Waits for the next message.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Result<Step, SourceError> {
        let message = select(self.subscriber.next(), &mut self.trouble);
        match self.link.within(SILENCE, message).await {
            Ok(Either::Left((Some(message), _))) => self.take(message).await,
            Ok(Either::Left((None, _))) => Err(failure::lost()),
            Ok(Either::Right((Trouble::Denied(error) | Trouble::Lost(error), _))) => Err(error),
            Err(Silence::OfConnection) => {
                self.link.end(&links::silent());
                Ok(Step::Ended)
            }
            // The connection stays with the other buckets.
            Err(Silence::OfOthers) => Ok(Step::Ended),
        }
    }

    /// The next message if there is one already, or comes within a pause.
    pub(super) async fn soon(&mut self, pause: Option<Duration>) -> Option<Result<Step, SourceError>> {
        let message = match pause {
            None => self.subscriber.next().now_or_never(),
            Some(pause) => match select(self.subscriber.next(), Box::pin(sleep(pause))).await {
                Either::Left((message, _)) => Some(message),
                Either::Right(_) => None,
            },
        };
        // The end of the subscription is told by the next call of `next`.
        Some(self.take(message??).await)
    }

    async fn take(&mut self, message: Message) -> Result<Step, SourceError> {
        let sent = update::read(message);
        if !sent.follows(self.received) {
            return Ok(Step::Ended);
        }
        match sent {
            Sent::Update(update) => {
                self.received = update.number;
                // What was overwritten meanwhile does not come.
                if update.pending == 0 {
                    self.state = 0;
                }
                Ok(Step::Update(update))
            }
            Sent::Alive { waits: Some(subject), .. } => self.link.signal(subject).await.map(|()| Step::Alive),
            Sent::Alive { waits: None, .. } => {
                // The server has nothing to send: what is left of the state expired, or was removed, before it was sent.
                self.state = 0;
                Ok(Step::Alive)
            }
            Sent::Other => Ok(Step::Alive),
        }
    }
}

fn config(inbox: &str, bucket: &str, subjects: &[&str], knows_filters: bool) -> serde_json::Value {
    let mut config = json!({
        "deliver_subject": inbox,
        "deliver_policy": "last_per_subject",
        "ack_policy": "none",
        "max_deliver": 1,
        "flow_control": true,
        "idle_heartbeat": HEARTBEAT.as_nanos() as u64,
        "inactive_threshold": INACTIVE.as_nanos() as u64,
        "num_replicas": 1,
        "mem_storage": true,
    });
    match subjects {
        [only] => config["filter_subject"] = json!(only),
        several if knows_filters && several.len() <= FILTERS => config["filter_subjects"] = json!(several),
        several => config["filter_subject"] = json!(covering(bucket, several)),
    }
    config
}

/// The narrowest pattern that has all of some subjects: the tokens that they have in common, and whatever follows.
fn covering(bucket: &str, subjects: &[&str]) -> String {
    let all = format!("$KV.{bucket}.");
    let mut common: Vec<&str> = subjects.first().map_or_else(Vec::new, |first| tokens(first, &all));
    for subject in subjects {
        let other = tokens(subject, &all);
        let same = common.iter().zip(&other).take_while(|(one, other)| one == other).count();
        // A pattern `a.>` has not `a` itself.
        common.truncate(same.min(other.len().saturating_sub(1)));
    }
    common.iter().fold(all, |pattern, token| pattern + token + ".") + ">"
}

fn tokens<'s>(subject: &'s str, prefix: &str) -> Vec<&'s str> {
    subject.strip_prefix(prefix).unwrap_or(subject).split('.').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_has_all_keys_and_no_more_than_what_is_beside_them() {
        for (keys, expected) in [
            (&["a.b", "a.c"][..], "$KV.app.a.>"),
            (&["a.b.c", "a.b.d", "a.b.c"], "$KV.app.a.b.>"),
            (&["a", "a.b"], "$KV.app.>"),
            (&["a.b", "a.b.c"], "$KV.app.a.>"),
            (&["a", "b"], "$KV.app.>"),
            (&["ab.x", "a.x"], "$KV.app.>"),
        ] {
            let subjects: Vec<_> = keys.iter().map(|key| format!("$KV.app.{key}")).collect();
            let subjects: Vec<_> = subjects.iter().map(String::as_str).collect();
            assert_eq!(covering("app", &subjects), expected, "{keys:?}");
        }
    }

    #[test]
    fn subjects_are_named_where_the_server_can_filter_by_several() {
        let filter = |subjects: &[&str], knows| {
            let config = config("_INBOX.x", "app", subjects, knows);
            (config["filter_subject"].clone(), config["filter_subjects"].clone())
        };
        let (a, b) = ("$KV.app.a", "$KV.app.b");
        assert_eq!(filter(&[a], true), (json!(a), json!(null)));
        assert_eq!(filter(&[a, b], true), (json!(null), json!([a, b])));
        assert_eq!(filter(&[a, b], false), (json!("$KV.app.>"), json!(null)));
        assert_eq!(filter(&[a; FILTERS + 1], true).1, json!(null));
    }
}
