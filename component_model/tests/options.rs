//! The documentation of each built-in source lists the options that the source takes, and no others; that of the derive lists
//! all its keys with their defaults. Sources under names that the derive does not know are checked while the plan is bound.
//!
//! A page has one table whose first column is called `option`; each of its rows begins with the names that it describes.

use std::{collections::BTreeSet, fs, path::Path};

use component_model::{
    Answer, Asked, ErrorKind, KeyQuery, Memory, Reply, Request, RequestSpec, Source, SourceError,
    fetchers::{api::Api, database::Database},
    plan::Policy,
    prelude::*,
};
use component_model_types::{
    built_in::{self, BuiltIn},
    keys,
    options::OptionSpec,
};

/// The names in a row's first cell, and the row.
struct Row {
    names: Vec<String>,
    text: String,
}

fn read(path: &str) -> Result<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The rows of the first table with the head `option`.
fn rows(page: &str) -> Vec<Row> {
    rows_below(page, "option")
}

/// The rows of the first table with a head.
fn rows_below(page: &str, head: &str) -> Vec<Row> {
    let head = format!("| {head} |");
    let lines = page.lines().map(|line| line.trim_start_matches("///").trim_start_matches("//!").trim());
    let table = lines.skip_while(|line| !line.starts_with(&head)).take_while(|line| line.starts_with('|'));
    table.skip(2).map(row).collect()
}

/// The names in the first column of some tables, in alphabetical order.
fn names(page: &str, heads: &[&str]) -> Vec<String> {
    let mut names: Vec<_> = heads.iter().flat_map(|head| rows_below(page, head)).flat_map(|row| row.names).collect();
    names.sort_unstable();
    names
}

fn row(line: &str) -> Row {
    let first = line.split('|').nth(1).unwrap_or_default();
    let names = first.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Row { names, text: line.to_owned() }
}

/// Everything in which a page differs from the table of built-in sources.
fn differences(source: BuiltIn, page: &str) -> Vec<String> {
    let rows = rows(page);
    let documented: Vec<_> = rows.iter().flat_map(|row| &row.names).map(String::as_str).collect();
    let taken: Vec<_> = source.options.iter().map(OptionSpec::name).collect();
    let missing = taken.iter().filter(|name| !documented.contains(name)).map(|name| format!("`{name}` is missing"));
    let unknown = documented.iter().filter(|name| !taken.contains(name)).map(|name| format!("`{name}` is not taken"));
    missing.chain(unknown).chain(source.options.iter().flat_map(|option| unrelated(option, &rows))).collect()
}

/// The options that are excluded, replaced or required by this one although neither row mentions the other.
fn unrelated(option: &OptionSpec, rows: &[Row]) -> Vec<String> {
    let mentions = |row: &Row, (of, other): (&str, &str)| {
        row.names.iter().any(|name| name == of) && row.text.contains(&format!("`{other}`"))
    };
    let related = [option.excluded(), option.replaced(), option.prerequisites()].into_iter().flatten();
    let name = option.name();
    let unrelated =
        related.filter(|other| !rows.iter().any(|row| mentions(row, (name, other)) || mentions(row, (other, name))));
    unrelated.map(|other| format!("`{name}` and `{other}` do not mention each other")).collect()
}

#[test]
fn the_page_of_each_source_lists_its_options() -> Result<(), String> {
    for source in built_in::ALL {
        let path = format!("component_model_async/src/fetchers/{}/mod.rs", source.name);
        assert_eq!(differences(source, &read(&path)?), [""; 0], "{path}");
    }
    Ok(())
}

#[test]
fn the_guide_lists_the_options_of_each_source() -> Result<(), String> {
    let guide = read("component_model/src/guide/sources.rs")?;
    for source in built_in::ALL {
        let heading = format!("//! # `{}`\n", source.name);
        let section = guide.split(&heading).nth(1).unwrap_or_default();
        // A heading; hidden lines of an example also begin with `# `.
        let section = section.split("\n//! # `").next().unwrap_or_default();
        assert_eq!(differences(source, section), [""; 0], "{}", source.name);
    }
    Ok(())
}

#[test]
fn the_tables_of_the_derive_list_all_its_keys_and_no_others() -> Result<(), String> {
    let page = read("component_model/src/lib.rs")?;
    let sorted = |known: &mut dyn Iterator<Item = &'static str>| {
        let known: BTreeSet<_> = known.map(str::to_owned).collect();
        known.into_iter().collect::<Vec<_>>()
    };
    let of_field = keys::OF_FIELD.into_iter().chain(keys::OF_EVERY_SOURCE);
    let of_field = sorted(&mut of_field.chain(built_in::options().map(OptionSpec::name)));
    assert_eq!(names(&page, &["on a field", "policy of a field"]), of_field);
    assert_eq!(names(&page, &["on the struct"]), sorted(&mut keys::OF_STRUCT.into_iter()));
    Ok(())
}

#[test]
fn every_policy_has_its_default_in_the_tables_of_the_derive_and_of_the_guide() -> Result<(), String> {
    let derive = read("component_model/src/lib.rs")?;
    let guide = read("component_model/src/guide/policies.rs")?;
    let of_derive = names(&derive, &["policy of a field"]);
    assert!(Policy::NEW.durations().iter().all(|(name, _)| of_derive.iter().any(|known| known == name)));
    assert_eq!(names(&guide, &["attribute"]), of_derive);
    for (page, head) in [(&derive, "policy of a field"), (&guide, "attribute")] {
        for row in rows_below(page, head) {
            let default = row.text.split(" | ").nth(2).unwrap_or_default();
            assert!(!default.trim().is_empty(), "no default: {}", row.text);
        }
    }
    Ok(())
}

#[test]
fn a_key_that_is_not_in_the_table_is_found() {
    let page = "/// | on a field | |\n/// | --- | --- |\n/// | `ttl`, `cache_for` | |\n/// | `key` | |";
    assert_eq!(names(page, &["on a field"]), ["cache_for", "key", "ttl"]);
}

#[test]
fn a_missing_and_an_unknown_option_are_found() {
    let page =
        "//! | option | meaning |\n//! | --- | --- |\n//! | `key`, `colour` | text |\n//!\n//! | `path` | other |";
    assert_eq!(differences(built_in::FILE, page), ["`path` is missing", "`colour` is not taken"]);
    assert_eq!(differences(built_in::ENV, "//! no table"), ["`key` is missing"]);
}

#[test]
fn related_options_mention_each_other() {
    let page = |params: &str| {
        format!(
            "| option | |\n| --- | --- |\n| `key` | without `query` |\n| `query` | SQL |\n| `url` | a URL |\n{params}"
        )
    };
    assert!(differences(built_in::DATABASE, &page("| `params` | of the `query` |")).is_empty());
    let differences = differences(built_in::DATABASE, &page("| `params` | a list |"));
    assert_eq!(differences, ["`params` and `query` do not mention each other"]);
}

/// Options that the derive cannot check, because it does not know the sources.
#[derive(Debug, AsyncAssign)]
struct Unchecked {
    #[component(fetch_from = "web", url = "/port", key = "port")]
    _excluded: u16,
    #[component(fetch_from = ["overrides", web(url = "/port", key = "port")], fallback = 1)]
    _excluded_in_a_layer: u16,
    #[component(fetch_from = "tables", params = [5])]
    _without_a_query: u16,
    #[component(fetch_from = "tables", query = "SELECT 1", key = "port")]
    _replaced: u16,
    #[component(fetch_from = ["overrides", tables(path = "app.toml")])]
    _not_taken: u16,
}

#[tokio::test]
async fn every_source_is_checked_before_any_input_whatever_its_name() -> Result<(), Box<dyn std::error::Error>> {
    // Nothing listens at these addresses: an attempt would fail as unreachable.
    let sources = Sources::builder()
        .source("web", Api::builder().base("http://127.0.0.1:1")?.build()?)
        .source("tables", Database::from_url("postgres://127.0.0.1:1/none")?)
        .source("overrides", Memory::new([("port", "80")]))
        .build();
    let Err(errors) = Unchecked::fetch_all_components_from(&sources).await else { return Err("was fetched".into()) };
    let expected = [
        ("_excluded", "`web` takes `url` or `key`, not both: remove one of them"),
        ("_excluded_in_a_layer", "`web` takes `url` or `key`, not both: remove one of them"),
        ("_without_a_query", "`params` needs `query`: add `query = …`"),
        ("_replaced", "`key` has no effect together with `query`: remove one of them"),
        ("_not_taken", "`tables` does not take `path`; it takes `key`, `query`, `params` and `url`"),
    ];
    assert_eq!(errors.len(), expected.len(), "{errors}");
    for (error, (field, message)) in errors.iter().zip(expected) {
        assert_eq!((error.field(), error.kind()), (Some(field), ErrorKind::Misconfigured));
        assert!(error.to_string().contains(message), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_key_is_for_its_layer_and_a_query_beside_them_for_the_other_and_a_closure_takes_every_option()
-> Result<(), ComponentErrors> {
    #[derive(Debug, AsyncAssign)]
    struct AppConfig {
        #[component(fetch_from = [overrides(key = "port"), "database"], query = "SELECT 1")]
        port: u16,
        #[component(fetch_from = "anything", query = "a", params = [1], url = "b", key = "c", path = "d", pointer = "e")]
        all: String,
    }
    let all = |request: KeyQuery| async move {
        let options =
            ["query", "params", "url", "path", "pointer"].map(|name| request.option(name).unwrap_or("-").to_owned());
        Ok::<_, std::io::Error>(Some(format!("{} {}", options.join(" "), request.key())))
    };
    let sources = Sources::builder()
        .source("overrides", Memory::new([("port", "80")]))
        .try_source("database", Database::from_url("postgres://127.0.0.1:1/none"))
        .closure("anything", all)
        .build();
    let config = AppConfig::fetch_all_components_from(&sources).await?;
    assert_eq!((config.port, config.all.as_str()), (80, "a [1] b d e c"));
    Ok(())
}

#[tokio::test]
async fn a_stand_in_for_a_built_in_source_is_not_blamed_as_that_source() {
    #[derive(Debug, AsyncAssign)]
    struct Asking {
        #[component(fetch_from = "database", query = "SELECT 1")]
        _value: u8,
        #[component(fetch_from = ["env", "database"], query = "SELECT 1")]
        _layered: u8,
        #[component(fetch_from = "mine", query = "SELECT 1")]
        _own: u8,
    }
    let sources = Sources::builder().source("database", Projects).source("env", Memory::default());
    let errors =
        Asking::fetch_all_components_from(&sources.source("mine", Memory::default()).build()).await.unwrap_err();
    let shown: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert!(shown[0].contains(": what is registered as `database` does not take `query`; it takes"), "{shown:?}");
    assert!(!shown[2].contains("what is registered as"), "{shown:?}");
}

/// A source of its own under the name of a built-in one, with an option of its own.
struct Projects;

impl Source for Projects {
    type Query = KeyQuery;

    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::KEY, OptionSpec::text("project")];

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, _: Asked<'_, KeyQuery>) -> Answer {
        Ok(Reply::ABSENT)
    }
}
