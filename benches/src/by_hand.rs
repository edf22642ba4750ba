//! What an author writes without the library: a store behind an object, one function that looks a value up and parses
//! it, and failures that name their component.

use std::{collections::HashMap, fmt::Display, str::FromStr, time::Duration};

use component_model::BoxFuture;

/// A place that values come from, as an object, so that a program can have several of them.
pub trait Store: Send + Sync {
    /// Looks a value up.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<String>, String>>;
}

/// Values in memory.
#[derive(Debug)]
pub struct MemoryStore(pub HashMap<String, String>);

impl Store for MemoryStore {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<String>, String>> {
        Box::pin(async move { Ok(self.0.get(key).cloned()) })
    }
}

/// Why a component has no value.
#[derive(Debug)]
pub struct Failure {
    /// The field's name.
    pub component: &'static str,
    /// What went wrong.
    pub problem: String,
}

/// Looks one component up and parses it.
///
/// # Errors
/// Where the store fails, has no value, or has one that does not parse.
pub async fn component<T>(store: &dyn Store, component: &'static str) -> Result<T, Failure>
where
    T: FromStr<Err: Display>,
{
    let text = store.get(component).await.and_then(|value| value.ok_or_else(|| "is absent".to_owned()));
    text.and_then(|text| text.parse().map_err(|error: T::Err| error.to_string()))
        .map_err(|problem| Failure { component, problem })
}

/// [`component`], for at most the two seconds that the library allows an attempt.
///
/// # Errors
/// As [`component`], and where the store takes longer.
pub async fn component_in_time<T>(store: &dyn Store, name: &'static str) -> Result<T, Failure>
where
    T: FromStr<Err: Display>,
{
    tokio::time::timeout(Duration::from_secs(2), component(store, name))
        .await
        .unwrap_or_else(|_| Err(Failure { component: name, problem: "no answer within 2 s".to_owned() }))
}

/// The value of one component, or one more failure.
pub fn keep<T>(result: Result<T, Failure>, failures: &mut Vec<Failure>) -> Option<T> {
    result.map_err(|failure| failures.push(failure)).ok()
}

/// The values of many components; those that failed are missing.
pub fn keep_all<T>(results: Vec<Result<T, Failure>>, failures: &mut Vec<Failure>) -> Vec<T> {
    results.into_iter().filter_map(|result| keep(result, failures)).collect()
}
