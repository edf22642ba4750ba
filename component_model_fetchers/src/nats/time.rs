//! When an entry was written, as NATS tells it: in a text or as a number. It tells apart the entries of a bucket that was
//! deleted and created again, whose revisions begin at 1.

/// Nanoseconds since 1970 in a text such as `2026-11-30T17:14:32.5Z`; always in UTC.
pub(super) fn nanoseconds(text: &str) -> Option<i128> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers::<3>(date, '-')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let [hours, minutes, seconds] = numbers::<3>(time, ':')?;
    if !(1..=12).contains(&month) || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanoseconds: i64 = format!("{fraction:0<9}").parse().ok()?;
    let seconds = ((days(year, month, day) * 24 + hours) * 60 + minutes) * 60 + seconds;
    Some(i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds))
}

fn numbers<const N: usize>(text: &str, separator: char) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for number in &mut numbers {
        let part = parts.next().filter(|part| part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// Days since 1970 in the Gregorian calendar; see `days_from_civil` in Howard Hinnant's "chrono-Compatible Low-Level Date
/// Algorithms".
fn days(year: i64, month: i64, day: i64) -> i64 {
    // The year begins in March, so that the day that may be missing is its last one.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_the_number_that_a_watch_tells() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59.5Z", 951_868_799_500_000_000),
            ("2026-11-30T17:14:32.123456789Z", 1_796_058_872_123_456_789),
            ("2100-03-01T00:00:00.000000001Z", 4_107_542_400_000_000_001),
        ] {
            assert_eq!(nanoseconds(text), Some(expected), "{text}");
        }
        for wrong in ["", "Z", "2026-11-30", "2026-11-30T17:14:32+01:00", "2026-13-30T00:00:00Z", "2026-11-30T1:2:3:4Z"]
        {
            assert_eq!(nanoseconds(wrong), None, "{wrong}");
        }
        assert_eq!(nanoseconds("99999-01-01T00:00:00Z"), None);
        assert_eq!(nanoseconds("2026-11-30T17:14:32.1234567890Z"), None);
    }
}
