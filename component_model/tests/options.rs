//! The documentation of each built-in source lists the options that the source takes, and no others.
//!
//! A page has one table whose first column is called `option`; each of its rows begins with the names that it describes.

use std::{fs, path::Path};

use component_model_types::{
    built_in::{self, BuiltIn},
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
    let lines = page.lines().map(|line| line.trim_start_matches("//!").trim());
    let table = lines.skip_while(|line| !line.starts_with("| option |")).take_while(|line| line.starts_with('|'));
    table.skip(2).map(row).collect()
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
fn the_attributes_of_the_derive_include_all_options() -> Result<(), String> {
    let page = read("component_model/src/lib.rs")?;
    let missing = built_in::options().find(|option| !page.contains(&format!("`{}`", option.name())));
    assert_eq!(missing.map(OptionSpec::name), None);
    Ok(())
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
    let page =
        |params: &str| format!("| option | |\n| --- | --- |\n| `key` | without `query` |\n| `query` | SQL |\n{params}");
    assert!(differences(built_in::DATABASE, &page("| `params` | of the `query` |")).is_empty());
    let differences = differences(built_in::DATABASE, &page("| `params` | a list |"));
    assert_eq!(differences, ["`params` and `query` do not mention each other"]);
}
