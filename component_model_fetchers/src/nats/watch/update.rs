//! What a consumer sends: entries, and signs of life.

use async_nats::Message;
use component_model_source::Answer;

use super::super::reply::{self, Entry};

/// A message of a consumer.
pub(super) enum Sent {
    Update(Update),
    /// Nothing new.
    Alive {
        /// How many updates the consumer has sent before, if it says so.
        sent: Option<u64>,
        /// Where it waits for a signal before it sends more.
        waits: Option<String>,
    },
    /// None of a consumer.
    Other,
}

/// A change of a key.
pub(super) struct Update {
    pub(super) subject: String,
    /// Its number among all updates of the consumer, from 1.
    pub(super) number: u64,
    /// How many more of the state or of what changed meanwhile follow.
    pub(super) pending: u64,
    pub(super) answer: Answer,
}

impl Sent {
    /// Whether nothing is missing between the updates that came, and this.
    pub(super) fn follows(&self, received: u64) -> bool {
        match self {
            Self::Update(update) => update.number == received + 1,
            Self::Alive { sent, .. } => sent.is_none_or(|sent| sent <= received),
            Self::Other => false,
        }
    }
}

pub(super) fn read(message: Message) -> Sent {
    if message.status.is_some() {
        let header = |name| message.headers.as_ref().and_then(|headers| headers.get(name)).map(|value| value.as_str());
        return Sent::Alive {
            sent: header("Nats-Last-Consumer").and_then(|number| number.parse().ok()),
            waits: message
                .reply
                .as_ref()
                .map(|reply| reply.as_str())
                .or(header("Nats-Consumer-Stalled"))
                .map(str::to_owned),
        };
    }
    let Some(numbers) = message.reply.as_ref().and_then(|reply| numbers(reply.as_str())) else { return Sent::Other };
    let Numbers { revision, number, written, pending } = numbers;
    let entry = Entry::new(revision, written, message.headers.as_ref(), message.payload.into());
    Sent::Update(Update { subject: message.subject.to_string(), number, pending, answer: reply::answer(entry) })
}

#[derive(Debug, PartialEq, Eq)]
struct Numbers {
    revision: u64,
    number: u64,
    written: i128,
    pending: u64,
}

/// What the subject for acknowledgements says: `$JS.ACK.stream.consumer.delivered.revision.number.written.pending`; newer
/// servers put a domain and an account before the stream, and more behind.
fn numbers(subject: &str) -> Option<Numbers> {
    let tokens: Vec<_> = subject.strip_prefix("$JS.ACK.")?.split('.').collect();
    let tokens = match tokens.len() {
        7 => &tokens[3..],
        9.. => &tokens[5..9],
        _ => return None,
    };
    let number = |index: usize| tokens.get(index)?.parse::<u64>().ok();
    Some(Numbers { revision: number(0)?, number: number(1)?, written: number(2)?.into(), pending: number(3)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_that_is_missing_is_noticed_by_the_next_one_and_by_a_sign_of_life() {
        let update = |number| {
            Sent::Update(Update { subject: String::new(), number, pending: 0, answer: reply::answer(Ok(None)) })
        };
        let alive = |sent| Sent::Alive { sent, waits: None };
        assert!(update(1).follows(0) && update(8).follows(7));
        assert!(!update(9).follows(7) && !update(7).follows(7));
        assert!(alive(None).follows(7) && alive(Some(7)).follows(7));
        assert!(!alive(Some(8)).follows(7));
    }

    #[test]
    fn the_subject_of_both_forms_is_read() {
        let expected = Numbers { revision: 12, number: 3, written: 99, pending: 4 };
        for subject in [
            "$JS.ACK.KV_app.c.1.12.3.99.4",
            "$JS.ACK.hub.acc.KV_app.c.1.12.3.99.4",
            "$JS.ACK._.acc.KV_app.c.1.12.3.99.4.x",
        ] {
            assert_eq!(numbers(subject).as_ref(), Some(&expected), "{subject}");
        }
        for wrong in ["", "$JS.ACK.a.b", "$JS.ACK.KV_app.c.1.x.3.99.4", "$JS.FC.KV_app.c.x"] {
            assert_eq!(numbers(wrong), None, "{wrong}");
        }
    }
}
