//! What is sent: equal requests once, the requests of a group together, and all calls at the same time.

use std::time::Duration;

use component_model::{Answer, Asked, KeyQuery, Reply, Request, RequestSpec, Source, SourceError, prelude::*};
use tokio::time::Instant;

use super::support::Slow;

#[derive(Debug, AsyncAssign, PartialEq)]
pub(crate) struct Four {
    #[component(fetch_from = "counting", key = "same")]
    first: String,
    #[component(fetch_from = "counting", key = "same")]
    second: SecondHand,
    #[component(fetch_from = "counting", key = "other")]
    third: String,
    #[component(fetch_from = "counting", key = "same", timeout = 1)]
    with_another_policy: String,
}

#[derive(Debug, serde::Deserialize, PartialEq)]
pub(crate) struct SecondHand(String);

#[tokio::test]
async fn equal_requests_are_sent_once() {
    let counting = Slow::default();
    let sources = Sources::builder().source("counting", counting.clone()).build();
    let four = Four::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((four.first.as_str(), four.second.0.as_str(), four.third.as_str()), ("same", "same", "other"));
    assert_eq!(counting.calls(), 2, "same and other, whatever the timeouts");
}

#[tokio::test]
async fn the_requests_of_a_group_travel_together() {
    let counting = Slow::default().grouped();
    let sources = Sources::builder().source("counting", counting.clone()).build();
    Four::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(counting.calls(), 1, "whatever the timeouts");
    assert_eq!(counting.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn components_cost_the_slowest_source_and_not_the_sum() {
    #[derive(Debug, AsyncAssign)]
    struct Three {
        #[component(fetch_from = "fast")]
        _a: String,
        #[component(fetch_from = "slow")]
        _b: String,
        #[component(fetch_from = "slower")]
        _c: String,
    }
    let delayed = |milliseconds| Slow::taking(Duration::from_millis(milliseconds));
    let sources = Sources::builder()
        .source("fast", delayed(10))
        .source("slow", delayed(700))
        .source("slower", delayed(1000))
        .build();
    let started = Instant::now();
    Three::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_millis(1000));
}

#[tokio::test]
async fn a_source_that_answers_too_few_requests_is_an_error_and_no_panic() {
    struct Short;
    impl Source for Short {
        type Query = KeyQuery;
        fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
            Ok(Request::by_key(spec)?.with_group("all"))
        }
        async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
            Ok(Reply::ABSENT)
        }
        async fn fetch_many(&self, _: &[Asked<'_, KeyQuery>]) -> Vec<Answer> {
            Vec::new()
        }
    }
    let errors = Four::fetch_all_components_from(&Sources::builder().source("counting", Short).build()).await;
    assert!(errors.unwrap_err().to_string().contains("0 answers to 2 requests"));
}
