//! The contract of a source: how an attribute becomes a query, and rows become answers.

use component_model_types::built_in;

use super::{
    Database,
    client::{self, Budget, Next, Statement},
    column::{self, Names, too_large},
    connections::Connections,
    params::{self, Param},
    server::{Server, with_pool},
    table::{Answers, Table},
};
use crate::{Answer, ErrorKind, OptionSpec, Record, Request, RequestSpec, Source, SourceError, Value};

/// Most characters of a query that a locator shows.
const LOCATOR: usize = 120;

impl Source for Database {
    const OPTIONS: &'static [OptionSpec] = built_in::DATABASE.options;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request, SourceError> {
        match spec.option("query") {
            Some(query) => by_query(query, spec.option("params"), self.pool.masked(query)),
            None => {
                let key = spec.key();
                Ok(Request::new(&*key, self.table.locator(&key)).with_group("table"))
            }
        }
    }

    async fn fetch(&self, request: &Request) -> Answer {
        match request.option("query") {
            Some(query) => {
                let params = params::parse(request.option("params").unwrap_or("[]"))?;
                self.ask(query, &params).await.map(|rows| Some(Record::new(rows)))
            }
            None => with_pool!(&self.pool, connections => of_keys(connections, &self.table, std::slice::from_ref(request)).await)
                .pop()
                .unwrap_or(Ok(None)),
        }
    }

    async fn fetch_many(&self, requests: &[Request]) -> Vec<Answer> {
        with_pool!(&self.pool, connections => of_keys(connections, &self.table, requests).await)
    }
}

impl Database {
    /// The rows of a query. The field's type decides what it means if there is none.
    async fn ask(&self, query: &str, params: &[Param]) -> Result<Value, SourceError> {
        with_pool!(&self.pool, connections => of_query(connections, query, params).await)
    }
}

fn by_query(query: &str, params: Option<&str>, shown: String) -> Result<Request, SourceError> {
    if query.trim().is_empty() {
        return Err(SourceError::new(ErrorKind::Misconfigured, "`query` is empty"));
    }
    let request = Request::new(query, locator(&shown)).with_option("query", query);
    match params {
        // A mistake in them is reported before any I/O.
        Some(list) => params::parse(list).map(|_| request.with_option("params", list)),
        None => Ok(request),
    }
}

/// The query on one line, shortened if it is long.
pub(super) fn locator(query: &str) -> String {
    let line = query.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LOCATOR) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

/// The rows of a query.
pub(super) async fn of_query<S: Server>(
    connections: &Connections<S>,
    query: &str,
    params: &[Param],
) -> Result<Value, SourceError> {
    let mut rows = Vec::new();
    let mut names = Names::default();
    let mut budget = Budget::default();
    client::run(connections, Statement::Query { sql: query, params }, |row| {
        let row = names.row::<S>(&row)?;
        budget.take(column::weight_of_row(&row))?;
        rows.push(row);
        Ok(Next::More)
    })
    .await?;
    Ok(Value::rows(rows))
}

/// The answers to many keys of the default table, in as few queries as the limit of bound values allows.
async fn of_keys<S: Server>(connections: &Connections<S>, table: &Table, requests: &[Request]) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(requests.len());
    for chunk in requests.chunks(S::KEYS_PER_QUERY) {
        match of_chunk(connections, table, chunk).await {
            Ok(found) => answers.extend(chunk.iter().map(|request| found.answer(request))),
            Err(error) => answers.extend(chunk.iter().map(|_| Err(error.clone()))),
        }
    }
    answers
}

async fn of_chunk<S: Server>(
    connections: &Connections<S>,
    table: &Table,
    requests: &[Request],
) -> Result<Answers, SourceError> {
    let keys: Vec<_> = requests.iter().map(Request::key).collect();
    let mut answers = Answers::default();
    let mut budget = Budget::default();
    client::run(connections, Statement::Keys { table, keys: &keys }, |row| {
        let key = key_of(column::value::<S>(&row, 0)?);
        let value = column::value::<S>(&row, 1).and_then(one_of_many);
        budget.take(column::ROW + value.as_ref().map_or(0, column::weight))?;
        if let Some(key) = key {
            answers.add(key, value);
        }
        Ok(Next::More)
    })
    .await?;
    Ok(answers)
}

/// A value that is too large is an error for its own key, and does not count for the others.
fn one_of_many(value: Value) -> Result<Value, SourceError> {
    if column::weight(&value) > column::LIMIT { Err(too_large()) } else { Ok(value) }
}

/// The key as text, also of a column of whole numbers; no other value is a key.
fn key_of(value: Value) -> Option<String> {
    match value {
        Value::Text(key) | Value::String(key) => Some(key),
        Value::Signed(key) => Some(key.to_string()),
        Value::Unsigned(key) => Some(key.to_string()),
        Value::Bytes(bytes) => String::from_utf8(bytes).ok(),
        _ => None,
    }
}
