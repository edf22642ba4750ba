//! What the errors of a fetch look like.

use std::{net::IpAddr, num::NonZeroU16};

use component_model::{Fetch, Memory, prelude::*};
use insta::assert_snapshot;

use super::{AppConfig, broken, errors_of, healthy};

#[tokio::test(start_paused = true)]
async fn five_different_failures_are_shown_at_once_with_all_that_is_known() {
    assert_snapshot!(errors_of(&broken()).await, @"
    AppConfig: 5 of 8 components failed

    AppConfig.database_url: String
      source   database:SELECT value FROM config WHERE key = 'db_url' AND environment = 'production' AND
               deleted_at IS NULL ORDER BY version DESC LIMIT 1
      problem  unreachable: the database does not answer
      cause    no connection became free, and none could be opened to the primary or to either of its
               replicas
      cause    connection refused by 10.0.0.7:5432
      after    1 attempt in 52 ms
      hint     is the server that DATABASE_URL names running?

    AppConfig.host: IpAddr
      source   settings:host
      problem  absent: `settings` has no value for `host`
      hint     set it there; if it may be missing, add a `default` or make the field an `Option`

    AppConfig.port: u16
      not in   overrides:app/port
      not in   settings:app/port
      problem  absent: no source has the value
      hint     if it may be missing, add a `default` or make the field an `Option`

    AppConfig.api_key: SecretString
      source   vault:api_key
      problem  timeout: no answer within 250 ms
      after    1 attempt in 250 ms
      hint     `timeout` on the component or on its source allows more time

    AppConfig.limits: Vec<u8>
      source   settings:limits
      problem  malformed: expected u8, found text that is not one, at [2]
      hint     write a whole number from 0 to 255
    ");
}

#[tokio::test(start_paused = true)]
async fn each_error_is_one_line_for_a_log() {
    let lines: Vec<_> = errors_of(&broken()).await.iter().map(ToString::to_string).collect();
    assert_snapshot!(lines.join("\n"), @"
    AppConfig.database_url: String from `database:SELECT value FROM config WHERE key = 'db_url' AND environment = 'production' AND deleted_at IS NULL ORDER BY version DESC LIMIT 1`: unreachable: the database does not answer: no connection became free, and none could be opened to the primary or to either of its replicas: connection refused by 10.0.0.7:5432 (1 attempt in 52 ms)
    AppConfig.host: IpAddr from settings:host: absent: `settings` has no value for `host` (1 attempt in 0 s)
    AppConfig.port: u16 from overrides:app/port, settings:app/port: absent: no source has the value (1 attempt in 0 s)
    AppConfig.api_key: SecretString from vault:api_key: timeout: no answer within 250 ms (1 attempt in 250 ms)
    AppConfig.limits: Vec<u8> from settings:limits: malformed: expected u8, found text that is not one, at [2] (1 attempt in 0 s)
    ");
}

#[tokio::test(start_paused = true)]
async fn debug_is_the_block_so_that_main_prints_it() {
    let errors = errors_of(&broken()).await;
    assert_eq!(format!("{errors:?}"), errors.to_string());
    for error in &errors {
        assert_eq!(format!("{error:?}"), format!("{error:#}"));
        assert!(errors.to_string().contains(&format!("\n\n{error:#}")));
    }
}

#[derive(Debug, AsyncAssign)]
struct Misnamed {
    #[component(fetch_from = "setings")]
    host: IpAddr,
    #[component(fetch_from = "warehouse")]
    port: u16,
}

#[tokio::test]
async fn an_unknown_source_is_answered_with_the_known_ones_and_the_nearest() {
    let errors = Misnamed::fetch_all_components_from(&healthy()).await.unwrap_err();
    assert!(errors.report().is_none());
    assert_snapshot!(errors, @r#"
    Misnamed: 2 of 2 components cannot be fetched; nothing was asked

    Misnamed.host: IpAddr
      source   setings
      problem  unknown source: no source is registered as `setings`; registered are `database`,
               `overrides`, `settings` and `vault`
      hint     did you mean `settings`?

    Misnamed.port: u16
      source   warehouse
      problem  unknown source: no source is registered as `warehouse`; registered are `database`,
               `overrides`, `settings` and `vault`
      hint     register it: `Sources::builder().source("warehouse", …)`
    "#);
    assert_snapshot!(errors[0], @"Misnamed.host: IpAddr from setings: unknown source: no source is registered as `setings`; registered are `database`, `overrides`, `settings` and `vault`");
}

#[derive(Debug, AsyncAssign)]
struct Layered {
    #[component(fetch_from = ["overrides", "settings", "defaults"])]
    host: IpAddr,
    #[component(fetch_from = ["overrides", "settings"])]
    port: u16,
}

#[tokio::test(start_paused = true)]
async fn layers_that_do_not_have_the_value_are_listed_before_the_problem() {
    let sources = Sources::builder()
        .source("overrides", Memory::default())
        .source("settings", Memory::new([("port", "eighty")]))
        .source("defaults", Memory::default())
        .build();
    let errors = Layered::fetch_all_components_from(&sources).await.unwrap_err();
    assert_snapshot!(errors, @"
    Layered: 2 of 2 components failed

    Layered.host: IpAddr
      not in   overrides:host
      not in   settings:host
      not in   defaults:host
      problem  absent: no source has the value
      hint     if it may be missing, add a `default` or make the field an `Option`

    Layered.port: u16
      not in   overrides:port
      source   settings:port
      problem  malformed: expected u16, found text that is not one
      hint     write a whole number from 0 to 65535
    ");
    assert_snapshot!(format!("{}\n{}", errors[0], errors[1]), @"
    Layered.host: IpAddr from overrides:host, settings:host, defaults:host: absent: no source has the value (1 attempt in 0 s)
    Layered.port: u16 from settings:port (not in overrides:port): malformed: expected u16, found text that is not one (1 attempt in 0 s)
    ");
    assert_snapshot!(errors.report().unwrap(), @"
    Layered: 2 failed in 0 s

    component  source         outcome  attempts  time
    ─────────────────────────────────────────────────
    host       defaults:host  failed          1   0 s
    port       settings:port  failed          1   0 s

    host  failed  absent: no source has the value (not in overrides:host, settings:host, defaults:host)
    port  failed  malformed: expected u16, found text that is not one (not in overrides:port)
    ");
}

#[derive(Debug, AsyncAssign)]
struct Careless {
    #[component(fetch_from = "settings", fallback = "eighty")]
    port: NonZeroU16,
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_does_not_parse_is_an_error_before_any_source_is_asked() {
    let sources = Sources::builder().source("settings", Memory::new([("port", "80")])).build();
    let errors = Careless::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors[0].attempts(), 0);
    assert_snapshot!(errors, @"
    Careless: 1 of 1 component failed

    Careless.port: NonZeroU16
      problem  misconfigured: the `fallback` is not a valid NonZeroU16
      cause    expected u16, found text that is not one
    ");
    assert_snapshot!(errors[0], @"Careless.port: NonZeroU16: misconfigured: the `fallback` is not a valid NonZeroU16: expected u16, found text that is not one");
    assert_snapshot!(errors.report().unwrap(), @"
    Careless: 1 failed in 0 s

    component  source    outcome  attempts  time
    ────────────────────────────────────────────
    port       settings  failed          –   0 s

    port  failed  misconfigured: the `fallback` is not a valid NonZeroU16: expected u16, found text that
                  is not one
    ");
}

#[tokio::test(start_paused = true)]
async fn one_error_that_stands_for_several_shows_all_of_them() {
    let fetch = Fetch::<AppConfig>::new().sources(&broken());
    let error = fetch.combined().await.unwrap_err();
    assert_eq!(error.to_string(), errors_of(&broken()).await.to_string());
}
