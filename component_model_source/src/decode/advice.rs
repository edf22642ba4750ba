//! What would be right, for text and values that a common type refuses.

/// The errors of the standard library's types.
const KNOWN: [(&str, &str); 5] = [
    ("invalid IP address syntax", "write an IP address, such as `127.0.0.1` or `::1`"),
    ("invalid IPv4 address syntax", "write an IPv4 address, such as `127.0.0.1`"),
    ("invalid IPv6 address syntax", "write an IPv6 address, such as `::1`"),
    ("invalid socket address syntax", "write an IP address and a port, such as `127.0.0.1:8080` or `[::1]:8080`"),
    ("invalid IPv4 socket address syntax", "write an IPv4 address and a port, such as `127.0.0.1:8080`"),
];

/// What to write instead, for a message of the decoder.
pub(super) fn of(message: &str) -> Option<String> {
    if let Some((_, advice)) = KNOWN.iter().find(|(known, _)| *known == message) {
        return Some((*advice).to_owned());
    }
    if message.contains("duration") || message.contains("unit of time") {
        return Some("write a number of seconds, or units of time, such as `250ms`, `30s` or `1h30m`".to_owned());
    }
    let (expected, found) = message.strip_prefix("expected ")?.split_once(", found ")?;
    if found == "null" {
        return Some("a value that may be null is an `Option`: change the type, or set a value".to_owned());
    }
    let right = match expected {
        "bool" | "a boolean" => "`true` or `false`".to_owned(),
        "f32" | "f64" => "a number, such as `0.5`".to_owned(),
        "a single character" => "one character".to_owned(),
        "a string" if ["an integer", "a number", "a float", "a boolean"].contains(&found) => {
            return Some("write it in quotes".to_owned());
        }
        "a sequence" => "a list, such as `[1, 2]`".to_owned(),
        "a map" => "names with values".to_owned(),
        _ => whole(expected)?,
    };
    Some(match (found, expected) {
        ("a string", _) => format!("write {right}, without quotes"),
        (_, "bool") => format!("write {right}; `1` and `0`, `yes` and `no`, `on` and `off` are read too"),
        _ => format!("write {right}"),
    })
}

/// A whole number in the range of a type.
fn whole(expected: &str) -> Option<String> {
    macro_rules! range {
        ($name:expr, $($ty:ident)*) => {
            match $name {
                $(stringify!($ty) => Some(($ty::MIN.to_string(), $ty::MAX.to_string())),)*
                _ => None,
            }
        };
    }
    let nonzero = expected.strip_prefix("a nonzero ");
    let (min, max) = range!(nonzero.unwrap_or(expected), u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize)?;
    Some(match nonzero {
        Some(_) if min == "0" => format!("a whole number from 1 to {max}"),
        Some(_) => format!("a whole number from {min} to {max}, and not 0"),
        None => format!("a whole number from {min} to {max}"),
    })
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr, SocketAddrV4};

    use serde::de::DeserializeOwned;

    use super::super::from_value;
    use crate::{SourceError, Value};

    fn hint<T: DeserializeOwned>(value: &Value) -> Option<String> {
        SourceError::from(from_value::<T>(value).err()?).hint().map(str::to_owned)
    }

    #[test]
    fn another_case_of_a_name_is_named_as_such() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Level {
            Warn,
            Info,
        }
        let error = |text: &str| from_value::<Level>(&Value::text(text)).unwrap_err().to_string();
        assert_eq!(error("WARN"), "expected one of `warn` and `info`, but the case of the letters differs");
        assert_eq!(error("loud"), "expected one of `warn` and `info`, found another name");
        assert!(matches!(from_value(&Value::text("info")), Ok(Level::Info)));
    }

    #[test]
    fn empty_text_is_named_as_such() {
        let error = from_value::<u16>(&Value::text("")).unwrap_err();
        assert_eq!(error.to_string(), "expected u16, found empty text");
    }

    #[test]
    fn a_refused_value_is_answered_with_what_the_type_reads() {
        let text = |text: &str| Value::text(text);
        let hints = [
            (hint::<u16>(&text("x")), "write a whole number from 0 to 65535"),
            (hint::<u16>(&text("80800")), "write a whole number from 0 to 65535"),
            (hint::<u16>(&Value::String("80".into())), "write a whole number from 0 to 65535, without quotes"),
            (hint::<i8>(&text("128")), "write a whole number from -128 to 127"),
            (hint::<std::num::NonZeroU8>(&text("x")), "write a whole number from 0 to 255"),
            (hint::<Vec<u8>>(&text("1,x")), "write a whole number from 0 to 255"),
            (hint::<u16>(&text("")), "write a whole number from 0 to 65535"),
            (hint::<u16>(&Value::Null), "a value that may be null is an `Option`: change the type, or set a value"),
            (hint::<f64>(&text("x")), "write a number, such as `0.5`"),
            (
                hint::<bool>(&text("x")),
                "write `true` or `false`; `1` and `0`, `yes` and `no`, `on` and `off` are read too",
            ),
            (hint::<bool>(&Value::String("yes".into())), "write `true` or `false`, without quotes"),
            (hint::<IpAddr>(&text("x")), "write an IP address, such as `127.0.0.1` or `::1`"),
            (
                hint::<SocketAddr>(&text("x")),
                "write an IP address and a port, such as `127.0.0.1:8080` or `[::1]:8080`",
            ),
            (hint::<String>(&Value::Signed(7)), "write it in quotes"),
            (hint::<char>(&text("ab")), "write one character"),
            (hint::<Vec<u8>>(&Value::Signed(7)), "write a list, such as `[1, 2]`"),
            (
                hint::<std::time::Duration>(&text("5 sec")),
                "write a number of seconds, or units of time, such as `250ms`, `30s` or `1h30m`",
            ),
            (hint::<SocketAddrV4>(&text("x")), "write an IPv4 address and a port, such as `127.0.0.1:8080`"),
        ];
        for (hint, expected) in hints {
            assert_eq!(hint.as_deref(), Some(expected));
        }
        assert_eq!(hint::<()>(&text("x")), None);
    }
}
