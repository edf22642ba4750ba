//! Reads PostgreSQL's binary format of its types, without loss. The format of each type is documented only by the
//! functions `…_send` in the server's source.

use std::{
    fmt::Write as _,
    net::{Ipv4Addr, Ipv6Addr},
};

use component_model_source::Value;
use sqlx::{
    TypeInfo as _,
    postgres::{PgTypeInfo, PgTypeKind},
    types::Uuid,
};

use super::{
    bytes::{UNFIT, take, take_slice},
    temporal,
};
use crate::database::column::{self, Unreadable};

type Read<T = Value> = Result<T, Unreadable>;

/// The value of these bytes.
pub(super) fn read(ty: &PgTypeInfo, bytes: &[u8]) -> Read {
    match ty.name() {
        "BOOL" => Ok(Value::Bool(whole::<1>(bytes)? != [0])),
        "INT2" => whole(bytes).map(i16::from_be_bytes).map(|value| Value::Signed(value.into())),
        "INT4" => whole(bytes).map(i32::from_be_bytes).map(|value| Value::Signed(value.into())),
        "INT8" => whole(bytes).map(i64::from_be_bytes).map(Value::Signed),
        "OID" => whole(bytes).map(u32::from_be_bytes).map(|value| Value::Unsigned(value.into())),
        "FLOAT4" => whole(bytes).map(f32::from_be_bytes).map(|value| Value::Float(value.into())),
        "FLOAT8" => whole(bytes).map(f64::from_be_bytes).map(Value::Float),
        "NUMERIC" => numeric(bytes).map(Value::Text),
        "TEXT" | "VARCHAR" | "CHAR" | "NAME" | "UNKNOWN" | "\"CHAR\"" | "xml" | "citext" => text(bytes),
        "BYTEA" => Ok(Value::Bytes(bytes.to_vec())),
        "UUID" => whole(bytes).map(|bytes| Value::text(Uuid::from_bytes(bytes).to_string())),
        "JSON" => json(bytes),
        "JSONB" => json(versioned(bytes)?),
        "JSONPATH" | "ltree" | "lquery" => text(versioned(bytes)?),
        "DATE" => temporal::date(whole(bytes)?).map(Value::Text),
        "TIME" => temporal::time(whole(bytes)?).map(Value::Text),
        "TIMETZ" => temporal::time_with_zone(whole(bytes)?).map(Value::Text),
        "TIMESTAMP" => temporal::timestamp(whole(bytes)?, "").map(Value::Text),
        "TIMESTAMPTZ" => temporal::timestamp(whole(bytes)?, "Z").map(Value::Text),
        "INTERVAL" => temporal::interval(whole(bytes)?).map(Value::Text),
        "INET" | "CIDR" => network(bytes).map(Value::Text),
        "MACADDR" | "MACADDR8" => Ok(Value::Text(hardware_address(bytes))),
        "BIT" | "VARBIT" => bits(bytes).map(Value::Text),
        "VOID" => Ok(Value::Null),
        _ => match ty.kind() {
            PgTypeKind::Enum(_) => text(bytes),
            PgTypeKind::Domain(base) => read(base, bytes),
            PgTypeKind::Array(item) => array(item, bytes),
            _ => Err(Unreadable::Type),
        },
    }
}

/// Whether reading many bytes of this type takes long; text and bytes are only copied.
pub(super) fn is_parsed(ty: &PgTypeInfo) -> bool {
    !matches!(ty.name(), "TEXT" | "VARCHAR" | "BYTEA")
}

/// All the bytes, if they are as many as the type has.
fn whole<const N: usize>(bytes: &[u8]) -> Read<[u8; N]> {
    bytes.try_into().map_err(|_| UNFIT)
}

fn text(bytes: &[u8]) -> Read {
    match str::from_utf8(bytes) {
        Ok(text) => Ok(Value::text(text)),
        Err(_) => Err(Unreadable::Content("text that is not UTF-8")),
    }
}

fn json(bytes: &[u8]) -> Read {
    const UNREADABLE: &str = "JSON that cannot be read: it has a name twice, or a number that is out of range";
    let text = str::from_utf8(bytes).map_err(|_| Unreadable::Content(UNREADABLE))?;
    column::json(text, UNREADABLE)
}

/// The bytes after the version, which is always 1.
fn versioned(bytes: &[u8]) -> Read<&[u8]> {
    match bytes.split_first() {
        Some((1, rest)) => Ok(rest),
        _ => Err(UNFIT),
    }
}

/// Groups of four decimal digits, the first of them worth `10000 ^ weight`, with `scale` digits after the point.
fn numeric(mut bytes: &[u8]) -> Read<String> {
    let count = usize::from(u16::from_be_bytes(take(&mut bytes)?));
    let weight = i32::from(i16::from_be_bytes(take(&mut bytes)?));
    let sign = u16::from_be_bytes(take(&mut bytes)?);
    let scale = usize::from(u16::from_be_bytes(take(&mut bytes)?));
    let groups = (0..count).map(|_| take(&mut bytes).map(u16::from_be_bytes)).collect::<Read<Vec<_>>>()?;
    match sign {
        0x0000 => Ok(decimal(&groups, weight, scale)),
        0x4000 => Ok(format!("-{}", decimal(&groups, weight, scale))),
        0xC000 => Ok("NaN".to_owned()),
        0xD000 => Ok("Infinity".to_owned()),
        0xF000 => Ok("-Infinity".to_owned()),
        _ => Err(UNFIT),
    }
}

fn decimal(groups: &[u16], weight: i32, scale: usize) -> String {
    let group = |index: i32| usize::try_from(index).ok().and_then(|index| groups.get(index)).copied().unwrap_or(0);
    let digits =
        |range: std::ops::RangeInclusive<i32>| range.map(|index| format!("{:04}", group(index))).collect::<String>();
    let integer = digits(0..=weight);
    let integer = match integer.trim_start_matches('0') {
        "" => "0",
        significant => significant,
    };
    if scale == 0 {
        return integer.to_owned();
    }
    let groups_after_point = i32::try_from(scale.div_ceil(4)).unwrap_or(i32::MAX);
    let fraction = digits(weight + 1..=weight + groups_after_point);
    format!("{integer}.{}", &fraction[..scale])
}

fn network(mut bytes: &[u8]) -> Read<String> {
    let [family, bits, is_network, _] = take(&mut bytes)?;
    let (address, most) = match family {
        2 => (Ipv4Addr::from(whole::<4>(bytes)?).to_string(), 32),
        3 => (Ipv6Addr::from(whole::<16>(bytes)?).to_string(), 128),
        _ => return Err(UNFIT),
    };
    Ok(if is_network == 0 && bits == most { address } else { format!("{address}/{bits}") })
}

fn hardware_address(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

fn bits(mut bytes: &[u8]) -> Read<String> {
    let count = usize::try_from(i32::from_be_bytes(take(&mut bytes)?)).map_err(|_| UNFIT)?;
    let mut text = String::with_capacity(bytes.len() * 8);
    for byte in bytes {
        let _ = write!(text, "{byte:08b}");
    }
    text.get(..count).map(str::to_owned).ok_or(UNFIT)
}

/// Dimensions, a flag, the items' type, length and lower bound of each dimension, then the items row by row.
fn array(item: &PgTypeInfo, mut bytes: &[u8]) -> Read {
    let dimensions = i32::from_be_bytes(take(&mut bytes)?);
    let _has_null_and_type: [u8; 8] = take(&mut bytes)?;
    // PostgreSQL itself allows no more.
    if !(0..=6).contains(&dimensions) {
        return Err(UNFIT);
    }
    let mut lengths = Vec::new();
    for _ in 0..dimensions {
        let length = i32::from_be_bytes(take(&mut bytes)?);
        let _lower_bound: [u8; 4] = take(&mut bytes)?;
        lengths.push(usize::try_from(length).map_err(|_| UNFIT)?);
    }
    match lengths.iter().try_fold(1_usize, |items, length| items.checked_mul(*length)) {
        Some(0) => Ok(Value::List(Vec::new())),
        Some(_) if lengths.is_empty() => Ok(Value::List(Vec::new())),
        // Each item is preceded by its length.
        Some(count) if count <= bytes.len() / 4 => items(item, &lengths, &mut bytes),
        _ => Err(UNFIT),
    }
}

fn items(item: &PgTypeInfo, lengths: &[usize], bytes: &mut &[u8]) -> Read {
    match lengths {
        [length, rest @ ..] => (0..*length).map(|_| items(item, rest, bytes)).collect::<Read<_>>().map(Value::List),
        [] => match i32::from_be_bytes(take(bytes)?) {
            -1 => Ok(Value::Null),
            length => read(item, take_slice(bytes, usize::try_from(length).map_err(|_| UNFIT)?)?),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(count: u16, weight: i16, sign: u16, scale: u16, groups: &[u16]) -> String {
        let header = [count.to_be_bytes(), weight.to_be_bytes(), sign.to_be_bytes(), scale.to_be_bytes()].concat();
        let groups = groups.iter().flat_map(|group| group.to_be_bytes());
        numeric(&header.into_iter().chain(groups).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_numeric_keeps_every_digit() {
        assert_eq!(sent(0, 0, 0, 0, &[]), "0");
        assert_eq!(sent(0, 0, 0, 3, &[]), "0.000");
        assert_eq!(sent(1, 0, 0, 0, &[5]), "5");
        assert_eq!(sent(1, 1, 0, 0, &[5]), "50000");
        assert_eq!(sent(3, 1, 0x4000, 2, &[1, 2345, 6700]), "-12345.67");
        assert_eq!(sent(1, -1, 0, 1, &[5000]), "0.5");
        assert_eq!(sent(1, -3, 0, 12, &[1]), "0.000000000001");
        assert_eq!(sent(2, 0, 0, 5, &[1, 1234]), "1.12340");
        assert_eq!(sent(0, 0, 0xC000, 0, &[]), "NaN");
        assert_eq!(sent(0, 0, 0xF000, 0, &[]), "-Infinity");
    }

    #[test]
    fn truncated_bytes_are_an_error_and_not_a_panic() {
        for length in 0..20 {
            let bytes = vec![0x7f; length];
            for name in ["NUMERIC", "INET", "BIT", "JSONB", "UUID", "INT4", "INTERVAL", "TIMETZ"] {
                let _ = read(&PgTypeInfo::with_name(name), &bytes);
            }
            assert!(numeric(&bytes).is_err());
            assert!(network(&bytes).is_err() && array(&PgTypeInfo::with_name("INT4"), &bytes).is_err());
        }
    }

    #[test]
    fn an_array_that_claims_more_items_than_it_has_is_an_error_at_once() {
        let header = |dimensions: &[i32]| {
            let lengths = dimensions.iter().flat_map(|length| [*length, 1]);
            let words = [i32::try_from(dimensions.len()).unwrap(), 0, 23].into_iter().chain(lengths);
            words.flat_map(i32::to_be_bytes).collect::<Vec<_>>()
        };
        let int = PgTypeInfo::with_name("INT4");
        for dimensions in [&[i32::MAX][..], &[i32::MAX, i32::MAX], &[1], &[-1]] {
            assert!(array(&int, &header(dimensions)).is_err(), "{dimensions:?}");
        }
        assert!(array(&int, &header(&[i32::MAX, 0])).unwrap() == Value::List(Vec::new()));
        assert!(array(&int, &header(&[])).unwrap() == Value::List(Vec::new()));
    }
}
