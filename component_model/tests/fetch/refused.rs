//! What is refused before anything is asked.

use std::time::Duration;

use component_model::{ErrorKind, Memory, prelude::*};

use super::{merging::Four, support::Slow};

#[tokio::test]
async fn an_unknown_name_fails_before_any_input_and_names_the_nearest() {
    let counting = Slow::default();
    let sources = Sources::builder().source("countig", counting.clone()).source("other", counting.clone()).build();
    let errors = Four::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!((errors.len(), counting.calls()), (4, 0));
    let shown = errors.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("did you mean `countig`?") && shown.contains("`countig` and `other`"), "{shown}");
}

#[tokio::test]
async fn an_option_that_a_source_does_not_take_is_refused_before_any_input() {
    #[derive(Debug, AsyncAssign)]
    struct Asking {
        #[component(fetch_from = "mine", query = "SELECT 1")]
        _value: u8,
        #[component(fetch_from = "mine", query = "SELECT 1", fallback = 1)]
        _with_fallback: u8,
    }
    let counting = Slow::default();
    let sources = Sources::builder().source("mine", counting.clone()).build();
    let errors = Asking::fetch_all_components_from(&sources).await.unwrap_err();
    assert!(errors.to_string().contains("`mine` does not take `query`; it takes `key`"), "{errors}");
    assert_eq!(errors.len(), 2, "a fallback covers failures, not mistakes: {errors}");
    assert_eq!(counting.calls(), 0);
}

#[tokio::test]
async fn a_timeout_of_zero_and_a_name_that_is_not_valid_make_a_source_unusable() {
    #[derive(Debug, AsyncAssign)]
    struct Timed {
        #[component(fetch_from = "settings")]
        _port: u16,
    }
    let values = || Memory::new([("_port", "1")]);
    let policies = component_model::Policies::new().timeout(Duration::ZERO);
    let sources = Sources::builder().source("settings", values()).policies("settings", policies.clone()).build();
    let errors = Timed::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::Misconfigured);
    assert!(errors[0].to_string().contains("the timeout of the source is 0"), "{errors}");

    let names = ["", " settings", "settings\t"];
    let sources = names.into_iter().fold(Sources::builder(), |sources, name| sources.source(name, values()));
    let sources = sources.source("settings", values()).policies("setings", policies).build();
    assert!(Timed::fetch_all_components_from(&sources).await.is_ok());
    for name in names {
        let state = sources.state();
        assert_eq!(state.source(name).unwrap().problem().unwrap().kind(), ErrorKind::Misconfigured, "{name:?}");
    }
    assert_eq!(sources.state().source("setings").unwrap().problem().unwrap().kind(), ErrorKind::UnknownSource);
}
