//! Serializes and deserializes the report. Its shape is stable, and documented at [`Report`].
//!
//! What always holds: a deserialized report is a report like any other. Contradictory data is rejected.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Contents, Report};

/// A time in whole microseconds, rounded down, so that a report that is read back is equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Micros(u64);

impl Micros {
    pub(crate) fn duration(self) -> Duration {
        Duration::from_micros(self.0)
    }
}

impl From<Duration> for Micros {
    fn from(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let contents = Contents::deserialize(deserializer)?;
        let unknown =
            contents.components.iter().find_map(|entry| entry.call.filter(|call| *call >= contents.calls.len()));
        match unknown {
            Some(call) => Err(D::Error::custom(format_args!(
                "a component names the call {call}, but the report has only {}",
                contents.calls.len()
            ))),
            None => Ok(Self(Arc::new(contents))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        ErrorKind, SourceError,
        report::{
            Outcome,
            build::{CallData, ComponentData},
        },
    };

    fn read(data: &Value) -> Result<Report, serde_json::Error> {
        serde_json::from_value(data.clone())
    }

    /// A report with everything that a report can contain: `host` is stale, `port` and `region` share a call.
    fn report() -> Report {
        let refused =
            SourceError::new(ErrorKind::Unreachable, "connection refused").with_hint("is the server running?");
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

    /// The data of a report with one value replaced.
    fn with(pointer: &str, value: Value) -> Value {
        let mut data = serde_json::to_value(report()).unwrap();
        *data.pointer_mut(pointer).unwrap() = value;
        data
    }

    #[test]
    fn what_is_read_back_is_equal() {
        let written = report();
        for json in [serde_json::to_string(&written).unwrap(), serde_json::to_string_pretty(&written).unwrap()] {
            let back: Report = serde_json::from_str(&json).unwrap();
            assert_eq!(back, written);
            assert_eq!((back.to_string(), back.to_svg()), (written.to_string(), written.to_svg()));
            assert_eq!(back.waterfall().to_string(), written.waterfall().to_string());
        }
    }

    #[test]
    fn times_are_whole_microseconds_before_serialization() {
        for (nanos, micros) in [(999, 0), (1_000, 1), (1_999, 1)] {
            let report = Report::build("AppConfig", Duration::from_nanos(nanos), [], []);
            assert_eq!(report.total(), Duration::from_micros(micros));
            assert_eq!(read(&serde_json::to_value(&report).unwrap()).unwrap(), report);
        }
        let forever = Report::build("AppConfig", Duration::MAX, [], []);
        assert_eq!(read(&serde_json::to_value(&forever).unwrap()).unwrap(), forever);
    }

    #[test]
    fn the_data_has_the_documented_shape() {
        let data = serde_json::to_value(report()).unwrap();
        let expected = json!({
            "name": "AppConfig",
            "total_us": 52_400,
            "components": [
                {
                    "component": "host", "type": "String", "source": "consul", "locator": "shop/host",
                    "version": "41", "age_us": 90_000_000, "outcome": "stale",
                    "call": 1, "attempts": 3, "offset_us": 0, "elapsed_us": 52_300,
                    "problem": {
                        "kind": "unreachable", "message": "connection refused", "hint": "is the server running?",
                    },
                },
                {
                    "component": "port", "type": "u16", "source": "file", "locator": "shop.port",
                    "place": "shop.toml:12:8", "outcome": "fetched",
                    "call": 0, "attempts": 1, "offset_us": 0, "elapsed_us": 1_200,
                },
                {
                    "component": "region", "type": "String", "source": "file", "locator": "shop.region",
                    "place": "shop.toml:13:10", "outcome": "fetched",
                    "call": 0, "attempts": 1, "offset_us": 0, "elapsed_us": 1_200,
                },
            ],
            "calls": [
                {
                    "source": "file", "locators": ["shop.port", "shop.region"],
                    "offset_us": 0, "elapsed_us": 1_200, "attempts": 1, "components": 2,
                },
                {
                    "source": "consul", "locators": ["shop/host"],
                    "offset_us": 0, "elapsed_us": 52_300, "attempts": 3, "components": 1,
                },
            ],
        });
        assert_eq!(data, expected);
    }

    #[test]
    fn every_outcome_can_be_deserialized() {
        for outcome in Outcome::ALL {
            let written = serde_json::to_value(outcome).unwrap();
            assert_eq!(written, outcome.label().replace(' ', "_"));
            assert_eq!(serde_json::from_value::<Outcome>(written).unwrap(), outcome);
        }
    }

    #[test]
    fn malformed_data_is_an_error() {
        let cases = [
            ("/components/0/outcome", json!("mouldy"), "unknown variant `mouldy`"),
            ("/components/0/problem/kind", json!("gone fishing"), "unknown variant `gone fishing`"),
            ("/components/0/call", json!(2), "a component names the call 2, but the report has only 2"),
            ("/components/0/call", json!(u64::MAX), "a component names the call"),
            ("/components/0/call", json!(-1), "invalid value"),
            ("/components/0/elapsed_us", json!(-1), "invalid value"),
            ("/components/0/elapsed_us", json!(0.5), "invalid type"),
            ("/components/0/age_us", json!("90 s"), "invalid type"),
            ("/components/0/component", json!(null), "invalid type"),
            ("/calls", json!([]), "a component names the call 1, but the report has only 0"),
            ("/calls/0/locators", json!("shop.port"), "invalid type"),
            ("", json!([]), "invalid length"),
        ];
        for (pointer, value, message) in cases {
            let error = read(&with(pointer, value)).unwrap_err().to_string();
            assert!(error.contains(message), "{pointer}: {error}");
        }
    }

    #[test]
    fn a_missing_key_is_an_error_and_an_unknown_one_is_ignored() {
        let mut data = serde_json::to_value(report()).unwrap();
        data["components"][1]["of a later version"] = json!(true);
        assert_eq!(read(&data).unwrap(), report());
        data["components"][1].as_object_mut().unwrap().remove("outcome");
        assert!(read(&data).unwrap_err().to_string().contains("missing field `outcome`"));
    }

    #[test]
    fn a_deserialized_report_cannot_break_the_layout() {
        let odd = "a\u{1b}[2J\r\nb\u{202e}c";
        let mut data = serde_json::to_value(report()).unwrap();
        data["name"] = json!(odd);
        for key in ["component", "type", "source", "locator", "version"] {
            data["components"][0][key] = json!(odd);
        }
        data["components"][1]["place"] = json!(odd);
        data["components"][0]["problem"]["message"] = json!(odd);
        for key in ["age_us", "offset_us", "elapsed_us"] {
            data["components"][0][key] = json!(u64::MAX);
        }
        data["calls"][0]["elapsed_us"] = json!(u64::MAX);
        let back = read(&data).unwrap();
        for text in [back.to_string(), back.waterfall().to_string(), back.to_svg()] {
            let breaks = |character: char| character != '\n' && (character.is_control() || character == '\u{202e}');
            assert!(!text.contains(breaks), "{text}");
        }
        assert_eq!(back.to_string().lines().count(), report().to_string().lines().count());
    }
}
