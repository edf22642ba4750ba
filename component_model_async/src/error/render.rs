//! How errors look: one line, a block of aligned lines, or the blocks of a whole fetch.
//!
//! What always holds: a source and its locator are one word, `settings:host`, and what comes from outside cannot break
//! the layout. The words themselves are those of the error: it never knows a value.

use std::{error::Error, fmt, time::Duration};

use super::{ComponentError, ComponentErrors};
use crate::ErrorKind;
use crate::layout::{hanging, one_line};

/// Where the text of a block begins, behind its label.
const INDENT: usize = 11;

/// `AppConfig.port: u16 from consul:app/port: unreachable: connection refused (3 attempts in 2.01 s)`.
pub(super) fn line(error: &ComponentError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let subject = [subject(error), origin(error)].into_iter().flatten().collect::<Vec<_>>().join(" from ");
    if !subject.is_empty() {
        write!(f, "{subject}: ")?;
    }
    f.write_str(&one_line(&what(error)))?;
    if error.attempts() > 0 { write!(f, " ({})", effort(error)) } else { Ok(()) }
}

/// The component on a line of its own, what is known of it aligned below.
pub(super) fn block(error: &ComponentError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&subject(error).unwrap_or_else(|| "error".to_owned()))?;
    rows(error).iter().try_for_each(|(label, text)| write!(f, "\n  {label:<8} {}", hanging(text, INDENT)))
}

/// All errors of a fetch, a block each.
pub(super) fn list(errors: &ComponentErrors, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let list = &errors.0;
    let owner = if list.owner.is_empty() { "the fetch" } else { list.owner };
    match list.components {
        0 => write!(f, "{owner}: {} failed", counted(list.errors.len(), "component"))?,
        all => write!(f, "{owner}: {} of {} failed", list.errors.len(), counted(all, "component"))?,
    }
    list.errors.iter().try_for_each(|error| {
        f.write_str("\n\n")?;
        block(error, f)
    })
}

/// All that a report says of an error, beside its component: `unreachable: connection refused: os error 111`.
pub(crate) fn problem_text(error: &ComponentError) -> String {
    format!("{}{}", what(error), not_in(error))
}

/// The same without the kind, for those who say the kind themselves.
pub(crate) fn message_text(error: &ComponentError) -> String {
    let message = Some(error.0.failure.to_string()).filter(|message| !message.is_empty());
    let chain: Vec<_> = message.into_iter().chain(causes(error)).collect();
    let text = if chain.is_empty() { error.kind().label().to_owned() } else { chain.join(": ") };
    format!("{text}{}", not_in(error))
}

/// A source and where it looked, as one word: `settings:host`, or the source alone where it has no locator.
pub(crate) fn place(source: &str, locator: &str) -> String {
    let (source, locator) = (one_line(source), one_line(locator));
    let says_its_source = locator.strip_prefix(&*source).is_some_and(|rest| rest.starts_with(':'));
    match (&*source, &*locator) {
        (_, "") => source,
        ("", _) => locator,
        _ if says_its_source => locator,
        _ => format!("{source}:{locator}"),
    }
}

/// A duration in the unit that a person would take, with three digits: `2 s`, `1.23 s`, `45.6 ms`, `789 µs`,
/// `2 min 5 s`.
pub(crate) fn duration(duration: Duration) -> String {
    const SECOND: u128 = 1_000_000_000;
    // Up to where three digits of a unit do not round up to the next one.
    match duration.as_nanos() {
        0 => "0 s".to_owned(),
        nanos @ ..=999 => format!("{nanos} ns"),
        nanos @ ..999_500 => in_unit(nanos, 1_000, "µs"),
        nanos @ ..999_500_000 => in_unit(nanos, 1_000_000, "ms"),
        nanos if nanos < 59_950_000_000 => in_unit(nanos, SECOND, "s"),
        nanos => in_minutes((nanos + SECOND / 2) / SECOND),
    }
}

fn in_unit(nanos: u128, unit: u128, name: &str) -> String {
    if nanos.is_multiple_of(unit) {
        return format!("{} {name}", nanos / unit);
    }
    let number = nanos as f64 / unit as f64;
    let digits = if number >= 99.95 {
        0
    } else if number >= 9.995 {
        1
    } else {
        2
    };
    format!("{number:.digits$} {name}")
}

fn in_minutes(seconds: u128) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, rest) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{minutes} min {rest} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The component and its type: `AppConfig.port: u16`.
fn subject(error: &ComponentError) -> Option<String> {
    error.component().map(|component| match error.expected_type() {
        Some(ty) => format!("{component}: {ty}"),
        None => component,
    })
}

/// The problem and the chain of its causes.
fn what(error: &ComponentError) -> String {
    let mut chain = causes(error);
    chain.insert(0, problem(error));
    chain.join(": ")
}

/// ` (not in overrides:port, settings:port)`, where a source was asked and does not have the value.
fn not_in(error: &ComponentError) -> String {
    let places: Vec<_> = absent(error).collect();
    if places.is_empty() { String::new() } else { format!(" (not in {})", places.join(", ")) }
}

/// The place that failed, otherwise those that do not have the value; in one line, with a quote where it has spaces.
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
    let effort = (error.attempts() > 0).then(|| ("after", effort(error)));
    let hint = error.hint().map(|hint| ("hint", hint.to_owned()));
    absent.chain(source).chain(problem).chain(causes).chain(effort).chain(hint).collect()
}

/// The places that were asked and do not have the value.
fn absent(error: &ComponentError) -> impl Iterator<Item = String> {
    error.0.tried.iter().map(|tried| place(&tried.source, &tried.locator))
}

/// The place that failed.
fn failed(error: &ComponentError) -> Option<String> {
    let place = place(error.source_name().unwrap_or_default(), error.locator().unwrap_or_default());
    Some(place).filter(|place| !place.is_empty())
}

/// The kind, and what the source says about it where that adds anything.
fn problem(error: &ComponentError) -> String {
    let label = error.kind().label();
    match error.0.failure.to_string() {
        message if message.is_empty() || message == label => label.to_owned(),
        // That it failed is no news.
        message if error.kind() == ErrorKind::Other => message,
        message => format!("{label}: {message}"),
    }
}

fn effort(error: &ComponentError) -> String {
    format!("{} in {}", counted(error.attempts() as usize, "attempt"), duration(error.elapsed()))
}

/// The chain of causes, without the ones that the text before them says already.
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
    use super::*;
    use crate::SourceError;

    #[test]
    fn durations_have_three_digits_in_the_unit_of_a_person() {
        let cases = [
            (0, "0 s"),
            (250, "250 ns"),
            (1_000, "1 µs"),
            (1_234, "1.23 µs"),
            (999_499, "999 µs"),
            (999_500, "1.00 ms"),
            (45_600_000, "45.6 ms"),
            (45_612_345, "45.6 ms"),
            (999_499_999, "999 ms"),
            (999_999_999, "1.00 s"),
            (2_000_000_000, "2 s"),
            (9_996_000_000, "10.0 s"),
            (59_949_000_000, "59.9 s"),
            (59_960_000_000, "1 min"),
            (125_400_000_000, "2 min 5 s"),
            (3_720_000_000_000, "1 h 2 min"),
        ];
        for (nanos, text) in cases {
            assert_eq!(duration(Duration::from_nanos(nanos)), text, "{nanos} ns");
        }
        assert_eq!(duration(Duration::MAX), "5124095576030431 h 0 min");
    }

    #[test]
    fn a_place_is_one_word() {
        assert_eq!(place("settings", "host"), "settings:host");
        assert_eq!(place("settings", ""), "settings");
        assert_eq!(place("", "app.toml:1:2"), "app.toml:1:2");
        assert_eq!(place("consul", "consul:app/port"), "consul:app/port");
        assert_eq!(place("database", "SELECT value\n  FROM config"), "database:SELECT value FROM config");
    }

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
    fn a_cause_that_was_said_already_is_not_repeated() {
        let cause = std::io::Error::other("the disk is on fire");
        let error = SourceError::new(ErrorKind::Other, "no answer: the disk is on fire").with_cause(cause);
        assert_eq!(ComponentError::from(error).to_string(), "no answer: the disk is on fire");
    }
}
