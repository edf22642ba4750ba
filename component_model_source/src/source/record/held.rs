//! How a record holds its value.
//!
//! What always holds: large values are shared, and a secret value is overwritten when its last holder drops it.

use std::{mem::size_of, ops::Deref, sync::Arc};

use crate::Value;

/// The longest text that a clone copies instead of sharing it.
pub(super) const SHORT: usize = 64;

/// How a value is held.
#[derive(Clone)]
pub(super) enum Held {
    Own(Value),
    Shared(Whole),
    /// The whole, of which the record is a part.
    Part(Whole),
}

/// A value that several records share.
#[derive(Clone)]
pub(super) enum Whole {
    Plain(Arc<Value>),
    Secret(Arc<Secret>),
}

/// A value that is overwritten when it is dropped.
pub(super) struct Secret(Value);

impl Held {
    pub(super) fn new(value: Value) -> Self {
        if is_small(&value) { Self::Own(value) } else { Self::Shared(Whole::Plain(Arc::new(value))) }
    }

    /// The value as one that is overwritten, unless somebody else shares it.
    pub(super) fn into_secret(self) -> Self {
        match self {
            Self::Own(value) => Self::secret(value),
            Self::Shared(Whole::Plain(value)) => match Arc::try_unwrap(value) {
                Ok(value) => Self::secret(value),
                Err(shared) => Self::Shared(Whole::Plain(shared)),
            },
            other => other,
        }
    }

    pub(super) fn is_secret(&self) -> bool {
        matches!(self, Self::Shared(Whole::Secret(_)) | Self::Part(Whole::Secret(_)))
    }

    pub(super) fn secret(value: Value) -> Self {
        Self::Shared(Whole::Secret(Arc::new(Secret(value))))
    }

    /// The value as one that a clone never copies.
    pub(super) fn into_shared(self) -> Self {
        match self {
            Self::Own(value) => Self::Shared(Whole::Plain(Arc::new(value))),
            other => other,
        }
    }
}

impl Deref for Whole {
    type Target = Value;

    fn deref(&self) -> &Value {
        match self {
            Self::Plain(value) => value,
            Self::Secret(secret) => &secret.0,
        }
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.wipe();
        #[cfg(test)]
        tests::WIPED.with(|wiped| wiped.set(wiped.get() + 1));
    }
}

/// Whether copying the value costs about as much as sharing it.
pub(super) fn is_small(value: &Value) -> bool {
    match value {
        Value::Text(text) | Value::String(text) => text.len() <= SHORT,
        Value::Bytes(bytes) => bytes.len() <= SHORT,
        other => is_scalar(other),
    }
}

/// Whether the value has no parts.
pub(super) fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::List(_) | Value::Map(_) | Value::Row(_) | Value::Rows(_))
}

/// The memory that a value takes, without what an allocator adds.
pub(super) fn footprint(value: &Value) -> usize {
    let content = match value {
        Value::Text(text) | Value::String(text) => text.capacity(),
        Value::Bytes(bytes) => bytes.capacity(),
        Value::List(items) | Value::Rows(items) => items.iter().map(footprint).sum(),
        Value::Map(members) | Value::Row(members) => {
            members.iter().map(|(name, value)| size_of::<String>() + name.capacity() + footprint(value)).sum()
        }
        Value::Null | Value::Bool(_) | Value::Signed(_) | Value::Unsigned(_) | Value::Float(_) => 0,
    };
    size_of::<Value>() + content
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;

    thread_local! {
        /// How many secret values were overwritten on this thread.
        pub(in super::super) static WIPED: Cell<usize> = const { Cell::new(0) };
    }
}
