//! PostgreSQL's dates, times and intervals as text: microseconds, and days from the first of January 2000.

use std::fmt::Write as _;

use sqlx::types::chrono::DateTime;

use super::bytes::{UNFIT, take};
use crate::database::column::Unreadable;

type Text = Result<String, Unreadable>;

/// The Unix time of the first of January 2000, in microseconds.
const EPOCH: i64 = 946_684_800_000_000;

/// In seconds.
const DAY: i64 = 86_400;

const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

const OUT_OF_RANGE: Unreadable = Unreadable::Content("a date that is out of range");

/// `2024-02-29`
pub(super) fn date(bytes: [u8; 4]) -> Text {
    match i32::from_be_bytes(bytes) {
        i32::MAX => Ok("infinity".to_owned()),
        i32::MIN => Ok("-infinity".to_owned()),
        days => DateTime::from_timestamp(i64::from(days) * DAY + EPOCH / 1_000_000, 0)
            .map(|time| time.date_naive().to_string())
            .ok_or(OUT_OF_RANGE),
    }
}

/// `2024-02-29T12:30:00.5` and the zone.
pub(super) fn timestamp(bytes: [u8; 8], zone: &str) -> Text {
    match i64::from_be_bytes(bytes) {
        i64::MAX => Ok("infinity".to_owned()),
        i64::MIN => Ok("-infinity".to_owned()),
        micros => micros
            .checked_add(EPOCH)
            .and_then(DateTime::from_timestamp_micros)
            .map(|time| format!("{:?}{zone}", time.naive_utc()))
            .ok_or(OUT_OF_RANGE),
    }
}

/// `12:30:00.5`; PostgreSQL knows `24:00:00` too.
pub(super) fn time(bytes: [u8; 8]) -> Text {
    let micros = u64::try_from(i64::from_be_bytes(bytes)).map_err(|_| UNFIT)?;
    let (hours, minutes) = (micros / HOUR, micros % HOUR / MINUTE);
    Ok(format!("{hours:02}:{minutes:02}:{}", seconds(micros % MINUTE, 2)))
}

/// `12:30:00+02:00`
pub(super) fn time_with_zone(bytes: [u8; 12]) -> Text {
    let mut bytes = &bytes[..];
    let time = time(take(&mut bytes)?)?;
    // Sent as seconds west of Greenwich.
    let west = i32::from_be_bytes(take(&mut bytes)?);
    let sign = if west > 0 { '-' } else { '+' };
    let (minutes, rest) = (west.unsigned_abs() / 60, west.unsigned_abs() % 60);
    let zone = format!("{time}{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    Ok(if rest == 0 { zone } else { format!("{zone}:{rest:02}") })
}

/// `1d2h3m4.5s` where there is neither a sign nor a month, whose length nobody knows; otherwise ISO 8601.
pub(super) fn interval(bytes: [u8; 16]) -> Text {
    let mut bytes = &bytes[..];
    let micros = i64::from_be_bytes(take(&mut bytes)?);
    let days = i32::from_be_bytes(take(&mut bytes)?);
    let months = i32::from_be_bytes(take(&mut bytes)?);
    Ok(match (months, days, micros) {
        (i32::MAX, i32::MAX, i64::MAX) => "infinity".to_owned(),
        (i32::MIN, i32::MIN, i64::MIN) => "-infinity".to_owned(),
        (0, 0.., 0..) => plain_duration(days.unsigned_abs(), micros.unsigned_abs()),
        _ => iso_8601(months, days, micros),
    })
}

fn plain_duration(days: u32, micros: u64) -> String {
    let parts = [(u64::from(days), "d"), (micros / HOUR, "h"), (micros % HOUR / MINUTE, "m")];
    let mut text: String =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if !micros.is_multiple_of(MINUTE) || text.is_empty() {
        let _ = write!(text, "{}s", seconds(micros % MINUTE, 1));
    }
    text
}

fn iso_8601(months: i32, days: i32, micros: i64) -> String {
    let part = |count: i64, unit: char| if count == 0 { String::new() } else { format!("{count}{unit}") };
    let date = [(i64::from(months / 12), 'Y'), (i64::from(months % 12), 'M'), (i64::from(days), 'D')];
    let date: String = date.into_iter().map(|(count, unit)| part(count, unit)).collect();
    if micros == 0 { format!("P{date}") } else { format!("P{date}T{}", iso_8601_time(micros)) }
}

fn iso_8601_time(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    let part = |count: u64, unit: char| if count == 0 { String::new() } else { format!("{sign}{count}{unit}") };
    let rest = micros % MINUTE;
    let rest = if rest == 0 { String::new() } else { format!("{sign}{}S", seconds(rest, 1)) };
    format!("{}{}{rest}", part(micros / HOUR, 'H'), part(micros % HOUR / MINUTE, 'M'))
}

/// Seconds with as many decimals as they have.
fn seconds(micros: u64, width: usize) -> String {
    let whole = format!("{:0width$}", micros / SECOND);
    match micros % SECOND {
        0 => whole,
        fraction => format!("{whole}.{}", format!("{fraction:06}").trim_end_matches('0')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval_of(months: i32, days: i32, micros: i64) -> String {
        let bytes = [&micros.to_be_bytes()[..], &days.to_be_bytes(), &months.to_be_bytes()].concat();
        interval(bytes.try_into().unwrap()).unwrap()
    }

    #[test]
    fn an_interval_without_months_and_sign_is_a_duration() {
        assert_eq!(interval_of(0, 0, 0), "0s");
        assert_eq!(interval_of(0, 1, 5_400_000_000), "1d1h30m");
        assert_eq!(interval_of(0, 0, 250_000), "0.25s");
    }

    #[test]
    fn any_other_interval_is_in_the_form_of_iso_8601() {
        assert_eq!(interval_of(14, 3, 14_706_500_000), "P1Y2M3DT4H5M6.5S");
        assert_eq!(interval_of(-1, 0, 0), "P-1M");
        assert_eq!(interval_of(0, -1, 1), "P-1DT0.000001S");
        assert_eq!(interval_of(0, 0, -5_400_000_000), "PT-1H-30M");
        assert_eq!(interval_of(0, 0, i64::MIN), "PT-2562047788H-54.775808S");
    }

    #[test]
    fn the_ends_of_time_have_names_and_nothing_panics() {
        assert_eq!(timestamp(i64::MAX.to_be_bytes(), "Z").unwrap(), "infinity");
        assert_eq!(date(i32::MIN.to_be_bytes()).unwrap(), "-infinity");
        assert_eq!(timestamp(0i64.to_be_bytes(), "Z").unwrap(), "2000-01-01T00:00:00Z");
        assert_eq!(time(86_400_000_000i64.to_be_bytes()).unwrap(), "24:00:00");
        assert!(timestamp((i64::MAX - 1).to_be_bytes(), "").is_err());
        assert!(date((i32::MAX - 1).to_be_bytes()).is_err());
    }
}
