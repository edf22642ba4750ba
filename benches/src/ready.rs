//! A source that is asked as if it needed I/O, and has every answer at the first poll.

use std::collections::HashMap;

use component_model::{Answer, Asked, KeyQuery, Record, Reply, Request, RequestSpec, Source, SourceError, Value};

use crate::sizes::values;

/// The source.
#[derive(Debug)]
pub struct Ready(HashMap<String, Record>);

impl Ready {
    /// The values of all sizes of structs.
    #[must_use]
    pub fn new() -> Self {
        Self(values().map(|(key, text)| (key, Record::shared(Value::text(text)))).collect())
    }
}

impl Default for Ready {
    fn default() -> Self {
        Self::new()
    }
}

impl Source for Ready {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        Ok(self.0.get(asked.query().key()).cloned().map_or(Reply::ABSENT, Reply::Found))
    }
}
