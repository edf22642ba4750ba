//! `describe`: what a struct reads, as data, as a table and as Markdown.

use std::time::Duration;

use component_model::{
    Description, ErrorKind, Memory, Policies, SourceError, SubstituteDescription, TimeoutOrigin,
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
    assert_eq!(max.layers()[0].timeout_from(), TimeoutOrigin::Component);
    assert!(max.is_validated() && max.optional_struct() == Some("pool") && !max.is_optional());

    let limit = description.component("limit").unwrap();
    assert_eq!(limit.layers()[0].locator(), "shop.toml#limits.{region}");
    assert_eq!(limit.depends_on().collect::<Vec<_>>(), ["region"]);
    assert_eq!(limit.layers()[0].timeout_from(), TimeoutOrigin::Registration);
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
