//! The text of errors: one line, a block of aligned lines, or the blocks of a whole fetch.
//!
//! What always holds: a source and its locator are one word, `settings:host`, and text from outside cannot break the
//! layout. No value is shown: an error does not have it.

use std::{collections::HashSet, error::Error, fmt};

use super::{ComponentError, ComponentErrors};
use crate::{
    ErrorKind,
    text::{
        counted, duration_text,
        layout::{clean, hanging, one_line},
        place_text,
    },
};

/// The column where the text of a block begins, after its label.
const INDENT: usize = 11;

/// `AppConfig.port: u16 from consul:app/port: unreachable: connection refused (3 attempts in 2.01 s)`.
pub(super) fn line(error: &ComponentError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let subject = [subject(error), origin(error)].into_iter().flatten().collect::<Vec<_>>().join(" from ");
    if !subject.is_empty() {
        write!(f, "{subject}: ")?;
    }
    f.write_str(&one_line(&format!("{}{}", what(error), covered_by(error))))?;
    if error.attempts() > 0 { write!(f, " ({})", effort(error)) } else { Ok(()) }
}

/// The component on its own line, and the data of the error aligned below.
pub(super) fn block(error: &ComponentError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&subject(error).unwrap_or_else(|| "error".to_owned()))?;
    rows(error).iter().try_for_each(|(label, text)| write!(f, "\n  {label:<8} {}", hanging(text, INDENT)))
}

/// All errors of a fetch, one block each.
pub(super) fn list(errors: &ComponentErrors, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let list = &errors.0;
    let owner = one_line(if list.owner.is_empty() { "the fetch" } else { &list.owner });
    let failed = if list.unasked { "cannot be fetched; nothing was asked" } else { "failed" };
    match list.components {
        0 => write!(f, "{owner}: {} {failed}", counted(list.errors.len(), "component"))?,
        all => write!(f, "{owner}: {} of {} {failed}", in_error(&list.errors).min(all), counted(all, "component"))?,
    }
    list.errors.iter().try_for_each(|error| {
        f.write_str("\n\n")?;
        block(error, f)
    })
}

/// How many components the errors are about. A component may have several before anything is asked.
fn in_error(errors: &[ComponentError]) -> usize {
    let components: HashSet<_> = errors.iter().filter_map(ComponentError::field).collect();
    components.len() + errors.iter().filter(|error| error.field().is_none()).count()
}

/// What to do about it.
pub(crate) fn hint_text(error: &ComponentError) -> Option<String> {
    error.hint().map(clean)
}

/// What happened, without the component and the kind: `connection refused: os error 111 (not in overrides:port)`.
pub(crate) fn message_text(error: &ComponentError) -> String {
    let message = Some(error.0.failure.to_string()).filter(|message| !message.is_empty());
    let chain: Vec<_> = message.into_iter().chain(causes(error)).collect();
    let text = if chain.is_empty() { error.kind().label().to_owned() } else { chain.join(": ") };
    format!("{}{}{}", clean(&text), not_in(error), clean(&covered_by(error)))
}

/// The component and its type: `AppConfig.port: u16`.
fn subject(error: &ComponentError) -> Option<String> {
    error.component().map(|component| match error.expected_type() {
        Some(ty) => one_line(&format!("{component}: {ty}")),
        None => one_line(&component),
    })
}

/// The problem and the chain of its causes.
fn what(error: &ComponentError) -> String {
    let mut chain = causes(error);
    chain.insert(0, problem(error));
    chain.join(": ")
}

/// ` (not in overrides:port, settings:port)`: the sources that were asked and do not have the value.
fn not_in(error: &ComponentError) -> String {
    let places: Vec<_> = absent(error).collect();
    if places.is_empty() { String::new() } else { format!(" (not in {})", places.join(", ")) }
}

/// `; tried backup:port: denied: …`: what was asked because of the failure.
fn covered_by(error: &ComponentError) -> String {
    error.0.cover.as_ref().map(|cover| format!("; tried {cover}")).unwrap_or_default()
}

/// The place that failed, or else the places that do not have the value, on one line; quoted if it has spaces.
fn origin(error: &ComponentError) -> Option<String> {
    let quoted = |place: String| if place.contains(' ') { format!("`{place}`") } else { place };
    let absent: Vec<_> = absent(error).map(quoted).collect();
    match (failed(error).map(quoted), &absent[..]) {
        (None, []) => None,
        (None, absent) => Some(absent.join(", ")),
        (Some(failed), []) => Some(failed),
        (Some(failed), absent) => Some(format!("{failed} (not in {})", absent.join(", "))),
    }
}

fn rows(error: &ComponentError) -> Vec<(&'static str, String)> {
    let absent = absent(error).map(|place| ("not in", place));
    let source = failed(error).map(|place| ("source", place));
    let problem = std::iter::once(("problem", problem(error)));
    let causes = causes(error).into_iter().map(|cause| ("cause", cause));
    // One attempt that took no time says nothing.
    let is_told = error.0.failure.why_not_retried().is_some();
    let effortless = error.attempts() == 1 && error.elapsed().is_zero() && !is_told;
    let effort = (error.attempts() > 0 && !effortless).then(|| ("after", effort(error)));
    let hint = error.hint().map(|hint| ("hint", hint.to_owned()));
    let cover = error.0.cover.as_ref().map(|cover| ("tried", cover.to_string()));
    absent.chain(source).chain(problem).chain(causes).chain(effort).chain(cover).chain(hint).collect()
}

/// The places that were asked and do not have the value.
fn absent(error: &ComponentError) -> impl Iterator<Item = String> {
    error.0.tried.iter().map(|tried| place_text(&tried.source, &tried.locator))
}

/// The place that failed.
fn failed(error: &ComponentError) -> Option<String> {
    let place = place_text(error.source_name().unwrap_or_default(), error.locator().unwrap_or_default());
    Some(place).filter(|place| !place.is_empty())
}

/// The kind, and the message of the source if it adds anything.
fn problem(error: &ComponentError) -> String {
    let label = error.kind().label();
    match error.0.failure.to_string() {
        message if message.is_empty() || message == label => label.to_owned(),
        // It is clear that the component failed.
        message if error.kind() == ErrorKind::Other => message,
        message => format!("{label}: {message}"),
    }
}

fn effort(error: &ComponentError) -> String {
    let attempts = counted(error.attempts() as usize, "attempt");
    let not_retried = error.0.failure.why_not_retried().map(|why| format!(", not tried again: {}", one_line(why)));
    format!("{attempts} in {}{}", duration_text(error.elapsed()), not_retried.unwrap_or_default())
}

/// The chain of causes, without those that the text before them contains.
fn causes(error: &ComponentError) -> Vec<String> {
    let mut said = problem(error);
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = next.to_string();
        if !text.is_empty() && !said.contains(&text) {
            said.clone_from(&text);
            causes.push(text);
        }
        cause = next.source();
    }
    causes
}

#[cfg(test)]
mod tests {
    use component_model_types::plan::Component;

    use super::*;
    use crate::{SourceError, error::About};

    #[test]
    fn an_error_without_a_component_still_says_where() {
        let error = ComponentError::from(SourceError::new(ErrorKind::Denied, "").at("app.toml:1:2"));
        assert_eq!(error.to_string(), "app.toml:1:2: denied");
        assert_eq!(format!("{error:#}"), "error\n  source   app.toml:1:2\n  problem  denied");
    }

    #[test]
    fn a_message_cannot_break_the_line() {
        let error = ComponentError::from(SourceError::new(ErrorKind::Denied, "no\r\nINFO all is well\u{1b}[2J"));
        assert_eq!(error.to_string(), "denied: no INFO all is well\\u{1b}[2J");
    }

    #[test]
    fn no_part_of_an_error_controls_a_terminal_or_adds_a_line() {
        let escape = "\u{1b}[2J\u{9b}31m";
        let component = Component { ty: "u\u{1b}16", ..Component::NEW };
        let about = About::new(&format!("A{escape}\n"), &format!("b{escape}"), &component);
        let cause = std::io::Error::other(format!("no\nroute{escape}"));
        let failure = SourceError::new(ErrorKind::Denied, format!("x{escape}")).with_cause(cause);
        let failure = failure.with_hint(format!("h{escape}"));
        let error = ComponentError::new(failure).located(format!("s{escape}"), format!("l{escape}\n")).about(&about);
        let list = ComponentErrors::new(format!("A{escape}\nINFO"), 1, vec![error.clone()]);
        let is_plain = |text: &str| !text.contains(|one: char| one.is_control() && one != '\n');
        for text in [format!("{error}"), format!("{error:#}"), format!("{list}"), message_text(&error)] {
            assert!(is_plain(&text), "{text:?}");
        }
        assert!(list.to_string().starts_with(r"A\u{1b}[2J\u{9b}31m INFO: 1 of 1 component failed"), "{list}");
        assert!(!error.to_string().contains('\n'), "{error}");
        assert!(message_text(&error).contains("no\nroute"), "a cause may span lines");
        let problem = crate::Problem::from(&error);
        assert!(is_plain(problem.message()) && is_plain(problem.hint().unwrap_or_default()), "{problem:?}");
    }

    #[test]
    fn a_cause_that_the_message_contains_is_not_repeated() {
        let cause = std::io::Error::other("the disk is on fire");
        let error = SourceError::new(ErrorKind::Other, "no answer: the disk is on fire").with_cause(cause);
        assert_eq!(ComponentError::from(error).to_string(), "no answer: the disk is on fire");
    }
}
