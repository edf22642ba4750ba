//! What was told of a request, and what of an answer is news.

use component_model_source::{Answer, ErrorKind, Reply, Version};

/// What was last told of a request.
#[derive(Debug, Default)]
pub(super) struct Last {
    /// The version of the value, or absence; nothing before the first answer.
    told: Option<Option<Version>>,
    /// The kind of the error since.
    failed: Option<ErrorKind>,
}

impl Last {
    /// The caller has this version.
    pub(super) fn known(version: Option<Version>) -> Self {
        Self { told: version.map(Some), failed: None }
    }

    /// The answer as it has to be told, if it is news. Remembers it.
    pub(super) fn news(&mut self, answer: Answer) -> Option<Answer> {
        let reply = match answer {
            Err(error) => {
                let is_news = self.failed.replace(error.kind()) != Some(error.kind());
                return is_news.then_some(Err(error));
            }
            Ok(reply) => reply,
        };
        let failed = self.failed.take().is_some();
        let version = reply.version().cloned();
        if self.told.as_ref() == Some(&version) {
            return failed.then_some(Ok(Reply::Unchanged { good_for: None }));
        }
        self.told = Some(version);
        Some(Ok(reply))
    }
}

#[cfg(test)]
mod tests {
    use component_model_source::{Record, SourceError, Value};

    use super::*;

    fn found(version: &str) -> Answer {
        Ok(Record::new(Value::text("x")).with_version(Version::new(version)).into())
    }

    fn failed(kind: ErrorKind) -> Answer {
        Err(SourceError::new(kind, "no answer"))
    }

    fn is_unchanged(news: Option<Answer>) -> bool {
        matches!(news, Some(Ok(Reply::Unchanged { .. })))
    }

    #[test]
    fn a_version_is_told_once_and_the_known_one_is_not() {
        let mut last = Last::known(Some(Version::new("1")));
        assert!(last.news(found("1")).is_none());
        assert!(last.news(found("2")).is_some_and(|answer| answer.is_ok()));
        assert!(last.news(found("2")).is_none());
    }

    #[test]
    fn a_deletion_and_the_value_that_follows_are_told() {
        let mut last = Last::known(None);
        assert!(last.news(Ok(Reply::ABSENT)).is_some(), "the first answer is always told");
        assert!(last.news(Ok(Reply::ABSENT)).is_none());
        assert!(last.news(found("1")).is_some());
        assert!(last.news(Ok(Reply::ABSENT)).is_some());
        assert!(last.news(found("1")).is_some());
    }

    #[test]
    fn an_error_is_told_once_and_its_end_too() {
        let mut last = Last::known(Some(Version::new("1")));
        assert!(last.news(failed(ErrorKind::Unreachable)).is_some());
        assert!(last.news(failed(ErrorKind::Unreachable)).is_none());
        assert!(last.news(failed(ErrorKind::Unavailable)).is_some(), "another kind is news");
        assert!(is_unchanged(last.news(found("1"))));
        assert!(last.news(failed(ErrorKind::Unreachable)).is_some());
        assert!(last.news(found("2")).is_some_and(|answer| answer.is_ok_and(|reply| reply.record().is_some())));
    }
}
