//! The end of a source.

use component_model::ErrorKind;
use futures_util::FutureExt as _;

use super::Port;
use crate::member::{Content::Number, Member};

/// Sources with open connections are shut down outside of a runtime, without a panic; later fetches are refused.
pub(crate) async fn shut_down<M: Member>() {
    let member = testbed::require!(M::start(&[("port", Number(8080))]).await);
    let sources = member.sources();
    assert_eq!(Port::fetch_all_components_from(&sources).await.unwrap().port, 8080);
    let outside = sources.clone();
    std::thread::spawn(move || {
        let mut shutdown = Box::pin(outside.shutdown());
        while shutdown.as_mut().now_or_never().is_none() {
            std::thread::yield_now();
        }
    })
    .join()
    .unwrap();
    let errors = Port::fetch_all_components_from(&sources).await.unwrap_err();
    assert_eq!(errors[0].kind(), ErrorKind::ShutDown, "{errors}");
}
