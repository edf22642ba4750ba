//! Assignment by type beside `config.port = port`: the same machine code.
//!
//! There is nothing to time: `scripts/bench` compares the assembly of these functions. Where the compiler finds that two of
//! them are the same, it keeps one.
#![allow(missing_docs, unreachable_pub, clippy::must_use_candidate)]

use std::time::Duration;

use component_model::prelude::*;

#[derive(Debug, Default, PartialEq, ComponentModel)]
pub struct AppConfig {
    host: String,
    port: u16,
    pause: Duration,
}

#[inline(never)]
pub fn number_by_type(config: &mut AppConfig, port: u16) {
    config.assign(port);
}

#[inline(never)]
pub fn number_by_hand(config: &mut AppConfig, port: u16) {
    config.port = port;
}

#[inline(never)]
pub fn text_by_type(config: &mut AppConfig, host: String) {
    config.assign(host);
}

#[inline(never)]
pub fn text_by_hand(config: &mut AppConfig, host: String) {
    config.host = host;
}

#[inline(never)]
pub fn chain_by_type(config: AppConfig) -> AppConfig {
    config.impute(8080u16).impute(Duration::from_secs(1))
}

#[inline(never)]
pub fn chain_by_hand(mut config: AppConfig) -> AppConfig {
    config.port = 8080;
    config.pause = Duration::from_secs(1);
    config
}

fn main() {
    let (mut by_hand, mut by_type) = (AppConfig::default(), AppConfig::default());
    number_by_hand(&mut by_hand, 80);
    number_by_type(&mut by_type, 80);
    text_by_hand(&mut by_hand, "localhost".to_owned());
    text_by_type(&mut by_type, "localhost".to_owned());
    assert_eq!(chain_by_hand(by_hand), chain_by_type(by_type));
}
