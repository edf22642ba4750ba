//! What a watch has told of its requests, and what is news.
//!
//! What always holds: a value or an error that was told last is not told again, and the first answer after an error is told.

use component_model_source::{Answer, Asked, Change, ErrorKind, Record, Reply, Version, Watched};

/// A request of a watch, and what was told of it.
pub(super) struct Told<Q> {
    query: Q,
    last: Last,
    /// The error that was told after that.
    error: Option<(ErrorKind, String)>,
}

enum Last {
    Nothing,
    Version(Version),
    Absence(Option<Version>),
    Value(Record),
}

impl<Q> From<Watched<Q>> for Told<Q> {
    fn from(watched: Watched<Q>) -> Self {
        Self { query: watched.query, last: watched.known.map_or(Last::Nothing, Last::Version), error: None }
    }
}

impl<Q> Told<Q> {
    /// What to ask next.
    pub(super) fn asked(&self) -> Asked<'_, Q> {
        Asked::new(&self.query).unless(match &self.last {
            Last::Nothing | Last::Absence(None) => None,
            Last::Version(version) | Last::Absence(Some(version)) => Some(version),
            Last::Value(record) => record.version(),
        })
    }

    /// Whether an answer is news; remembers it.
    fn is_news(&mut self, answer: &Answer) -> bool {
        let next = match answer {
            Err(error) if error.kind() != ErrorKind::Absent => {
                let error = Some((error.kind(), error.to_string()));
                return std::mem::replace(&mut self.error, error.clone()) != error;
            }
            Err(_) => Last::Absence(None),
            Ok(Reply::Absent { version, .. }) => Last::Absence(version.clone()),
            Ok(Reply::Found(record)) => Last::Value(record.clone()),
            // Unchanged.
            Ok(_) => return self.error.take().is_some(),
        };
        let is_same = match (&self.last, &next) {
            (Last::Absence(_), Last::Absence(_)) => true,
            (Last::Value(last), Last::Value(next)) => last.value() == next.value(),
            (Last::Version(last), Last::Value(next)) => next.version() == Some(last),
            _ => false,
        };
        self.last = next;
        self.error.take().is_some() || !is_same
    }
}

/// What is news of the answers to all requests.
pub(super) fn changes<Q>(told: &mut [Told<Q>], answers: Vec<Answer>) -> impl Iterator<Item = Change> {
    let news = |(index, (answer, told)): (usize, (Answer, &mut Told<Q>))| {
        told.is_news(&answer).then_some(Change::Answer { index, answer })
    };
    answers.into_iter().zip(told).enumerate().filter_map(news)
}

#[cfg(test)]
mod tests {
    use component_model_source::{SourceError, Value};

    use super::*;

    fn found(text: &str) -> Answer {
        Ok(Value::text(text).into())
    }

    fn failed(message: &str) -> Answer {
        Err(SourceError::new(ErrorKind::Unreachable, message.to_owned()))
    }

    /// Which of the answers are news, one after another.
    fn news(known: Option<Version>, answers: impl IntoIterator<Item = Answer>) -> Vec<bool> {
        let mut told = Told::from(Watched::new(()).since(known));
        answers.into_iter().map(|answer| told.is_news(&answer)).collect()
    }

    #[test]
    fn a_change_and_each_new_error_are_news_and_so_is_the_first_answer_after_an_error() {
        let unchanged = || Ok(Reply::Unchanged { good_for: None });
        let absent = || Err(SourceError::new(ErrorKind::Absent, "no file"));
        let told = [found("1"), found("1"), found("2"), failed("a"), failed("a"), failed("b"), found("2"), unchanged()];
        assert_eq!(news(None, told), [true, false, true, true, false, true, true, false]);
        let told = [absent(), Ok(Reply::ABSENT), failed("a"), absent(), failed("a"), unchanged(), unchanged()];
        assert_eq!(news(None, told), [true, false, true, true, true, true, false]);
    }

    #[test]
    fn a_value_of_the_known_version_is_no_news() {
        let record = |text, version| Ok(Record::new(Value::text(text)).with_version(Version::new(version)).into());
        assert_eq!(news(Some(Version::new("1")), [record("a", "1"), record("a", "2")]), [false, false]);
        assert_eq!(news(Some(Version::new("1")), [record("a", "2"), record("b", "3")]), [true, true]);
    }
}
