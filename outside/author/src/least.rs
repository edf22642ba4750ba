//! The least source there is.

use component_model_source::{Answer, Asked, KeyQuery, Request, RequestSpec, Source, SourceError, Value};

/// Gives each key in upper case.
pub struct Shout;

impl Source for Shout {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        Ok(Value::text(asked.query().key().to_uppercase()).into())
    }
}
