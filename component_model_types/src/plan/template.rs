//! Templates: text with the names of components in braces, such as `app/{region}/port`.
//!
//! `{{` and `}}` are braces. The derive reads templates to find unknown names, binding to find what a component depends
//! on, and a source to insert values, encoded as it needs.

use std::fmt;

/// A piece of a template.
///
/// ```
/// use component_model::plan::template::{Part, parts};
///
/// let all: Vec<_> = parts("app/{region}").collect::<Result<_, _>>()?;
/// assert_eq!(all, [Part::Text("app/"), Part::Component("region")]);
/// # Ok::<(), component_model::plan::template::Mistake>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'t> {
    /// Text that is taken as it is.
    Text(&'t str),
    /// The path of a component.
    Component(&'t str),
}

/// What is wrong with a template; its `Display` says what to write.
///
/// ```
/// use component_model::plan::template::parts;
///
/// let mistake = parts("app/{region").find_map(Result::err).unwrap();
/// assert_eq!(mistake.to_string(), "`{` is not closed: write `{name}` for a component, `{{` for a brace");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake<'t> {
    /// A `{` without its `}`.
    Open,
    /// A `}` without its `{`.
    Closed,
    /// What is between the braces is not a path of names.
    Name(&'t str),
}

impl fmt::Display for Mistake<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("`{` is not closed: write `{name}` for a component, `{{` for a brace"),
            Self::Closed => f.write_str("`}` closes nothing: write `}}` for a brace"),
            Self::Name(text) if text.contains('{') => Self::Open.fmt(f),
            Self::Name(text) if text.trim() != *text && is_shown(text.trim()) => {
                write!(f, "a name has no spaces around it: write `{{{}}}`", text.trim())
            }
            Self::Name(text) if is_shown(text) => {
                write!(f, "`{{{text}}}` does not name a component: write `{{{{{text}}}}}` for text in braces")
            }
            // It may be a part of a value.
            Self::Name(_) => {
                f.write_str("what is in braces does not name a component: write `{{` and `}}` for text in braces")
            }
        }
    }
}

/// Whether a text may be meant as a name, so that a message shows it.
fn is_shown(text: &str) -> bool {
    text.len() <= 40 && text.chars().all(|char| char.is_alphanumeric() || "_.-$ ".contains(char))
}

/// Whether a text is taken as it is: it has no braces.
///
/// ```
/// use component_model::plan::template::is_plain;
///
/// assert!(is_plain("app/port") && !is_plain("app/{region}") && !is_plain("{{tag}}"));
/// ```
#[must_use]
pub fn is_plain(text: &str) -> bool {
    !text.contains(['{', '}'])
}

/// The pieces of a template. Iteration may continue after a mistake, to find all of them.
///
/// ```
/// use component_model::plan::template::{Part, parts};
///
/// let tag: Vec<_> = parts("{{shop}}:{pool.region}").collect::<Result<_, _>>()?;
/// assert_eq!(tag, [Part::Text("{"), Part::Text("shop}"), Part::Text(":"), Part::Component("pool.region")]);
/// # Ok::<(), component_model::plan::template::Mistake>(())
/// ```
pub fn parts(template: &str) -> impl Iterator<Item = Result<Part<'_>, Mistake<'_>>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (part, after) = next(rest);
        rest = after;
        Some(part)
    })
}

/// The components that a template names, in their order; one that has a mistake names none.
///
/// ```
/// use component_model::plan::template::names;
///
/// assert_eq!(names("{region}/{pool.name}").collect::<Vec<_>>(), ["region", "pool.name"]);
/// ```
pub fn names(template: &str) -> impl Iterator<Item = &str> {
    parts(template).filter_map(|part| match part {
        Ok(Part::Component(name)) => Some(name),
        Ok(Part::Text(_)) | Err(_) => None,
    })
}

/// The first piece of a text that is not empty, and the rest.
fn next(text: &str) -> (Result<Part<'_>, Mistake<'_>>, &str) {
    let Some(brace) = text.find(['{', '}']) else { return (Ok(Part::Text(text)), "") };
    let (before, from) = text.split_at(brace);
    if from.starts_with("{{") || from.starts_with("}}") {
        return (Ok(Part::Text(&text[..=brace])), &from[2..]);
    }
    if !before.is_empty() {
        return (Ok(Part::Text(before)), from);
    }
    if let Some(after) = from.strip_prefix('}') {
        return (Err(Mistake::Closed), after);
    }
    match from[1..].split_once('}') {
        None => (Err(Mistake::Open), ""),
        Some((name, after)) if is_path(name) => (Ok(Part::Component(name)), after),
        Some((name, after)) => (Err(Mistake::Name(name)), after),
    }
}

/// Names of fields, separated by dots.
fn is_path(name: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && name.chars().all(|one| one.is_alphanumeric() || one == '_')
    };
    name.split('.').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(template: &str) -> Vec<Result<Part<'_>, Mistake<'_>>> {
        parts(template).collect()
    }

    #[test]
    fn doubled_braces_are_text() {
        assert_eq!(read("{{"), [Ok(Part::Text("{"))]);
        assert_eq!(read("a}}b"), [Ok(Part::Text("a}")), Ok(Part::Text("b"))]);
        assert_eq!(read("{{{a}}}"), [Ok(Part::Text("{")), Ok(Part::Component("a")), Ok(Part::Text("}"))]);
    }

    #[test]
    fn a_mistake_shows_what_may_be_a_name_and_nothing_else() {
        let message = |text: &str| read(text).into_iter().find_map(Result::err).unwrap().to_string();
        assert!(message("{a-b}").contains("`{a-b}` does not name"));
        assert!(message("{ region }").contains("write `{region}`"));
        assert!(message("{user:{password}").contains("is not closed"));
        for value in ["{\"hunter2\":1}", "{hunter2:x}"] {
            assert!(!message(value).contains("hunter2"), "{}", message(value));
        }
    }

    #[test]
    fn every_mistake_is_found() {
        assert_eq!(read("{"), [Err(Mistake::Open)]);
        assert_eq!(read("a}b"), [Ok(Part::Text("a")), Err(Mistake::Closed), Ok(Part::Text("b"))]);
        for name in ["", "a b", "1", "a..b", ".a", "a.", "a-b"] {
            assert_eq!(read(&format!("{{{name}}}")), [Err(Mistake::Name(name))], "{name}");
        }
    }
}
