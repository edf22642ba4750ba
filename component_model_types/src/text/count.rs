//! Counts with a noun: `1 attempt`, `3 attempts`.

/// The number with its noun, in the plural unless it is one.
///
/// ```
/// use component_model_types::text::counted;
///
/// assert_eq!(counted(3, "attempt"), "3 attempts");
/// ```
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn only_one_is_singular() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "attempt")), ["0 attempts", "1 attempt", "2 attempts"]);
    }
}
