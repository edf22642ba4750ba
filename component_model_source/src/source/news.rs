//! What of the answers to a watched request has to be told.

use super::{Answer, Record, Reply, Version};
use crate::ErrorKind;

/// What a watch has told of one request, and so what of the next answer is news.
///
/// For an author of [`Source::watch`](crate::Source::watch) who reads values again when something may have changed. News
/// is:
/// - the first answer, unless its version is the one that the caller has;
/// - a value that differs, in its version and in its content;
/// - absence, once, also as an error of the kind [`Absent`](ErrorKind::Absent);
/// - an error, unless the last answer was one of that kind; one that is not [transient](crate::SourceError::is_transient)
///   also if its text is another one;
/// - [`Reply::Unchanged`], if the last answer was an error, and what was told before that still holds.
///
/// ```
/// use component_model::{ErrorKind, News, Reply, SourceError, Value};
///
/// let mut news = News::default();
/// assert!(news.tell(Ok(Value::text("8080").into())).is_some());
/// assert!(news.tell(Ok(Value::text("8080").into())).is_none());
///
/// let lost = || SourceError::new(ErrorKind::Unreachable, "the connection was lost");
/// assert!(news.tell(Err(lost())).is_some());
/// assert!(news.tell(Err(lost())).is_none());
/// assert!(matches!(news.tell(Ok(Value::text("8080").into())), Some(Ok(Reply::Unchanged { .. }))));
/// ```
#[derive(Debug, Default)]
pub struct News {
    told: Told,
    /// The kind of the error that was told since, and its text if that matters: attempts to connect fail in many ways.
    failed: Option<(ErrorKind, Option<String>)>,
}

#[derive(Debug, Default)]
enum Told {
    #[default]
    Nothing,
    /// What the caller has.
    Version(Version),
    /// Absence, and its version.
    Absence(Option<Version>),
    Value(Record),
}

impl News {
    /// For a caller who has this version; `None` tells the first answer, as [`default`](Default::default) does.
    ///
    /// ```
    /// use component_model::{News, Record, Value, Version};
    ///
    /// let record = |version| Record::new(Value::text("8080")).with_version(Version::new(version));
    /// let mut news = News::since(Some(Version::new("41")));
    /// assert!(news.tell(Ok(record("41").into())).is_none());
    /// assert_eq!(news.version().map(Version::as_str), Some("41"));
    /// ```
    #[must_use]
    pub fn since(known: Option<Version>) -> Self {
        Self { told: known.map_or(Told::Nothing, Told::Version), failed: None }
    }

    /// The version that the caller has, to [ask with](crate::Asked::unless).
    ///
    /// ```
    /// use component_model::News;
    ///
    /// assert!(News::default().version().is_none());
    /// ```
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        match &self.told {
            Told::Version(version) | Told::Absence(Some(version)) => Some(version),
            Told::Value(record) => record.version(),
            Told::Nothing | Told::Absence(None) => None,
        }
    }

    /// The answer as it has to be told, or `None` if it is no news. Remembers it.
    ///
    /// ```
    /// use component_model::{News, Reply};
    ///
    /// let mut news = News::default();
    /// assert!(news.tell(Ok(Reply::ABSENT)).is_some());
    /// assert!(news.tell(Ok(Reply::ABSENT)).is_none());
    /// ```
    pub fn tell(&mut self, answer: Answer) -> Option<Answer> {
        let next = match &answer {
            Err(error) if error.kind() == ErrorKind::Absent => Some(Told::Absence(None)),
            Err(error) => {
                let failed = Some((error.kind(), (!error.is_transient()).then(|| error.to_string())));
                let is_same = self.failed == failed;
                self.failed = failed;
                return (!is_same).then_some(answer);
            }
            Ok(Reply::Found(record)) => Some(Told::Value(record.clone())),
            Ok(Reply::Absent { version, .. }) => Some(Told::Absence(version.clone())),
            Ok(Reply::Unchanged { .. }) => None,
        };
        let had_failed = self.failed.take().is_some();
        let is_same = next.as_ref().is_none_or(|next| self.told.is_same(next));
        if let Some(next) = next {
            self.told = next;
        }
        match (is_same, had_failed) {
            (false, _) => Some(answer),
            (true, true) => Some(Ok(Reply::Unchanged { good_for: answer.as_ref().ok().and_then(Reply::good_for) })),
            (true, false) => None,
        }
    }
}

impl Told {
    fn is_same(&self, next: &Self) -> bool {
        match (self, next) {
            (Self::Absence(_), Self::Absence(_)) => true,
            (Self::Version(known), Self::Value(record)) => record.version() == Some(known),
            (Self::Value(last), Self::Value(next)) => {
                let has_same_version = last.version().is_some() && last.version() == next.version();
                has_same_version || last.value() == next.value()
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SourceError, Value};

    fn found(text: &str) -> Answer {
        Ok(Value::text(text).into())
    }

    fn versioned(text: &str, version: &str) -> Answer {
        Ok(Record::new(Value::text(text)).with_version(Version::new(version)).into())
    }

    fn failed(message: &str) -> Answer {
        Err(SourceError::new(ErrorKind::Malformed, message.to_owned()))
    }

    fn unchanged() -> Answer {
        Ok(Reply::Unchanged { good_for: None })
    }

    /// What is told of the answers, one after another: everything, that nothing changed, or nothing.
    fn told(known: Option<&str>, answers: impl IntoIterator<Item = Answer>) -> String {
        let mut news = News::since(known.map(Version::new));
        let letter = |answer| match news.tell(answer) {
            Some(Ok(Reply::Unchanged { .. })) => '=',
            Some(_) => '+',
            None => '.',
        };
        answers.into_iter().map(letter).collect()
    }

    #[test]
    fn a_change_each_new_error_and_the_end_of_errors_are_told() {
        let answers =
            [found("1"), found("1"), found("2"), failed("a"), failed("a"), failed("b"), found("2"), unchanged()];
        assert_eq!(told(None, answers), "+.++.+=.");
        assert_eq!(told(None, [failed("a"), found("1"), failed("a"), found("2"), failed("a"), unchanged()]), "+++++=");
    }

    #[test]
    fn what_may_heal_is_told_again_only_as_another_kind() {
        let failed = |kind, message: &'static str| Err(SourceError::new(kind, message));
        let (lost, slow) = (ErrorKind::Unreachable, ErrorKind::Timeout);
        let answers = [failed(lost, "reset"), failed(lost, "refused"), failed(slow, "late"), failed(lost, "refused")];
        assert_eq!(told(None, answers), "+.++");
    }

    #[test]
    fn absence_is_told_once_whichever_way_the_source_says_it() {
        let absent = || Err(SourceError::new(ErrorKind::Absent, "no file"));
        assert_eq!(told(None, [absent(), Ok(Reply::ABSENT), failed("a"), absent(), found("1"), absent()]), "+.+=++");
    }

    #[test]
    fn the_known_version_is_not_told_and_neither_is_an_equal_value_with_another_version() {
        assert_eq!(told(Some("1"), [versioned("a", "1"), versioned("a", "2"), versioned("b", "3")]), "..+");
        assert_eq!(told(Some("1"), [failed("x"), versioned("a", "1"), versioned("a", "1")]), "+=.");
        assert_eq!(told(Some("1"), [Ok(Reply::ABSENT), versioned("a", "1")]), "++");
        // A source whose versions are wrong is believed.
        assert_eq!(told(None, [versioned("a", "1"), versioned("b", "1")]), "+.");
    }

    #[test]
    fn a_value_without_a_version_is_told_apart_from_absence() {
        assert_eq!(told(None, [Ok(Reply::ABSENT), found("1"), Ok(Reply::ABSENT)]), "+++");
    }

    #[test]
    fn the_version_of_what_was_told_is_known() {
        let mut news = News::default();
        news.tell(versioned("a", "7"));
        news.tell(failed("x"));
        assert_eq!(news.version().map(Version::as_str), Some("7"));
    }
}
