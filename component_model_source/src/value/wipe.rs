//! Overwrites a value that must not remain in memory.

use zeroize::Zeroize;

use super::Value;

impl Value {
    /// Overwrites everything in the value, also the names of its members.
    pub(crate) fn wipe(&mut self) {
        match self {
            Self::Null => {}
            Self::Bool(value) => value.zeroize(),
            Self::Signed(value) => value.zeroize(),
            Self::Unsigned(value) => value.zeroize(),
            Self::Float(value) => value.zeroize(),
            Self::Text(text) | Self::String(text) => text.zeroize(),
            Self::Bytes(bytes) => bytes.zeroize(),
            Self::List(items) | Self::Rows(items) => items.iter_mut().for_each(Self::wipe),
            Self::Map(members) | Self::Row(members) => {
                for (name, value) in members {
                    name.zeroize();
                    value.wipe();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_value_is_left() {
        let mut value = Value::from_json(r#"{"hunter2": ["hunter2", -1, 1, 0.5, true, null]}"#).unwrap();
        value.wipe();
        let numbers = [Value::Signed(0), Value::Unsigned(0), Value::Float(0.0), Value::Bool(false), Value::Null];
        let items = [Value::String(String::new())].into_iter().chain(numbers).collect();
        assert_eq!(value, Value::Map(vec![(String::new(), Value::List(items))]));
        for mut value in [Value::text("hunter2"), Value::Bytes(vec![7; 9])] {
            value.wipe();
            assert_eq!(value.weight(), Value::Null.weight());
        }
    }
}
