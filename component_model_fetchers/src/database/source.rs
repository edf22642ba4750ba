//! The contract of a source: how an attribute becomes a query, and rows become answers.

use component_model_source::{
    Answer, Asked, ErrorKind, OptionSpec, Record, Reply, Request, RequestSpec, Source, SourceError, Value, Version,
};
#[cfg(feature = "postgres")]
use component_model_source::{BoxStream, Change, Watched};
use component_model_types::built_in;

use super::{
    Database,
    by_url::{ComponentUrl, PoolLease},
    client::{self, Budget, Next, Rows, Statement},
    column::{self, Names, too_large},
    connections::Connections,
    failure::several_statements,
    params::{self, Param},
    pool::{Pool, with_pool},
    server::Server,
    sql::{Effect, Sql},
    table::{Answers, Columns, Table},
};
use crate::single::only;

/// What the source is asked: the rows of a query, or the value of a key. Its `Debug` shows no URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DatabaseQuery {
    /// The database, unless it is that of the source.
    url: Option<ComponentUrl>,
    wanted: Wanted,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Wanted {
    Rows { sql: Sql, params: Vec<Param> },
    Key(String),
}

impl DatabaseQuery {
    fn key(&self) -> &str {
        match &self.wanted {
            Wanted::Key(key) => key,
            Wanted::Rows { .. } => "",
        }
    }

    /// Whether it is for a key in the database of the source.
    #[cfg(feature = "postgres")]
    pub(super) fn is_own_key(&self) -> bool {
        self.url.is_none() && matches!(self.wanted, Wanted::Key(_))
    }
}

impl Source for Database {
    type Query = DatabaseQuery;

    const OPTIONS: &'static [OptionSpec] = built_in::DATABASE.options;

    const BUILT_IN: bool = true;

    fn how_to_set(&self, query: &DatabaseQuery) -> Option<String> {
        Some(match &query.wanted {
            Wanted::Key(key) => self.table.how_to_set(key),
            Wanted::Rows { .. } => "the query finds no row that has it".to_owned(),
        })
    }

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<DatabaseQuery>, SourceError> {
        let url = ComponentUrl::new(spec)?;
        let pool = match &url {
            Some(url) => self.by_url.describe(url)?,
            None => self.pool.clone()?,
        };
        let endpoint = url.as_ref().map(|url| self.by_url.endpoint(url, &pool));
        let place = pool.place();
        let request = match spec.option("query")? {
            Some(query) => {
                let params = params::bound(spec.list("params")?.unwrap_or_default())?;
                let identity = params::identity(&place, &query, &params);
                let sql = pool.statement(query);
                check_statement(&sql, params.len())?;
                let (shown, effect) = (sql.shown().to_owned(), sql.effect());
                let request = Request::new(DatabaseQuery { url, wanted: Wanted::Rows { sql, params } }, shown);
                let request = request.with_identity(identity);
                if effect == Effect::Nothing { request } else { request.once() }
            }
            None => {
                let key = spec.key()?.into_owned();
                let shown = self.table.locator(&key);
                let group = url.clone();
                let request = Request::new(DatabaseQuery { url, wanted: Wanted::Key(key) }, shown);
                request.with_group(group).with_identity(place)
            }
        };
        Ok(endpoint.into_iter().fold(request, Request::with_endpoint))
    }

    async fn fetch(&self, asked: Asked<'_, DatabaseQuery>) -> Answer {
        match &asked.query().wanted {
            Wanted::Rows { sql, params } => {
                let used = self.pool_of(asked.query()).await?;
                with_pool!(&used.pool, connections => of_query(connections, sql, params).await).map(Reply::from)
            }
            Wanted::Key(_) => only(self.fetch_many(&[asked]).await),
        }
    }

    /// All requests of a group are for keys in one database.
    async fn fetch_many(&self, asked: &[Asked<'_, DatabaseQuery>]) -> Vec<Answer> {
        let Some(first) = asked.first() else { return Vec::new() };
        match self.pool_of(first.query()).await {
            Ok(used) => with_pool!(&used.pool, connections => of_keys(connections, &self.table, asked).await),
            Err(error) => asked.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    #[cfg(feature = "postgres")]
    fn watch(&self, watched: Vec<Watched<DatabaseQuery>>) -> Option<BoxStream<'static, Change>> {
        super::listen::watch(self, watched)
    }

    /// Requests wait for a connection of the pool.
    fn limit(&self) -> Option<usize> {
        None
    }

    async fn shutdown(&self) {
        self.close().await;
    }
}

impl Database {
    /// The pool of the database that a query is for, as long as it is used.
    async fn pool_of(&self, query: &DatabaseQuery) -> Result<Used, SourceError> {
        let Some(url) = &query.url else { return Ok(Used { pool: self.pool.clone()?, _lease: None }) };
        let lease = self.by_url.lease(url).await?;
        let pool = lease.pool().clone();
        let pool = if self.keep_statements { pool.keep_statements() } else { pool };
        Ok(Used { pool, _lease: Some(lease) })
    }
}

/// A pool that is in use.
struct Used {
    pool: Pool,
    /// Keeps it from being closed.
    _lease: Option<PoolLease>,
}

/// What can be wrong with a statement before the server reads it.
fn check_statement(sql: &Sql, params: usize) -> Result<(), SourceError> {
    if sql.text().trim().is_empty() {
        return Err(SourceError::new(ErrorKind::Misconfigured, "`query` is empty"));
    }
    if sql.is_several() {
        return Err(several_statements());
    }
    sql.placeholders().check(params)
}

/// The rows of a query.
pub(super) async fn of_query<S: Server>(
    connections: &Connections<S>,
    sql: &Sql,
    params: &[Param],
) -> Result<Record, SourceError> {
    let names = Some(Names::new(sql));
    let mut rows = RowsOfQuery { read: Vec::new(), names, budget: Budget::default(), connections };
    client::run(connections, Statement::Query { sql, params }, &mut rows).await?;
    let hidden = rows.names.map(Names::hidden::<S>).unwrap_or_default();
    Ok(Record::new(Value::rows(rows.read)).with_hidden_names(hidden))
}

struct RowsOfQuery<'c, S: Server> {
    read: Vec<Vec<(String, Value)>>,
    /// Absent while a row is read.
    names: Option<Names>,
    budget: Budget,
    connections: &'c Connections<S>,
}

impl<S: Server> Rows<S> for &mut RowsOfQuery<'_, S> {
    async fn take(&mut self, row: S::Row) -> Result<Next, SourceError> {
        let Some(mut names) = self.names.take() else { return Ok(Next::Enough) };
        let read = move |row: &S::Row| (names.row::<S>(row), names);
        let (row, names) = read_row(self.connections, row, read).await?;
        self.names = Some(names);
        let row = row?;
        self.budget.take(column::weight_of_row(&row))?;
        self.read.push(row);
        Ok(Next::More)
    }
}

/// Reads a row, where blocking is allowed if it takes long.
async fn read_row<S: Server, T: Send + 'static>(
    connections: &Connections<S>,
    row: S::Row,
    read: impl FnOnce(&S::Row) -> T + Send + 'static,
) -> Result<T, SourceError> {
    match S::takes_long_to_read(&row) {
        true => connections.parsers().run(move || read(&row)).await,
        false => Ok(read(&row)),
    }
}

/// The answers to many keys of the default table, in as few queries as the limit of bound values allows.
async fn of_keys<S: Server>(
    connections: &Connections<S>,
    table: &Table,
    asked: &[Asked<'_, DatabaseQuery>],
) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(asked.len());
    for chunk in asked.chunks(S::KEYS_PER_QUERY) {
        match of_chunk(connections, table, chunk).await {
            Ok(found) => answers.extend(found),
            Err(error) => answers.extend(chunk.iter().map(|_| Err(error.clone()))),
        }
    }
    answers
}

/// First the versions of those whose version is known, if the table has versions, then the values of the others.
async fn of_chunk<S: Server>(
    connections: &Connections<S>,
    table: &Table,
    asked: &[Asked<'_, DatabaseQuery>],
) -> Result<Vec<Answer>, SourceError> {
    let known = |asked: &&Asked<'_, DatabaseQuery>| asked.known().is_some() && table.has_versions::<S>();
    let known: Vec<_> = asked.iter().filter(known).map(|asked| asked.query().key()).collect();
    let versions = select(connections, table, Columns::Versions, &known).await?;
    let is_unchanged = |asked: &Asked<'_, DatabaseQuery>| {
        let version = versions.record(asked.query().key()).and_then(|record| version_of(record.value().clone()));
        version.is_some() && version.as_ref() == asked.known()
    };
    let changed: Vec<_> = asked.iter().filter(|asked| !is_unchanged(asked)).map(|asked| asked.query().key()).collect();
    let found = select(connections, table, Columns::Values, &changed).await?;
    let answer = |asked: &Asked<'_, DatabaseQuery>| match is_unchanged(asked) {
        true => Ok(Reply::Unchanged { good_for: None }),
        false => found.answer(asked.query().key()),
    };
    Ok(asked.iter().map(answer).collect())
}

async fn select<S: Server>(
    connections: &Connections<S>,
    table: &Table,
    columns: Columns,
    keys: &[&str],
) -> Result<Answers, SourceError> {
    let has_versions = columns == Columns::Values && table.has_versions::<S>();
    let mut rows = RowsOfKeys { answers: Answers::default(), budget: Budget::default(), connections, has_versions };
    if !keys.is_empty() {
        client::run(connections, Statement::Keys { table, columns, keys }, &mut rows).await?;
    }
    Ok(rows.answers)
}

struct RowsOfKeys<'c, S: Server> {
    answers: Answers,
    budget: Budget,
    connections: &'c Connections<S>,
    /// Whether the third column is a version.
    has_versions: bool,
}

impl<S: Server> Rows<S> for &mut RowsOfKeys<'_, S> {
    async fn take(&mut self, row: S::Row) -> Result<Next, SourceError> {
        let has_versions = self.has_versions;
        let read = move |row: &S::Row| {
            let column = |index| column::value::<S>(row, index, |_| true);
            (column(0), column(1), has_versions.then(|| column(2)))
        };
        let (key, value, version) = read_row(self.connections, row, read).await?;
        let (key, version) = (text_of(key?), version.transpose()?.and_then(version_of));
        let value = value.and_then(one_of_many);
        self.budget.take(column::ROW + value.as_ref().map_or(0, column::weight))?;
        if let Some(key) = key {
            self.answers.add(key, value, version);
        }
        Ok(Next::More)
    }
}

fn version_of(value: Value) -> Option<Version> {
    text_of(value).map(Version::new)
}

/// A value that is too large is an error for its own key, and does not count for the others.
fn one_of_many(value: Value) -> Result<Value, SourceError> {
    if column::weight(&value) > column::LIMIT { Err(too_large()) } else { Ok(value) }
}

/// A key or a version as text, also of a column of whole numbers; no other value is one.
fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Text(key) | Value::String(key) => Some(key),
        Value::Signed(key) => Some(key.to_string()),
        Value::Unsigned(key) => Some(key.to_string()),
        Value::Bytes(bytes) => String::from_utf8(bytes).ok(),
        _ => None,
    }
}
