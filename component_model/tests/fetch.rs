//! The engine and the policies: concurrency, merging, layers, fallbacks, timeouts, the deadline, all or nothing.
#![cfg(feature = "async")]

use std::{
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use component_model::{
    Answer, Asked, ErrorKind, Event, KeyQuery, Memory, Outcome, Reply, Request, RequestSpec, Source, SourceError,
    Value, prelude::*,
};
use tokio::time::{Instant, sleep};

/// Counts what it is asked, and answers each key with itself after a while.
#[derive(Clone, Default)]
struct Counting {
    calls: Arc<AtomicUsize>,
    keys: Arc<AtomicUsize>,
    group: Option<&'static str>,
    delay: Duration,
}

impl Source for Counting {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        let request = Request::by_key(spec)?;
        Ok(match self.group {
            Some(group) => request.with_group(group),
            None => request,
        })
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        self.fetch_many(&[asked]).await.remove(0)
    }

    async fn fetch_many(&self, asked: &[Asked<'_, KeyQuery>]) -> Vec<Answer> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.keys.fetch_add(asked.len(), Ordering::Relaxed);
        sleep(self.delay).await;
        let answer = |asked: &Asked<'_, KeyQuery>| match asked.query().key() {
            "absent" => Ok(Reply::ABSENT),
            key => Ok(Value::text(key).into()),
        };
        asked.iter().map(answer).collect()
    }
}

#[derive(Debug, AsyncAssign, PartialEq)]
struct Four {
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
struct SecondHand(String);

#[tokio::test]
async fn equal_requests_are_sent_once() {
    let counting = Counting::default();
    let sources = Sources::builder().source("counting", counting.clone()).build();
    let four = Four::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((four.first.as_str(), four.second.0.as_str(), four.third.as_str()), ("same", "same", "other"));
    assert_eq!(counting.calls.load(Ordering::Relaxed), 2, "same and other, whatever the timeouts");
}

#[tokio::test]
async fn the_requests_of_a_group_travel_together() {
    let counting = Counting { group: Some("one round trip"), ..Counting::default() };
    let sources = Sources::builder().source("counting", counting.clone()).build();
    Four::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(counting.calls.load(Ordering::Relaxed), 1, "whatever the timeouts");
    assert_eq!(counting.keys.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn components_cost_the_slowest_source_and_not_the_sum() {
    #[derive(Debug, AsyncAssign)]
    struct Slow {
        #[component(fetch_from = "fast")]
        _a: String,
        #[component(fetch_from = "slow")]
        _b: String,
        #[component(fetch_from = "slower")]
        _c: String,
    }
    let delayed = |milliseconds| Counting { delay: Duration::from_millis(milliseconds), ..Counting::default() };
    let sources = Sources::builder()
        .source("fast", delayed(10))
        .source("slow", delayed(700))
        .source("slower", delayed(1000))
        .build();
    let started = Instant::now();
    Slow::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_millis(1000));
}

#[tokio::test]
async fn absence_goes_on_to_the_next_layer_and_a_failure_does_not() {
    #[derive(Debug, AsyncAssign)]
    struct Layered {
        #[component(fetch_from = ["override", "broken", "settings"])]
        host: String,
        #[component(fetch_from = ["override", "settings"])]
        port: u16,
    }
    let settings = Memory::new([("host", "below"), ("port", "80")]);
    let builder = || {
        let broken = |_| async { Err::<Option<String>, _>(SourceError::new(ErrorKind::Denied, "no")) };
        Sources::builder().source("settings", settings.clone()).closure("broken", broken)
    };
    let sources = builder().source("override", Memory::new([("host", "above")])).build();
    let layered = Layered::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((layered.host.as_str(), layered.port), ("above", 80));

    let sources = builder().source("override", Memory::default()).build();
    let errors = Layered::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].is_denied(), "a denied read is not an absent value: {errors}");
    assert_eq!(errors[0].source_name(), Some("broken"));
}

#[tokio::test]
async fn a_query_without_rows_is_absence_unless_a_list_or_a_map_is_fetched() {
    #[derive(Debug, AsyncAssign)]
    struct Layered {
        #[component(fetch_from = ["rows", "settings"])]
        port: u16,
        #[component(fetch_from = ["rows", "settings"])]
        optional: Option<u16>,
        #[component(fetch_from = "rows")]
        none: Option<Vec<u16>>,
        #[component(fetch_from = "rows", fallback = 7)]
        covered: u16,
        #[component(fetch_from = ["rows", "settings"])]
        list: Vec<u16>,
        #[component(fetch_from = ["rows", "settings"])]
        map: std::collections::BTreeMap<String, u16>,
    }
    let nothing = || Value::rows(Vec::new());
    let rows = ["port", "optional", "none", "covered", "list", "map"]
        .into_iter()
        .fold(Memory::default(), |memory, key| memory.with(key, nothing()));
    let settings = Memory::new([("port", "80"), ("optional", "81"), ("list", "1,2"), ("map", "a=1")]);
    let sources = Sources::builder().source("rows", rows.clone()).source("settings", settings).build();
    let layered = Layered::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((layered.port, layered.optional, layered.none, layered.covered), (80, Some(81), None, 7));
    assert!(layered.list.is_empty() && layered.map.is_empty());

    let sources = Sources::builder().source("rows", rows).source("settings", Memory::default()).build();
    let errors = Layered::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors.len(), 1, "{errors}");
    assert!(errors[0].is_absent(), "{errors}");
}

#[tokio::test]
async fn a_source_that_is_not_set_up_fails_when_its_turn_comes_and_not_before() {
    #[derive(Debug, AsyncAssign)]
    struct Layered {
        #[component(fetch_from = ["override"(key = "host"), database(key = "host")])]
        host: String,
        #[component(fetch_from = ["override"(key = "port"), database(key = "port")], fallback = 80)]
        port: u16,
    }
    let with_override = |entries: &[(&str, &str)]| {
        let database: Result<Memory, _> = Err(SourceError::new(ErrorKind::Misconfigured, "DATABASE_URL is not set"));
        let entries = Memory::new(entries.to_vec());
        Sources::builder().source("override", entries).try_source("database", database).build()
    };
    let sources = with_override(&[("host", "above"), ("port", "8080")]);
    let layered = Layered::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((layered.host.as_str(), layered.port), ("above", 8080), "the first that has the value wins");

    let partial = Layered::fetch().sources(&with_override(&[])).partial().await;
    assert_eq!(partial.errors().len(), 1);
    let shown = partial.errors()[0].to_string();
    assert!(shown.contains("DATABASE_URL is not set") && shown.contains("not in override:host"), "{shown}");
    let port = partial.report().unwrap().entry("port").unwrap();
    assert_eq!((port.outcome(), port.source()), (Outcome::Fallback, "database"));
}

#[tokio::test]
async fn a_layer_that_is_not_needed_is_not_asked() {
    #[derive(Debug, AsyncAssign)]
    struct Layered {
        #[component(fetch_from = ["settings", "counting"])]
        _host: String,
    }
    let counting = Counting::default();
    let settings = Memory::new([("_host", "h")]);
    let sources = Sources::builder().source("settings", settings).source("counting", counting.clone()).build();
    Layered::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(counting.calls.load(Ordering::Relaxed), 0);
}

#[derive(Debug, AsyncAssign)]
struct WithFallbacks {
    #[component(fetch_from = "gone", fallback = 8080)]
    absent: u16,
    #[component(fetch_from = "broken", fallback = "1,2,3")]
    failing: Vec<u8>,
    #[component(fetch_from = "wrong", fallback = "localhost", fallback_on = "any")]
    malformed: Mode,
    #[component(fetch_from = "gone")]
    optional: Option<u16>,
}

#[derive(Debug, serde::Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Localhost,
}

fn failing_sources() -> Sources {
    Sources::builder()
        .source("gone", Memory::default())
        .closure("broken", |_| async { Err::<Option<u8>, _>(SourceError::new(ErrorKind::Unreachable, "refused")) })
        .constant("wrong", "no mode")
        .build()
}

#[tokio::test]
async fn a_fallback_covers_absence_and_failure_and_the_report_says_why() {
    let fetched = WithFallbacks::fetch().sources(&failing_sources()).report().await.unwrap();
    let value = fetched.value;
    assert_eq!((value.absent, value.failing, value.malformed), (8080, vec![1, 2, 3], Mode::Localhost));
    assert_eq!(value.optional, None);
    let kind_of = |field| fetched.report.entry(field).unwrap().problem().unwrap().kind();
    assert_eq!(kind_of("absent"), ErrorKind::Absent);
    assert_eq!(kind_of("failing"), ErrorKind::Unreachable);
    assert_eq!(kind_of("malformed"), ErrorKind::Malformed);
    assert_eq!(fetched.report.entry("failing").unwrap().outcome(), Outcome::Fallback);
    assert_eq!(fetched.report.entry("optional").unwrap().outcome(), Outcome::Absent);
}

#[tokio::test]
async fn a_fallback_that_does_not_parse_is_an_error_even_while_the_source_serves() {
    #[derive(Debug, AsyncAssign)]
    struct Wrong {
        #[component(fetch_from = "settings", fallback = "eighty")]
        _port: u16,
    }
    let sources = Sources::builder().source("settings", Memory::new([("_port", "80")])).build();
    let errors = Wrong::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Misconfigured);
    assert!(!errors.to_string().contains("eighty"), "{errors}");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_ends_at_its_timeout() {
    #[derive(Debug, AsyncAssign)]
    struct Hanging {
        #[component(fetch_from = "hanging")]
        _by_default: String,
        #[component(fetch_from = "hanging", timeout = "250ms")]
        _by_attribute: String,
        #[component(fetch_from = "hanging", timeout = "250ms", fallback = "served")]
        _with_fallback: String,
    }
    let hanging = Counting { delay: Duration::from_secs(3600), ..Counting::default() };
    let sources = Sources::builder().source("hanging", hanging).build();
    let started = Instant::now();
    let errors = Hanging::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(started.elapsed().as_millis(), 2000);
    assert_eq!(errors.len(), 2);
    assert!(errors.iter().all(|error| error.is_timeout() && error.is_transient() && error.attempts() == 1));
    assert_eq!(errors.of("_by_attribute").unwrap().elapsed().as_millis(), 250);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_bounds_all_components_together_and_fallbacks_still_serve() {
    #[derive(Debug, AsyncAssign)]
    struct Patient {
        #[component(fetch_from = "hanging", timeout = "1h")]
        _value: String,
        #[component(fetch_from = "hanging", timeout = "1h", fallback = "served")]
        with_fallback: String,
        #[component(fetch_from = "ready")]
        ready: String,
    }
    let hanging = Counting { delay: Duration::from_secs(7200), ..Counting::default() };
    let sources = Sources::builder().source("hanging", hanging).source("ready", Counting::default()).build();
    let started = Instant::now();
    let error = Sources::scope(sources.clone(), Patient::fetch_with_resilience()).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(30), "the deadline of fetch_with_resilience");
    assert_eq!(error.errors().len(), 1);
    assert!(error.is_timeout() && error.errors()[0].kind() == ErrorKind::Deadline, "{error}");

    let partial = Patient::fetch().sources(&sources).deadline(Duration::from_secs(1)).partial().await;
    assert_eq!(partial.errors().len(), 1);
    let base = Patient { _value: "base".into(), with_fallback: String::new(), ready: String::new() };
    let patient = partial.or(base);
    assert_eq!((patient._value.as_str(), &*patient.with_fallback, &*patient.ready), ("base", "served", "ready"));
}

#[tokio::test]
async fn an_unknown_name_fails_before_any_input_and_names_the_nearest() {
    let counting = Counting::default();
    let sources = Sources::builder().source("countig", counting.clone()).source("other", counting.clone()).build();
    let errors = Four::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!((errors.len(), counting.calls.load(Ordering::Relaxed)), (4, 0));
    let shown = errors.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("did you mean `countig`?") && shown.contains("`countig` and `other`"), "{shown}");
}

#[tokio::test]
async fn an_option_that_a_source_does_not_take_is_refused_before_any_input() {
    #[derive(Debug, AsyncAssign)]
    struct Asking {
        #[component(fetch_from = "mine", query = "SELECT 1")]
        _value: u8,
        #[component(fetch_from = "mine", query = "SELECT 1", fallback = 1)]
        _with_fallback: u8,
    }
    let counting = Counting::default();
    let sources = Sources::builder().source("mine", counting.clone()).build();
    let errors = Asking::fetch_all_components_from(&sources).await.unwrap_err();
    assert!(errors.to_string().contains("`mine` does not take `query`; it takes `key`"), "{errors}");
    assert_eq!(errors.len(), 2, "a fallback covers failures, not mistakes: {errors}");
    assert_eq!(counting.calls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn all_failures_are_reported_together_and_nothing_is_assigned() {
    #[derive(Debug, AsyncAssign)]
    struct Broken {
        #[component(fetch_from = "gone")]
        _absent: u16,
        #[component(fetch_from = "broken")]
        _failing: Vec<u8>,
        #[component(fetch_from = "wrong")]
        _malformed: u16,
    }
    let errors = Broken::fetch_all_components_from(&failing_sources()).await.unwrap_err();
    let kinds: Vec<_> = errors.iter().map(ComponentError::kind).collect();
    assert_eq!(kinds, [ErrorKind::Absent, ErrorKind::Unreachable, ErrorKind::Malformed]);
    assert_eq!(errors[1].field(), Some("_failing"));
    assert_eq!(errors.report().unwrap().entries().len(), 3);
}

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
async fn an_observer_is_told_of_every_beginning_and_end() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&told);
    let observer = move |event: &Event<'_>| {
        notes.lock().unwrap().push(match event {
            Event::Started { component, source } => format!("{component} from {source}"),
            Event::Finished { component, outcome, .. } => format!("{component}: {outcome:?}"),
            _ => String::new(),
        });
    };
    WithFallbacks::fetch().sources(&failing_sources()).observe(observer).await.unwrap();
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 8);
    assert!(
        told.contains(&"absent from gone".to_owned()) && told.contains(&"failing: Fallback".to_owned()),
        "{told:?}"
    );
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

#[tokio::test(start_paused = true)]
async fn a_deadline_of_its_own_goes_before_that_of_a_resilient_fetch() {
    #[derive(Debug, AsyncAssign)]
    struct Patient {
        #[component(fetch_from = "hanging", timeout = "1h")]
        _value: String,
    }
    let hanging = Counting { delay: Duration::from_secs(7200), ..Counting::default() };
    let sources = Sources::builder().source("hanging", hanging).build();
    for seconds in [5, 60] {
        let started = Instant::now();
        let fetch = Patient::fetch().sources(&sources).deadline(Duration::from_secs(seconds));
        let error = fetch.resilient().combined().await.unwrap_err();
        assert_eq!((error.kind(), started.elapsed().as_secs()), (ErrorKind::Deadline, seconds));
    }
}

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

#[tokio::test]
async fn a_timeout_of_zero_and_a_name_that_is_not_valid_make_a_source_unusable() {
    #[derive(Debug, AsyncAssign)]
    struct Timed {
        #[component(fetch_from = "settings")]
        _port: u16,
    }
    let values = || Memory::new([("_port", "1")]);
    let policies = component_model::Policies::new().timeout(Duration::ZERO);
    let sources = Sources::builder().source("settings", values()).policies("settings", policies.clone()).build();
    let errors = Timed::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Misconfigured);
    assert!(errors[0].to_string().contains("the timeout of the source is 0"), "{errors}");

    let names = ["", " settings", "settings\t"];
    let sources = names.into_iter().fold(Sources::builder(), |sources, name| sources.source(name, values()));
    let sources = sources.source("settings", values()).policies("setings", policies).build();
    assert!(Timed::fetch_all_components_from(&sources).await.is_ok());
    for name in names {
        let state = sources.state();
        assert_eq!(state.source(name).unwrap().problem().unwrap().kind(), ErrorKind::Misconfigured, "{name:?}");
    }
    assert_eq!(sources.state().source("setings").unwrap().problem().unwrap().kind(), ErrorKind::UnknownSource);
}
