//! What holds for every way to show errors and reports.

use component_model::{Memory, Outcome, Report, Value, prelude::*};

use super::{Database, broken, errors_of, healthy, report_of};

#[tokio::test(start_paused = true)]
async fn no_rendering_is_wider_than_the_page() {
    for sources in [broken(), healthy()] {
        let report = report_of(&sources).await;
        for text in [report.to_string(), report.waterfall().to_string()] {
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
            assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
        }
    }
    let errors = errors_of(&broken()).await.to_string();
    assert!(errors.lines().all(|line| line.chars().count() <= 100 && line == line.trim_end()), "{errors}");
}

#[tokio::test(start_paused = true)]
async fn a_value_is_in_no_rendering() {
    const CANARY: &str = "c4n4ry";
    let list = Value::List(vec![Value::Unsigned(1), Value::String(CANARY.to_owned())]);
    let settings = Memory::new([("host", CANARY), ("app/port", CANARY), ("timeout", CANARY), ("workers", CANARY)]);
    let sources = Sources::builder()
        .source("database", Database(Ok(CANARY)))
        .source("overrides", Memory::default())
        .source("settings", settings.with("limits", list).with("region", Value::String(CANARY.to_owned())))
        .constant("vault", CANARY)
        .build();
    let errors = errors_of(&sources).await;
    let report = errors.report().unwrap();
    assert_eq!(errors.len(), 5);
    assert_eq!(report.entry("api_key").unwrap().outcome(), Outcome::Fetched);
    let mut renderings = vec![
        format!("{errors} {errors:?} {errors:#} {errors:#?}"),
        format!("{report} {report:?} {report:#?}"),
        format!("{} {:?}", report.waterfall(), report.waterfall()),
        report.to_svg(),
        serde_json::to_string(report).unwrap(),
    ];
    renderings.extend(errors.iter().map(|error| format!("{error} {error:#} {error:?} {error:#?}")));
    renderings.extend(report.entries().map(|entry| format!("{entry:?}")));
    renderings.extend(report.calls().iter().map(|call| format!("{call:?}")));
    let back: Report = serde_json::from_str(&serde_json::to_string(report).unwrap()).unwrap();
    renderings.extend([back.to_string(), format!("{back:?}"), serde_json::to_string_pretty(&back).unwrap()]);
    assert!(renderings.iter().all(|text| !text.contains(CANARY)), "{renderings:#?}");
}
