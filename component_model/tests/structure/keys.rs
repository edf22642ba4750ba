//! Keys by convention, layers with their own keys, prefixes, roots.

use component_model::{
    ErrorKind, Memory, Policies,
    fetchers::{env::Env, file::File},
    prelude::*,
};

use super::lines;

#[derive(Debug, PartialEq, AsyncAssign)]
#[component(fetch_from = ["env", "file", "store"])]
struct Pool {
    max: u32,
    min: u32,
    idle: u32,
}

#[derive(Debug, PartialEq, AsyncAssign)]
#[component(prefix("shop", file = ""), fetch_from = ["env", "file", "store"])]
struct Shop {
    name: String,
    #[component(nested)]
    pool: Pool,
    #[component(skip)]
    requests: u64,
}

#[tokio::test]
async fn without_a_key_every_source_writes_the_path_in_its_own_convention() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.toml");
    std::fs::write(&file, "name = 'of the file'\n[pool]\nmax = 1\nmin = 2\n").unwrap();
    let sources = Sources::builder()
        .source("env", Env::of([("SHOP_POOL_MAX", "30")]))
        .source("file", File::new(&file))
        .source("store", Memory::new([("shop.pool.max", "7"), ("shop.pool.min", "7"), ("shop.pool.idle", "7")]))
        .build();
    let shop = Shop::fetch_all_components_from(&sources).await.unwrap();
    let pool = Pool { max: 30, min: 2, idle: 7 };
    assert_eq!(shop, Shop { name: "of the file".to_owned(), pool, requests: 0 });
}

#[derive(Debug, AsyncAssign)]
struct Layered {
    #[component(fetch_from = [store(key = "teams/shop/region"), store(key = "region")])]
    region: String,
    #[component(fetch_from = "store", key = "{{shop}}:port")]
    port: u16,
}

#[tokio::test]
async fn a_source_may_be_asked_twice_with_different_keys_and_a_written_key_is_not_changed() {
    let store = Memory::new([("region", "eu"), ("{shop}:port", "80")]);
    let policies = Policies::new().root("ignored/for/written/keys");
    let sources = Sources::builder().source("store", store).policies("store", policies).build();
    let layered = Layered::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!((layered.region.as_str(), layered.port), ("eu", 80));
}

#[derive(Debug, AsyncAssign)]
#[component(prefix = "shop", fetch_from = "store")]
struct Rooted {
    port: u16,
}

#[tokio::test]
async fn the_root_of_a_registration_precedes_the_prefix() {
    let store = Memory::new([("teams.eu.shop.port", "80")]);
    let sources = Sources::builder().source("store", store).policies("store", Policies::new().root("teams/eu")).build();
    assert_eq!(Rooted::fetch_all_components_from(&sources).await.unwrap().port, 80);
}

#[tokio::test]
async fn a_root_that_is_not_a_path_makes_the_source_unusable() {
    for root in ["TEAMS_", "teams//eu", "{team}"] {
        let sources =
            Sources::builder().source("store", Memory::default()).policies("store", Policies::new().root(root)).build();
        let errors = Rooted::fetch_all_components_from(&sources).await.unwrap_err();
        assert_eq!(errors[0].kind(), ErrorKind::Misconfigured, "{root}: {errors}");
    }
}

#[derive(Debug, AsyncAssign)]
#[component(fetch_from = "env")]
struct Same {
    #[component(nested, prefix = "")]
    one: Port,
    #[component(nested, prefix = "")]
    other: Port,
}

#[derive(Debug, AsyncAssign)]
#[component(fetch_from = "env")]
struct Port {
    port: u16,
}

#[tokio::test]
async fn two_components_that_derive_one_key_are_a_mistake() {
    let sources = Sources::builder().source("env", Env::of([("PORT", "80")])).build();
    let errors = Same::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!((errors.len(), errors[0].kind()), (1, ErrorKind::Misconfigured));
    let line = &lines(&errors)[0];
    assert!(line.starts_with("Same.other.port: u16") && line.contains("derived key of `Same.one.port`"), "{line}");
}

#[derive(Debug, AsyncAssign)]
struct Regions {
    #[component(fetch_from = "store")]
    _here: String,
    #[component(fetch_from = "store")]
    _there: String,
    #[component(nested, prefix = "{_here}")]
    _one: Place,
    #[component(nested, prefix = "{_there}")]
    _other: Place,
}

#[derive(Debug, AsyncAssign)]
#[component(fetch_from = "store")]
struct Place {
    _port: u16,
}

#[tokio::test]
async fn two_components_that_derive_one_key_from_inserted_values_are_a_mistake_too() {
    let store = |there| Memory::new([("_here", "eu"), ("_there", there), ("eu._port", "80"), ("us._port", "81")]);
    let sources = |there| Sources::builder().source("store", store(there)).build();
    Regions::fetch_all_components_from(&sources("us")).await.unwrap();
    let errors = Regions::fetch_all_components_from(&sources("eu")).await.unwrap_err();
    assert_eq!((errors.len(), errors[0].kind()), (1, ErrorKind::Misconfigured), "{errors}");
    assert!(lines(&errors)[0].contains("derived key of `Regions._one._port`"), "{errors}");
}

#[derive(Debug, AsyncAssign)]
struct Optioned {
    #[component(fetch_from = flags(database = 3, fresh = true, tags = ["a", 1], key = "dark"))]
    dark: bool,
}

#[tokio::test]
async fn a_source_of_the_users_own_has_options_in_its_parentheses() {
    let flags = |request: component_model::KeyQuery| async move {
        let option = |name: &str| request.option(name).unwrap_or("-").to_owned();
        assert_eq!([option("database"), option("fresh"), option("tags")], ["3", "true", r#"["a",1]"#]);
        Ok::<_, std::io::Error>(Some(request.key() == "dark"))
    };
    let sources = Sources::builder().closure("flags", flags).build();
    assert!(Optioned::fetch_all_components_from(&sources).await.unwrap().dark);
}
