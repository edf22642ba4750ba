//! The text of a place: `settings:host`.

use super::layout::one_line;

/// A source and a place in its own notation as one word: `settings:host`; only the source if there is no place.
pub(crate) fn place_text(source: &str, place: &str) -> String {
    let (source, place) = (one_line(source), one_line(place));
    let names_its_source = place.strip_prefix(&*source).is_some_and(|rest| rest.starts_with(':'));
    match (&*source, &*place) {
        (_, "") => source,
        ("", _) => place,
        _ if names_its_source => place,
        _ => format!("{source}:{place}"),
    }
}

#[cfg(test)]
mod tests {
    use super::place_text;

    #[test]
    fn a_place_is_one_word() {
        assert_eq!(place_text("settings", "host"), "settings:host");
        assert_eq!(place_text("settings", ""), "settings");
        assert_eq!(place_text("", "app.toml:1:2"), "app.toml:1:2");
        assert_eq!(place_text("consul", "consul:app/port"), "consul:app/port");
        assert_eq!(place_text("database", "SELECT value\n  FROM config"), "database:SELECT value FROM config");
    }
}
