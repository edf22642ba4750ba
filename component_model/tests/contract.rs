//! What a source says beside a value, at the level of the contract and through a fetch: leases, and when to try again.
#![cfg(all(feature = "async", feature = "derive"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use component_model::{
    Answer, Asked, ErrorKind, KeyQuery, Lease, Memory, Record, Request, RequestSpec, Source, SourceError, Value,
    prelude::*,
};

/// A source of passwords with leases, each of which can be renewed once; counts the renewals.
#[derive(Default)]
struct Vault {
    renewals: AtomicU32,
}

impl Source for Vault {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        let lease = Lease::new(asked.query().key(), Duration::from_secs(60)).renewable();
        Ok(Record::new(Value::text("hunter2")).with_lease(lease).into())
    }

    async fn renew(&self, _: &KeyQuery, lease: &Lease) -> Result<Lease, SourceError> {
        match self.renewals.fetch_add(1, Ordering::Relaxed) {
            0 if lease.is_renewable() => Ok(Lease::new(lease.id(), 2 * lease.duration())),
            _ => Err(SourceError::new(ErrorKind::Denied, "the lease has ended")),
        }
    }
}

#[tokio::test]
async fn a_lease_comes_with_its_record_and_is_renewed_until_the_source_refuses() {
    let vault = Arc::new(Vault::default());
    let query = KeyQuery::new("creds/shop");
    let reply = vault.fetch(Asked::new(&query)).await.unwrap();
    let lease = reply.record().unwrap().lease().unwrap().clone();
    assert_eq!((lease.id(), lease.duration(), lease.is_renewable()), ("creds/shop", Duration::from_secs(60), true));
    // Through the `Arc`, as the engine has it.
    let renewed = Source::renew(&vault, &query, &lease).await.unwrap();
    assert_eq!((renewed.id(), renewed.duration()), ("creds/shop", Duration::from_secs(120)));
    assert!(!renewed.is_renewable());
    assert_eq!(Source::renew(&vault, &query, &renewed).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(vault.renewals.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_source_without_leases_renews_none() {
    let lease = Lease::new("creds/shop", Duration::from_secs(60));
    let renewed = Memory::default().renew(&KeyQuery::new("user"), &lease).await;
    assert_eq!(renewed.unwrap_err().kind(), ErrorKind::Misconfigured);
}

#[tokio::test]
async fn a_value_with_a_lease_is_fetched_like_any_other_and_nothing_renews_the_lease() {
    #[derive(Debug, AsyncAssign)]
    struct Login {
        #[component(fetch_from = "vault")]
        password: String,
    }
    let vault = Arc::new(Vault::default());
    let sources = Sources::builder().source("vault", Arc::clone(&vault)).build();
    assert_eq!(Login::fetch_all_components_from(&sources).await.unwrap().password, "hunter2");
    assert_eq!(vault.renewals.load(Ordering::Relaxed), 0);
}

/// A source that always fails: the key says how.
struct Failing;

impl Source for Failing {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        Err(match asked.query().key() {
            "_replica" => SourceError::new(ErrorKind::Other, "the replica is catching up").with_transience(true),
            "_gone" => SourceError::new(ErrorKind::Unreachable, "the host was removed").with_transience(false),
            "_busy" => SourceError::new(ErrorKind::Throttled, "").with_retry_after(Duration::from_secs(30)),
            _ => SourceError::new(ErrorKind::Throttled, "").with_retry_after(Duration::from_secs(5)),
        })
    }
}

#[derive(Debug, AsyncAssign)]
struct Transient {
    #[component(fetch_from = "failing")]
    _replica: String,
    #[component(fetch_from = "failing")]
    _busy: String,
    #[component(fetch_from = "failing")]
    _less_busy: String,
}

#[derive(Debug, AsyncAssign)]
struct Lasting {
    #[component(fetch_from = "failing")]
    _replica: String,
    #[component(fetch_from = "failing")]
    _gone: String,
}

#[tokio::test]
async fn a_source_says_whether_its_failure_is_transient_whatever_its_kind() {
    let sources = Sources::builder().source("failing", Failing).build();
    let errors = Lasting::fetch_all_components_from(&sources).await.unwrap_err();
    let of = |field: &str| errors.of(field).unwrap();
    assert_eq!((of("_replica").kind(), of("_replica").is_transient()), (ErrorKind::Other, true));
    assert_eq!((of("_gone").kind(), of("_gone").is_transient()), (ErrorKind::Unreachable, false));
    assert!(!ComponentError::from(errors).is_transient(), "one failure lasts");
    let error = Transient::fetch().sources(&sources).resilient().combined().await.unwrap_err();
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_fetch_is_to_wait_as_long_as_the_longest_of_its_sources_says() {
    let sources = Sources::builder().source("failing", Failing).build();
    let errors = Transient::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors.of("_replica").unwrap().retry_after(), None);
    assert_eq!(errors.of("_busy").unwrap().retry_after(), Some(Duration::from_secs(30)));
    assert_eq!(ComponentError::from(errors).retry_after(), Some(Duration::from_secs(30)));
}
