//! The sources of a task and of the process, structs with parameters, constants, and shutting down.

use std::time::Duration;

use component_model::{Answer, Asked, KeyQuery, Memory, Reply, Request, RequestSpec, Source, SourceError, prelude::*};
use tokio::time::Instant;

#[tokio::test]
async fn the_sources_of_the_task_go_before_all_others() {
    #[derive(Debug, AsyncAssign)]
    struct Region {
        #[component(fetch_from = "region")]
        name: String,
    }
    let of = |name: &str| Sources::builder().constant("region", name).build();
    let inner = Sources::scope(of("inner"), Region::fetch_all_components());
    let (outer, inner) =
        Sources::scope(of("outer"), async { (Region::fetch_all_components().await, inner.await) }).await;
    assert_eq!((outer.unwrap().name.as_str(), inner.unwrap().name.as_str()), ("outer", "inner"));

    Sources::install(of("installed")).unwrap();
    assert!(Sources::install(of("again")).is_err());
    assert_eq!(Region::fetch_all_components().await.unwrap().name, "installed");
}

#[tokio::test]
async fn a_struct_with_parameters_is_fetched() {
    #[derive(Debug, AsyncAssign)]
    struct Generic<T, const N: usize>
    where
        T: Default,
    {
        #[component(fetch_from = "settings")]
        value: T,
        #[component(fetch_from = "settings")]
        list: Vec<T>,
        rest: [u8; N],
    }
    let sources = Sources::builder().source("settings", Memory::new([("value", "7"), ("list", "1,2")])).build();
    let generic = Generic::<u16, 3>::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((generic.value, generic.list, generic.rest), (7, vec![1, 2], [0; 3]));
}

#[tokio::test]
async fn a_constant_keeps_numbers_that_json_does_not_have() {
    #[derive(Debug, AsyncAssign)]
    struct Numbers {
        #[component(fetch_from = "nothing")]
        float: f64,
        #[component(fetch_from = "large")]
        large: u128,
        #[component(fetch_from = "small")]
        small: i128,
    }
    let sources = Sources::builder()
        .constant("nothing", f64::NAN)
        .constant("large", u128::MAX)
        .closure("small", |_: KeyQuery| async { Ok::<_, std::io::Error>(Some(i128::MIN)) })
        .build();
    let numbers = Numbers::fetch_all_components_from(&sources).await.unwrap();
    assert!(numbers.float.is_nan());
    assert_eq!((numbers.large, numbers.small), (u128::MAX, i128::MIN));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_while_it_shuts_down_does_not_keep_the_others_or_the_program() {
    struct Hangs;
    impl Source for Hangs {
        type Query = KeyQuery;
        fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
            Request::by_key(spec)
        }
        async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
            Ok(Reply::ABSENT)
        }
        async fn shutdown(&self) {
            std::future::pending::<()>().await;
        }
    }
    let started = Instant::now();
    Sources::builder().source("hangs", Hangs).build().shutdown().await;
    assert_eq!(started.elapsed(), Duration::from_secs(10));
}
