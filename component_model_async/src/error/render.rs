//! How errors look: one line, a block of aligned lines, or the blocks of a whole fetch.

use std::{error::Error, fmt, time::Duration};

use super::{ComponentError, ComponentErrors};

/// `AppConfig.port: u16 from consul:app/port: connection refused, after 3 attempts in 2.01 s: cause`.
pub(super) fn line(error: &ComponentError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(component) = error.component() {
        write!(f, "{component}: {}", error.expected_type().unwrap_or_default())?;
        if let Some(source) = error.source_name() {
            write!(f, " from {source}")?;
            write_if(f, ":", error.locator().unwrap_or_default())?;
        }
        f.write_str(": ")?;
    }
    f.write_str(&problem(error))?;
    if error.attempts() > 0 {
        write!(f, ", after {}", effort(error))?;
    }
    causes(error).iter().try_for_each(|cause| write!(f, ": {cause}"))
}

/// The component on a line of its own, what is known of it aligned below.
pub(super) fn block(error: &ComponentError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match error.component() {
        Some(component) => write!(f, "{component}: {}", error.expected_type().unwrap_or_default())?,
        None => f.write_str("error")?,
    }
    rows(error).iter().try_for_each(|(label, text)| write!(f, "\n  {label:<8} {}", indented(text)))
}

/// All errors of a fetch, a block each.
pub(super) fn list(errors: &ComponentErrors, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let list = &errors.0;
    let owner = if list.owner.is_empty() { "the fetch" } else { list.owner };
    match list.components {
        0 => write!(f, "{owner}: {} failed", components(list.errors.len()))?,
        all => write!(f, "{owner}: {} of {} failed", list.errors.len(), components(all))?,
    }
    list.errors.iter().try_for_each(|error| {
        f.write_str("\n\n")?;
        block(error, f)
    })
}

fn components(count: usize) -> String {
    if count == 1 { "1 component".to_owned() } else { format!("{count} components") }
}

fn rows(error: &ComponentError) -> Vec<(&'static str, String)> {
    let tried = error.0.tried.iter().map(|tried| ("absent", located(&tried.source, &tried.locator)));
    let source = error.source_name().map(|name| ("source", located(name, error.locator().unwrap_or_default())));
    let problem = std::iter::once(("problem", problem(error)));
    let causes = causes(error).into_iter().map(|cause| ("cause", cause));
    let effort = (error.attempts() > 0).then(|| ("after", effort(error)));
    let hint = error.hint().map(|hint| ("hint", hint.to_owned()));
    tried.chain(source).chain(problem).chain(causes).chain(effort).chain(hint).collect()
}

fn located(source: &str, locator: &str) -> String {
    format!("{source}  {locator}")
}

/// The kind, and what the source says about it where that adds anything.
fn problem(error: &ComponentError) -> String {
    let label = error.kind().label();
    let message = error.0.failure.to_string();
    if message.is_empty() || message == label { label.to_owned() } else { format!("{label}: {message}") }
}

fn effort(error: &ComponentError) -> String {
    let attempts = match error.attempts() {
        1 => "1 attempt".to_owned(),
        many => format!("{many} attempts"),
    };
    format!("{attempts} in {}", duration(error.elapsed()))
}

/// A duration in the unit that a person would take, with three digits: `1.23 s`, `45.6 ms`, `789 µs`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (number, unit) = match seconds {
        _ if seconds >= 1.0 => (seconds, "s"),
        _ if seconds >= 1e-3 => (seconds * 1e3, "ms"),
        _ => (seconds * 1e6, "µs"),
    };
    let digits = if number >= 99.95 {
        0
    } else if number >= 9.995 {
        1
    } else {
        2
    };
    format!("{number:.digits$} {unit}")
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

fn indented(text: &str) -> String {
    text.replace('\n', "\n           ")
}

fn write_if(f: &mut fmt::Formatter<'_>, separator: &str, text: &str) -> fmt::Result {
    if text.is_empty() { Ok(()) } else { write!(f, "{separator}{text}") }
}
