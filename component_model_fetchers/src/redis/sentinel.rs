//! Finds the master that Sentinels name, as their guidelines for clients say: ask one after another, connect to what it names,
//! and make sure that it is a master. The next time begins with the one that has led to it.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use component_model_source::{ErrorKind, SourceError};
use redis::Value;
use tokio::time::timeout;

use super::{
    address::{Address, Topology},
    command::Commands,
    dial::{Dialer, Link, Pushes},
    failure, misconfigured,
};
use crate::links::silent;

/// How long a Sentinel may take: the others have to be asked within the same attempt.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) async fn dial(dialer: &Dialer, db: u32, pushes: Option<Pushes>) -> Result<Link, SourceError> {
    let Topology::Sentinel { sentinels, master } = &dialer.config.topology else {
        return Err(misconfigured("the URL names no Sentinels"));
    };
    let first = dialer.first_sentinel.load(Relaxed);
    let mut failed: Option<SourceError> = None;
    for number in (0..sentinels.len()).map(|next| (first + next) % sentinels.len()) {
        // If this one leads nowhere, or to a server that is silent, the next attempt begins with another one.
        dialer.first_sentinel.store((number + 1) % sentinels.len(), Relaxed);
        match through(dialer, &sentinels[number], master, db, pushes.clone()).await {
            Ok(link) => {
                dialer.first_sentinel.store(number, Relaxed);
                return Ok(link);
            }
            // What says more than that one of them is gone is kept.
            Err(error) if failed.is_none() || !error.is_transient() => failed = Some(error),
            Err(_) => {}
        }
    }
    Err(failed.unwrap_or_else(|| misconfigured("the URL names no Sentinels")))
}

/// The master that a Sentinel names. After a failover it may still name the old one.
async fn through(
    dialer: &Dialer,
    sentinel: &Address,
    master: &str,
    db: u32,
    pushes: Option<Pushes>,
) -> Result<Link, SourceError> {
    let named = timeout(PATIENCE, master_of(dialer, sentinel, master)).await;
    let address = named.unwrap_or_else(|_| Err(silent()))?;
    confirmed(dialer.open(&address, db, dialer.config.login.as_ref(), pushes).await?).await
}

async fn master_of(dialer: &Dialer, sentinel: &Address, master: &str) -> Result<Address, SourceError> {
    let link = dialer.open(sentinel, 0, dialer.config.sentinel_login.as_ref(), None).await?;
    let mut commands = Commands::default();
    commands.add("SENTINEL", ["GET-MASTER-ADDR-BY-NAME", master]);
    match only(link.exchange(&commands, None).await?) {
        Value::Nil => Err(misconfigured("the Sentinels know no master of that name")
            .with_hint("the name is the path of the URL: `redis+sentinel://host/mymaster`")),
        Value::Array(parts) => address(&parts).ok_or_else(failure::unexpected),
        Value::ServerError(error) => Err(failure::of_sentinel(&error)),
        _ => Err(failure::unexpected()),
    }
}

fn address(parts: &[Value]) -> Option<Address> {
    let [Value::BulkString(host), Value::BulkString(port)] = parts else { return None };
    let host = std::str::from_utf8(host).ok()?.to_owned();
    let port = std::str::from_utf8(port).ok()?.parse().ok()?;
    Some(Address::Tcp { host, port })
}

/// The old master is a replica after a failover.
async fn confirmed(link: Link) -> Result<Link, SourceError> {
    let mut commands = Commands::default();
    commands.add("ROLE", []);
    match only(link.exchange(&commands, None).await?) {
        Value::Array(parts) => match parts.first() {
            Some(Value::BulkString(role)) if role != b"master" => Err(SourceError::new(
                ErrorKind::Unavailable,
                "the server that the Sentinels name is not the master yet",
            )),
            _ => Ok(link),
        },
        // The user may not ask; then the Sentinel is believed.
        Value::ServerError(error) if error.code() == "NOPERM" => Ok(link),
        Value::ServerError(error) => Err(failure::of_server(&error)),
        _ => Ok(link),
    }
}

fn only(mut replies: Vec<Value>) -> Value {
    replies.pop().unwrap_or(Value::Nil)
}
