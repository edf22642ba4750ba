//! Durations as readable text: `45.6 ms`.

use std::time::Duration;

/// A duration in the most readable unit, with three digits: `2 s`, `1.23 s`, `45.6 ms`, `789 µs`, `2 min 5 s`.
///
/// ```
/// use component_model_types::text::duration_text;
/// use std::time::Duration;
///
/// assert_eq!(duration_text(Duration::from_micros(45_612)), "45.6 ms");
/// ```
#[must_use]
pub fn duration_text(duration: Duration) -> String {
    const SECOND: u128 = 1_000_000_000;
    // The limit of each unit is where three digits would round up to the next unit.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_three_digits_in_the_most_readable_unit() {
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
            assert_eq!(duration_text(Duration::from_nanos(nanos)), text, "{nanos} ns");
        }
        assert_eq!(duration_text(Duration::MAX), "5124095576030431 h 0 min");
    }
}
