//! The struct of this crate's own examples, written like the output of the derive, on which this crate cannot depend.

use std::time::Duration;

use component_model_types::plan::{Component, Plan, Planned};

use crate::{
    Assignment, AsyncAssign, ComponentError, ComponentErrors, Components, ErrorKind, Fetch, FieldOf, IntoComponent,
    Memory, Outcome, Report, Slot, SourceError, Sources, Stage,
    report::build::{CallData, ComponentData},
};

/// Two components from the source `settings`.
#[derive(Debug, Default, PartialEq)]
pub struct AppConfig {
    /// From the key `host`.
    pub host: String,
    /// From the key `port`.
    pub port: u16,
}

/// Sources that have both components.
#[must_use]
pub fn sources() -> Sources {
    Sources::builder().source("settings", Memory::new([("host", "localhost"), ("port", "8080")])).build()
}

/// Fetches with both components failing: no host, and a port that is not a number.
///
/// # Errors
/// Those two.
pub async fn failed() -> Result<AppConfig, ComponentErrors> {
    let sources = Sources::builder().source("settings", Memory::new([("port", "http")])).build();
    Fetch::new().sources(&sources).await
}

/// A report with all possible data: `host` is stale, `port` and `region` share a call.
#[must_use]
pub fn report() -> Report {
    let refused = SourceError::new(ErrorKind::Unreachable, "connection refused").with_hint("is the server running?");
    let host = ComponentData {
        name: "host",
        ty: "String",
        source: "consul",
        locator: "shop/host",
        version: Some("41"),
        age: Some(Duration::from_secs(90)),
        outcome: Outcome::Stale,
        call: Some(1),
        attempts: 3,
        elapsed: Duration::from_micros(52_300),
        problem: Some(&refused.into()),
        ..ComponentData::NEW
    };
    let file = ComponentData {
        source: "file",
        outcome: Outcome::Fetched,
        call: Some(0),
        attempts: 1,
        elapsed: Duration::from_micros(1_200),
        ..ComponentData::NEW
    };
    let port = ComponentData { name: "port", ty: "u16", locator: "shop.port", ..file.clone() };
    let port = ComponentData { place: Some("shop.toml:12:8".into()), ..port };
    let region = ComponentData { name: "region", ty: "String", locator: "shop.region", ..file };
    let region = ComponentData { place: Some("shop.toml:13:10".into()), ..region };
    let call = |source, locators, components| CallData { source, locators, components, ..CallData::NEW };
    let calls = [
        CallData { attempts: 1, elapsed: port.elapsed, ..call("file", vec!["shop.port", "shop.region"], 2) },
        CallData { attempts: 3, elapsed: host.elapsed, ..call("consul", vec!["shop/host"], 1) },
    ];
    Report::build("AppConfig", Duration::from_micros(52_400), [host, port, region], calls)
}

const FIELDS: &[Component] = &[
    Component {
        name: "host",
        ty: "String",
        sources: &["settings"],
        key: component_model_types::plan::Key::Explicit("host"),
        ..Component::NEW
    },
    Component {
        name: "port",
        ty: "u16",
        sources: &["settings"],
        key: component_model_types::plan::Key::Explicit("port"),
        ..Component::NEW
    },
];

impl Planned for AppConfig {
    const PLAN: &'static Plan = &Plan { name: "AppConfig", components: FIELDS };
}

/// The values of an [`AppConfig`] that have been fetched so far.
#[derive(Debug, Default)]
pub struct AppStage {
    host: Option<String>,
    port: Option<u16>,
}

impl Stage for AppStage {
    fn slot(&mut self, index: usize) -> Option<&mut dyn Slot> {
        match index {
            0 => Some(&mut self.host),
            1 => Some(&mut self.port),
            _ => None,
        }
    }
}

impl Components for AppConfig {
    type Stage = AppStage;

    fn stage() -> Self::Stage {
        AppStage::default()
    }

    fn finish(stage: Self::Stage) -> Option<Self> {
        Some(Self { host: stage.host?, port: stage.port? })
    }

    fn merge(stage: Self::Stage, target: &mut Self) {
        if let Some(host) = stage.host {
            target.host = host;
        }
        if let Some(port) = stage.port {
            target.port = port;
        }
    }
}

impl FieldOf<String> for AppConfig {
    const FIELD: &'static Component = &FIELDS[0];

    fn receive(&mut self, value: String) {
        self.host = value;
    }
}

impl FieldOf<u16> for AppConfig {
    const FIELD: &'static Component = &FIELDS[1];

    fn receive(&mut self, value: u16) {
        self.port = value;
    }
}

impl<C: IntoComponent<String, Via>, Via> AsyncAssign<String, C, Via> for AppConfig {
    type Error = ComponentError;

    fn attach<'a>(chain: Assignment<'a, Self>, component: C) -> Assignment<'a, Self>
    where
        C: 'a,
    {
        chain.push(0, component, |target, value| target.host = value)
    }
}

impl<C: IntoComponent<u16, Via>, Via> AsyncAssign<u16, C, Via> for AppConfig {
    type Error = ComponentError;

    fn attach<'a>(chain: Assignment<'a, Self>, component: C) -> Assignment<'a, Self>
    where
        C: 'a,
    {
        chain.push(1, component, |target, value| target.port = value)
    }
}
