//! What is listened to: every text that a fetch, a source or an error has.

use std::{error::Error, fmt::Debug};

use component_model::{ComponentError, ComponentErrors, Report, SourceError, Sources};

use crate::log;

/// What is planted; no text may hold it.
pub(crate) const CANARY: &str = "c4nary";

/// The texts that were heard.
#[derive(Default)]
pub(crate) struct Heard(Vec<(String, String)>);

impl Heard {
    /// Begins, with the log.
    pub(crate) fn new() -> Self {
        log::listen();
        Self::default()
    }

    /// What `Debug` says, in both its forms.
    pub(crate) fn debug(&mut self, what: &str, value: &impl Debug) -> &mut Self {
        self.text(what, format!("{value:?}\n{value:#?}"))
    }

    pub(crate) fn text(&mut self, what: &str, text: impl Into<String>) -> &mut Self {
        self.0.push((what.to_owned(), text.into()));
        self
    }

    /// An error with its chain of causes.
    pub(crate) fn error(&mut self, what: &str, error: &dyn Error) -> &mut Self {
        let mut next = Some(error);
        while let Some(error) = next {
            self.text(what, format!("{error}\n{error:#}\n{error:?}\n{error:#?}"));
            next = error.source();
        }
        self
    }

    pub(crate) fn source_error(&mut self, what: &str, error: &SourceError) -> &mut Self {
        self.text(what, format!("{:?} {:?}", error.hint(), error.place())).error(what, error)
    }

    /// All that the errors of a fetch say, and how many there must be.
    pub(crate) fn errors(&mut self, what: &str, errors: &ComponentErrors, count: usize) -> &mut Self {
        assert_eq!(errors.len(), count, "{what}: {errors}");
        self.error(what, errors);
        for error in errors {
            self.text(what, format!("{:?} {:?} {:?}", error.locator(), error.hint(), error.source_name()));
            self.error(what, error);
        }
        self.error(what, &ComponentError::from(errors.clone()));
        if let Some(report) = errors.report() {
            self.report(what, report);
        }
        self
    }

    /// A report in every form that it has.
    pub(crate) fn report(&mut self, what: &str, report: &Report) {
        self.debug(what, report).text(what, report.to_string()).text(what, report.to_svg());
        self.text(what, report.waterfall().to_string()).debug(what, &report.waterfall());
        self.text(what, serde_json::to_string(report).unwrap());
    }

    /// No text has the canary, and neither has the log.
    pub(crate) fn assert_silent(&self) {
        assert!(!self.0.is_empty());
        for (what, text) in &self.0 {
            assert!(!text.contains(CANARY), "{what}: {text}");
        }
        log::assert_silent();
    }
}

/// Fetches what must fail, and listens to it and to the sources.
macro_rules! hear {
    ($heard:expr, $what:expr, $subject:ty, $count:expr, $sources:expr) => {{
        let sources: &component_model::Sources = $sources;
        let partial = <$subject>::fetch().sources(sources).partial().await;
        $heard.debug($what, &partial).debug($what, sources);
        let errors = <$subject>::fetch_all_components_from(sources).await.unwrap_err();
        $heard.errors($what, &errors, $count);
    }};
}
pub(crate) use hear;

/// The sources of a test: one, by its name.
pub(crate) fn only(name: &str, source: impl component_model::Source) -> Sources {
    Sources::builder().source(name, source).build()
}

#[test]
#[should_panic(expected = "what sings: before c4nary after")]
fn a_text_that_holds_a_canary_is_heard() {
    Heard::new().text("what is silent", "c-nary").text("what sings", "before c4nary after").assert_silent();
}
