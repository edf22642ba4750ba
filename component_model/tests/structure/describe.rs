//! `describe`: what a struct reads, as data, as a table and as Markdown.

use std::time::Duration;

use component_model::{
    CircuitBreaker, Description, ErrorKind, LocalCache, Memory, Policies, PolicyOrigin, PolicyValue, SourceError,
    SourcesBuilder, SubstituteDescription,
    fetchers::{env::Env, file::File},
    plan::Planned,
    prelude::*,
};

fn fits(max: &u32) -> Result<(), &'static str> {
    if *max <= 64 { Ok(()) } else { Err("is too large") }
}

fn idle() -> u32 {
    1
}

#[derive(AsyncAssign)]
#[component(fetch_from = ["env", "file"])]
struct Pool {
    /// The largest number of connections.
    #[component(default = 8, validate = fits, timeout = "250ms")]
    max: u32,
    #[component(default = idle())]
    idle: u32,
}

#[derive(AsyncAssign)]
#[component(prefix("shop", file = ""), fetch_from = ["env", "file"])]
struct Shop {
    /// Where the shop is: `eu` | `us`.
    ///
    /// Set for each deployment.
    #[component(default)]
    region: String,
    #[component(nested)]
    pool: Option<Pool>,
    #[component(fetch_from = "file", key = "limits.{region}", fallback = 10, fallback_on = ["absent", "denied"])]
    limit: u32,
    #[component(fetch_from = vault(key = "shop/token"), fallback = "hunter2")]
    token: SecretString,
    #[component(fetch_from = "env", default = "hunter3", sensitive)]
    pin: String,
    proxy: Option<String>,
    #[component(skip)]
    _requests: u64,
}

fn sources() -> Sources {
    let vault: Result<Memory, _> =
        Err(SourceError::new(ErrorKind::NotSetUp, "`VAULT_ADDR` is not set").with_hint("set it"));
    Sources::builder()
        .source("env", Env::of([("", ""); 0]))
        .source("file", File::new("shop.toml"))
        .policies("file", Policies::new().timeout(Duration::from_secs(5)))
        .source("settings", Memory::default())
        .try_source("vault", vault)
        .build()
}

#[test]
fn a_description_says_what_every_component_reads() {
    let description = Shop::describe(&sources());
    let paths: Vec<_> = description.components().iter().map(|component| component.component()).collect();
    assert_eq!(paths, ["region", "pool.max", "pool.idle", "limit", "token", "pin", "proxy"]);

    let max = description.component("pool.max").unwrap();
    let layers: Vec<_> = max.layers().iter().map(|layer| (layer.source(), layer.locator())).collect();
    assert_eq!(layers, [("env", "SHOP_POOL_MAX"), ("file", "shop.toml#pool.max")]);
    assert_eq!(max.docs(), "The largest number of connections.");
    assert_eq!(max.layers()[0].timeout_from(), PolicyOrigin::Component);
    assert!(max.is_validated() && max.optional_struct() == Some("pool") && !max.is_optional());

    let limit = description.component("limit").unwrap();
    assert_eq!(limit.layers()[0].locator(), "shop.toml#limits.{region}");
    assert_eq!(limit.depends_on().collect::<Vec<_>>(), ["region"]);
    assert_eq!(limit.layers()[0].timeout_from(), PolicyOrigin::Registration);
    assert_eq!(limit.fallback_on().unwrap().collect::<Vec<_>>(), ["absent", "denied"]);

    let token = description.component("token").unwrap();
    assert_eq!((token.layers()[0].locator(), token.is_sensitive()), ("shop/token", true));
    assert_eq!(token.fallback(), Some(&SubstituteDescription::Hidden));
    assert_eq!(token.layers()[0].problem().unwrap().kind(), ErrorKind::NotSetUp);
    assert!(description.component("proxy").unwrap().is_optional());
}

#[test]
fn a_sensitive_literal_is_in_no_form_of_a_description() {
    let description = Shop::describe(&sources());
    let forms = format!("{description} {description:?} {}", description.to_markdown())
        + &serde_json::to_string(&description).unwrap();
    assert!(!forms.contains("hunter"), "{forms}");
}

#[test]
fn the_table() {
    insta::assert_snapshot!(Shop::describe(&sources()).to_string());
}

#[test]
fn the_page_of_markdown() {
    insta::assert_snapshot!(Shop::describe(&sources()).to_markdown());
}

#[test]
fn a_description_can_be_stored_and_read_back() {
    let description = Shop::describe(&sources());
    let json = serde_json::to_value(&description).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
    assert_eq!(serde_json::from_value::<Description>(json).unwrap(), description);
}

#[test]
fn a_struct_that_cannot_be_bound_is_described_with_the_reasons() {
    #[derive(AsyncAssign)]
    struct Mistaken {
        #[component(fetch_from = "flie")]
        port: u16,
        #[component(fetch_from = "settings", key = "a.{b}")]
        a: String,
        #[component(fetch_from = "settings", key = "b.{a}")]
        b: String,
    }

    let description = Mistaken::describe(&sources());
    let port = description.component("port").unwrap().layers()[0].problem().unwrap();
    assert_eq!((port.kind(), port.hint()), (ErrorKind::UnknownSource, Some("did you mean `file`?")));
    assert!(description.problems()[0].message().contains("`a` needs `b` needs `a`"));
    let shown = description.to_string();
    assert!(shown.contains("flie: ") && shown.contains("did you mean `file`?"), "{shown}");
    let page = description.to_markdown();
    assert!(page.contains("What is wrong here:\n\n- `port` from `flie`: "), "{page}");
}

#[derive(AsyncAssign)]
struct Resilient {
    #[component(
        fetch_from = ["settings", "consul"],
        deadline = "5s",
        retry_attempts = 4,
        circuit_breaker = false,
        ttl = "1h",
        fallback_to = file(key = "old.port")
    )]
    port: u16,
    #[component(fetch_from = "consul", fallback_to = "local_cache")]
    region: String,
    #[component(fetch_from = "settings", fallback_to = vault(key = "backup"))]
    limit: u32,
}

fn with_policies() -> SourcesBuilder {
    let consul = Policies::new().retry_attempts(2).circuit_breaker(CircuitBreaker::new()).limit(4);
    let consul = consul.stale_for(Duration::from_secs(60)).retry_backoff(Duration::from_millis(50));
    let vault: Result<Memory, _> = Err(SourceError::new(ErrorKind::NotSetUp, "`VAULT_ADDR` is not set"));
    Sources::builder()
        .source("settings", Memory::default())
        .source("consul", Memory::default())
        .policies("consul", consul)
        .source("file", File::new("shop.toml"))
        .try_source("vault", vault)
}

#[test]
fn the_policies_say_where_they_come_from() {
    let description = Resilient::describe(&with_policies().build());
    let port = description.component("port").unwrap();
    assert_eq!(port.deadline(), Some(Duration::from_secs(5)));
    let of = |layer: usize, name: &str| {
        let policy = port.layers()[layer].policy(name);
        policy.map(|policy| (policy.value(), policy.origin()))
    };
    let (ms, s) = (Duration::from_millis, Duration::from_secs);
    use PolicyOrigin::{BuiltIn, Component, Registration};
    use PolicyValue::{Count, Duration as For, Flag};
    for layer in [0, 1] {
        assert_eq!(of(layer, "retry_attempts"), Some((Count(4), Component)));
        assert_eq!(of(layer, "circuit_breaker"), Some((Flag(false), Component)));
        assert_eq!(of(layer, "ttl"), Some((For(s(3600)), Component)));
        assert_eq!(of(layer, "retry_max_backoff"), Some((For(s(10)), BuiltIn)));
    }
    assert_eq!(of(0, "retry_backoff"), Some((For(ms(100)), BuiltIn)));
    assert_eq!(of(1, "retry_backoff"), Some((For(ms(50)), Registration)));
    assert_eq!((of(0, "limit"), of(1, "limit")), (Some((Count(16), BuiltIn)), Some((Count(4), Registration))));
    assert_eq!((of(0, "stale_for"), of(1, "stale_for")), (None, Some((For(s(60)), Registration))));

    let region = &description.component("region").unwrap().layers()[0];
    let breaker = region.policy("circuit_breaker").unwrap();
    assert_eq!((breaker.value(), breaker.origin()), (Flag(true), Registration));
    assert!(region.policy("ttl").is_none(), "nobody set it");
}

#[test]
fn what_is_asked_instead_has_its_place_and_its_problem() {
    let sources = with_policies().local_cache(LocalCache::at("/var/lib/shop/config.cache")).build();
    let description = Resilient::describe(&sources);
    let other = |name: &str| description.component(name).unwrap().fallback_to().unwrap();
    assert_eq!((other("port").source(), other("port").locator()), ("file", "shop.toml#old.port"));
    assert_eq!(other("port").policy("retry_attempts").unwrap().value(), PolicyValue::Count(4));
    assert_eq!((other("region").source(), other("region").locator()), ("local_cache", "/var/lib/shop/config.cache"));
    assert!(other("region").problem().is_none());
    assert_eq!(other("limit").problem().unwrap().kind(), ErrorKind::NotSetUp);

    let without = Resilient::describe(&with_policies().build());
    let region = without.component("region").unwrap().fallback_to().unwrap();
    assert_eq!(region.problem().unwrap().message(), "no local cache is set up");
}

#[test]
fn the_table_of_policies() {
    let description = Resilient::describe(&with_policies().build());
    insta::assert_snapshot!(format!("{description}\n\n{}", description.to_markdown()));
    let json = serde_json::to_string(&description).unwrap();
    assert_eq!(serde_json::from_str::<Description>(&json).unwrap(), description);
}

#[test]
fn a_component_that_the_fallback_waits_for_is_a_dependency() {
    #[derive(AsyncAssign)]
    struct Late {
        #[component(fetch_from = "settings")]
        region: String,
        #[component(fetch_from = "settings", fallback_to = consul(key = "{region}.port"))]
        port: u16,
    }

    let description = Late::describe(&with_policies().build());
    let port = description.component("port").unwrap();
    assert_eq!(port.depends_on().collect::<Vec<_>>(), ["region"]);
    assert_eq!(port.fallback_to().unwrap().locator(), "{region}.port");
}

#[test]
fn a_plan_that_is_made_at_run_time_is_described_without_its_types() {
    let description = sources().describe(Shop::PLAN);
    assert_eq!(description.components().len(), 7);
    assert!(!description.component("proxy").unwrap().is_optional(), "only the type can tell");
    assert!(description.component("token").unwrap().is_sensitive(), "the plan says so");
}

#[test]
fn text_that_controls_a_terminal_or_a_page_is_escaped() {
    let description = Shop::describe(&sources());
    let json = serde_json::to_string(&description).unwrap();
    let json = json.replace("shop.toml#limits", "\\u001b[2J|\\nx").replace("\"u32\"", "\"A|B\\nC\"");
    let description: Description = serde_json::from_str(&json).unwrap();
    let (table, page) = (description.to_string(), description.to_markdown());
    assert!(!table.contains('\u{1b}') && !page.contains('\u{1b}'));
    for row in page.lines().filter(|line| line.starts_with('|')) {
        let cells = row.replace("\\|", "").matches('|').count();
        assert_eq!(cells, 8, "{row}");
    }
}
