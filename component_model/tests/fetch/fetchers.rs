//! Fetchers as sources, and fetches within fetches: their errors keep their class and their causes.

use std::{future::Future, time::Duration};

use component_model::{ErrorKind, KeyQuery, Memory, SourceError, prelude::*};

#[tokio::test]
async fn one_failed_component_is_that_error_and_keeps_its_cause_and_the_report() {
    #[derive(Debug, AsyncAssign)]
    struct One {
        #[component(fetch_from = "settings")]
        _port: u16,
    }
    let sources = Sources::builder().source("settings", Memory::default()).build();
    let error = One::fetch().sources(&sources).resilient().combined().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.field(), error.source_name()),
        (ErrorKind::Absent, Some("_port"), Some("settings"))
    );
    assert!(error.hint().is_some());
    let errors = component_model::ComponentErrors::from(error);
    assert_eq!(errors.report().unwrap().entries().len(), 1);
}

#[tokio::test]
async fn the_error_of_a_registered_fetcher_keeps_its_class() {
    struct Typed(ErrorKind);
    impl ComponentFetcher<String> for Typed {
        type Error = ComponentError;
        async fn fetch_component(&self) -> Result<String, ComponentError> {
            Err(SourceError::new(self.0, "said so").into())
        }
    }
    #[derive(Debug, AsyncAssign)]
    struct Registered {
        #[component(fetch_from = [absent(key = "a"), settings(key = "a")])]
        next_layer: String,
        #[component(fetch_from = "absent")]
        optional: Option<String>,
        #[component(fetch_from = "unreachable", fallback = "x")]
        unreachable: String,
    }
    let sources = Sources::builder()
        .fetcher::<String, _>("absent", Typed(ErrorKind::Absent))
        .fetcher::<String, _>("unreachable", Typed(ErrorKind::Unreachable))
        .source("settings", Memory::new([("a", "1")]))
        .build();
    let fetched = Registered::fetch().sources(&sources).report().await.unwrap();
    assert_eq!((fetched.value.next_layer.as_str(), fetched.value.optional), ("1", None));
    assert_eq!(fetched.value.unreachable, "x");
    let problem = fetched.report.entry("unreachable").unwrap().problem().unwrap();
    assert_eq!(problem.kind(), ErrorKind::Unreachable);
}

#[derive(Debug, AsyncAssign)]
struct InnerOne {
    #[component(fetch_from = "settings", key = "inner/port")]
    port: u16,
}

#[derive(Debug, AsyncAssign)]
struct InnerTwo {
    #[component(fetch_from = "settings", key = "inner/port")]
    port: u16,
    #[component(fetch_from = "settings", key = "inner/offset")]
    offset: u16,
}

/// A fetcher that fetches a struct of its own.
struct Nested<F>(Sources, fn(Sources) -> F);

impl<F: Future<Output = Result<u16, ComponentErrors>> + Send> ComponentFetcher<u16> for Nested<F> {
    type Error = ComponentErrors;

    async fn fetch_component(&self) -> Result<u16, ComponentErrors> {
        (self.1)(self.0.clone()).await
    }
}

#[tokio::test]
async fn what_is_absent_within_a_fetcher_is_a_failure_of_it_however_much_is_absent() {
    #[derive(Debug, AsyncAssign)]
    struct Outer {
        #[component(fetch_from = ["nested", settings(key = "port")])]
        _port: Option<u16>,
    }
    let none = || Sources::builder().source("settings", Memory::default()).build();
    let one = Nested(none(), |sources| async move { Ok(InnerOne::fetch_all_components_from(&sources).await?.port) });
    let two = Nested(none(), |sources| async move {
        let inner = InnerTwo::fetch_all_components_from(&sources).await?;
        Ok(inner.port + inner.offset)
    });
    let outer = || Sources::builder().source("settings", Memory::new([("port", "1")]));
    for sources in [outer().fetcher("nested", one).build(), outer().fetcher("nested", two).build()] {
        let errors = Outer::fetch_all_components_from(&sources).await.unwrap_err();
        let error = &errors[0];
        assert!(error.kind() == ErrorKind::Dependency && !error.is_absent() && !error.is_transient(), "{errors}");
        assert_eq!((error.field(), error.source_name()), (Some("_port"), Some("nested")));
        let text = format!("{error:#}");
        assert!(text.contains(".port: u16") && text.contains("settings:inner/port"), "{text}");
    }
}

#[tokio::test]
async fn an_inner_failure_tells_whether_and_when_to_try_again() {
    #[derive(Debug, AsyncAssign)]
    struct Outer {
        #[component(fetch_from = "nested")]
        _port: u16,
    }
    let wait = Duration::from_secs(30);
    let throttled = move |_: KeyQuery| async move {
        Err::<Option<u16>, _>(SourceError::new(ErrorKind::Throttled, "busy").with_retry_after(wait))
    };
    let inner = Sources::builder().closure("settings", throttled).build();
    let nested = Nested(inner, |sources| async move { Ok(InnerOne::fetch_all_components_from(&sources).await?.port) });
    let sources = Sources::builder().fetcher("nested", nested).build();
    let errors = Outer::fetch_all_components_from(&sources).await.unwrap_err();
    assert!(errors[0].kind() == ErrorKind::Dependency && errors[0].is_transient(), "{errors}");
    assert_eq!(errors[0].retry_after(), Some(wait));
}

#[tokio::test]
async fn a_component_that_is_assigned_from_another_fetch_keeps_its_name() {
    #[derive(Debug, Default, AsyncAssign)]
    struct Outer {
        limit: u16,
    }
    let none = Sources::builder().source("settings", Memory::default()).build();
    let inner = async { InnerOne::fetch_all_components_from(&none).await.map(|inner| inner.port) };
    let errors = Outer::default().async_assign(inner).build().await.unwrap_err();
    assert_eq!((errors[0].field(), errors[0].kind()), (Some("limit"), ErrorKind::Dependency));
    assert!(errors.to_string().contains("InnerOne.port: u16 from settings:inner/port: absent"), "{errors}");
}
