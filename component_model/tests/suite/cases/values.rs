//! Values that are there, missing, wrong, or too much.

use component_model::{ErrorKind, prelude::*};

use super::{PORT, Port};
use crate::{
    check::{CANARY, DEFAULT_TIMEOUT, Failure},
    member::{
        Content::{Large, Number, Text},
        Documented, Member,
    },
};

#[derive(Debug, AsyncAssign)]
struct Settings {
    #[component(fetch_from = "source", key = "name")]
    name: String,
    #[component(fetch_from = "source", key = "pin")]
    pin: String,
    #[component(fetch_from = "source", key = "empty")]
    empty: String,
    #[component(fetch_from = "source", key = "port")]
    port: u16,
    #[component(fetch_from = "source", key = "port")]
    port_again: u64,
    #[component(fetch_from = "source", key = "missing")]
    missing: Option<u16>,
}

/// A value reads as the field's type, and text is never taken for a number.
pub(crate) async fn present<M: Member>() {
    let entries = [("name", Text("zażółć 🦀")), ("pin", Text("0042")), ("empty", Text("")), ("port", Number(8080))];
    let member = testbed::require!(M::start(&entries).await);
    let settings = Settings::fetch_all_components_from(&member.sources()).await.unwrap();
    assert_eq!((settings.name.as_str(), settings.pin.as_str(), settings.empty.as_str()), ("zażółć 🦀", "0042", ""));
    assert_eq!((settings.port, settings.port_again, settings.missing), (8080, 8080, None));
}

/// A key that is not there is absent: no failure of the source, and nothing that time heals.
pub(crate) async fn absent<M: Member>() {
    let member = testbed::require!(M::start(&[("other", Number(1))]).await);
    let sources = member.sources();
    let errors = Port::fetch_all_components_from(&sources).await.unwrap_err();
    assert!(errors[0].is_absent());
    let expected = Failure {
        component: PORT,
        locator: &member.locator("port"),
        kind: ErrorKind::Absent,
        transient: false,
        timeout: DEFAULT_TIMEOUT,
    };
    expected.check(&member, &sources, &errors);
}

/// A value that the field's type does not read is named by its place and never repeated.
pub(crate) async fn malformed<M: Member>() {
    let member = testbed::require!(M::start(&[("port", Text("hunter2"))]).await);
    let sources = member.sources();
    let errors = Port::fetch_all_components_from(&sources).await.unwrap_err();
    assert!(errors[0].is_malformed());
    assert!(errors.to_string().contains("u16"), "{errors}");
    malformed_as(&member.locator("port")).check(&member, &sources, &errors);
}

/// A document that does not parse is malformed, and its text is not repeated.
pub(crate) async fn broken_document<M: Documented>() {
    let member = testbed::require!(M::broken(&format!("{{\"port\": {CANARY}}}")).await);
    let sources = member.sources();
    let errors = Port::fetch_all_components_from(&sources).await.unwrap_err();
    malformed_as(&member.locator("")).check(&member, &sources, &errors);
}

fn malformed_as(locator: &str) -> Failure<'_> {
    let kind = ErrorKind::Malformed;
    Failure { component: PORT, locator, kind, transient: false, timeout: DEFAULT_TIMEOUT }
}

/// More than 16 MiB are refused and not read to the end.
pub(crate) async fn too_large<M: Member>() {
    #[derive(Debug, AsyncAssign)]
    struct Blob {
        #[component(fetch_from = "source", key = "large", timeout = 20)]
        _large: String,
    }
    let member = testbed::require!(M::start(&[("large", Large(17 << 20))]).await);
    let sources = member.sources();
    let errors = Blob::fetch_all_components_from(&sources).await.unwrap_err();
    let expected = Failure {
        component: "Blob._large: String",
        locator: &member.locator("large"),
        kind: ErrorKind::TooLarge,
        transient: false,
        timeout: std::time::Duration::from_secs(20),
    };
    expected.check(&member, &sources, &errors);
}
