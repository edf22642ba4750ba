//! What must hold of every failure: its class, its words, its time, and what it must not say.

use std::{error::Error, time::Duration};

use component_model::{ComponentError, ComponentErrors, ErrorKind, Report, Sources};

use crate::member::{MARGIN, Member, NAME};

/// The attempt's timeout where a component names none.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);

/// A failure as it should be.
pub(crate) struct Failure<'f> {
    /// `Port.port: u16`.
    pub(crate) component: &'f str,
    pub(crate) locator: &'f str,
    pub(crate) kind: ErrorKind,
    pub(crate) transient: bool,
    /// The longest that the attempt may take.
    pub(crate) timeout: Duration,
}

impl Failure<'_> {
    /// Checks the only error of a fetch: all that is expected is there, nothing that is secret.
    pub(crate) fn check<M: Member>(&self, member: &M, sources: &Sources, errors: &ComponentErrors) {
        assert_eq!(errors.len(), 1, "{errors}");
        let error = &errors[0];
        assert_eq!(error.kind(), self.kind, "{errors}");
        assert_eq!(error.is_transient(), self.transient, "{errors}");
        assert!(error.elapsed() < self.timeout + MARGIN, "{:?}: {errors}", error.elapsed());
        assert_eq!(error.attempts(), u32::from(errors.report().is_some()), "{errors}");
        for (name, text) in
            [("errors", errors.to_string()), ("block", format!("{error:#}")), ("line", error.to_string())]
        {
            for word in [self.component, NAME, self.locator] {
                assert!(text.contains(word), "{name}: no `{word}` in {text}");
            }
        }
        silent(member, sources, errors);
    }
}

/// The values that tests plant have this in them, and no text may.
pub(crate) const CANARY: &str = "hunter2";

/// Nothing secret is in any text of a failure.
pub(crate) fn silent<M: Member>(member: &M, sources: &Sources, errors: &ComponentErrors) {
    let mut texts = vec![("sources", format!("{sources:?} {sources:#?}"))];
    texts.extend(texts_of_errors(errors));
    texts.extend(errors.report().map(texts_of_report).into_iter().flatten());
    assert_silent(member, &texts);
}

/// No text has the canary or one of the member's secrets.
pub(crate) fn assert_silent<M: Member>(member: &M, texts: &[(&str, String)]) {
    let secrets = member.secrets();
    let forbidden = secrets.iter().map(String::as_str).chain([CANARY]);
    for word in forbidden {
        for (name, text) in texts {
            assert!(!text.contains(word), "{name} says `{word}`: {text}");
        }
    }
}

fn texts_of_errors(errors: &ComponentErrors) -> Vec<(&'static str, String)> {
    let mut texts = vec![("errors", format!("{errors}\n{errors:#}\n{errors:?}\n{errors:#?}"))];
    for error in errors {
        texts.push(("error", format!("{error}\n{error:#}\n{error:?}\n{error:#?}")));
        texts.push(("chain", chain(error)));
        texts.push(("parts", format!("{:?} {:?} {:?}", error.locator(), error.hint(), error.source_name())));
    }
    let whole = ComponentError::from(errors.clone());
    texts.push(("whole", format!("{whole}\n{whole:#}\n{whole:?}\n{whole:#?}")));
    texts
}

fn chain(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("{error}\n{error:#}\n{error:?}\n{error:#?}\n"));
        cause = error.source();
    }
    text
}

/// A report in every form that it has.
pub(crate) fn texts_of_report(report: &Report) -> Vec<(&'static str, String)> {
    vec![
        ("report", format!("{report}\n{report:#}\n{report:?}\n{report:#?}")),
        ("json", serde_json::to_string(report).unwrap()),
        ("svg", report.to_svg()),
        ("waterfall", report.waterfall().to_string()),
    ]
}
