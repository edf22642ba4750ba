//! Who may read, and what nobody may see.

use component_model::{ErrorKind, ExposeSecret, prelude::*};

use super::{PORT, Port};
use crate::{
    check::{CANARY, DEFAULT_TIMEOUT, Failure, assert_silent, texts_of_report},
    member::{
        Authenticated,
        Content::{Number, Text},
        Guarded, Member,
    },
    unprivileged,
};

/// A read that the source refuses is denied, which no retry heals and no later layer hides.
pub(crate) async fn denied<M: Guarded>() {
    if M::SUPERUSER_READS_ALL && unprivileged::ran_this_test() {
        return;
    }
    let member = testbed::require!(M::start(&[("port", Number(8080))]).await);
    let sources = member.without_permission().await.build();
    refused(&member, &sources).await;
}

/// A wrong password is denied, and neither the password nor the URL that holds it is repeated.
pub(crate) async fn wrong_password<M: Authenticated>() {
    let member = testbed::require!(M::start(&[("port", Number(8080))]).await);
    let sources = member.with_wrong_password().build();
    refused(&member, &sources).await;
}

async fn refused<M: Member>(member: &M, sources: &Sources) {
    let errors = Port::fetch_all_components_from(sources).await.unwrap_err();
    assert!(errors[0].is_denied(), "{errors}");
    let expected = Failure {
        component: PORT,
        locator: &member.locator("port"),
        kind: ErrorKind::Denied,
        transient: false,
        timeout: DEFAULT_TIMEOUT,
    };
    expected.check(member, sources, &errors);
}

/// A secret arrives whole and is in no text of a fetch that succeeds.
pub(crate) async fn secret<M: Member>() {
    #[derive(Debug, AsyncAssign)]
    struct Keys {
        #[component(fetch_from = "source", key = "api_key")]
        api_key: SecretString,
        #[component(fetch_from = "source", key = "api_key")]
        perhaps: Option<SecretString>,
    }
    let member = testbed::require!(M::start(&[("api_key", Text("hunter2 and more"))]).await);
    let sources = member.sources();
    let partial = Keys::fetch().sources(&sources).partial().await;
    let mut texts = vec![("partial", format!("{partial:?}"))];
    let fetched = Keys::fetch().sources(&sources).report().await.unwrap();
    assert!(fetched.value.api_key.expose_secret().starts_with(CANARY));
    assert!(fetched.value.perhaps.as_ref().is_some_and(|key| key.expose_secret().ends_with("and more")));
    texts.push(("fetched", format!("{fetched:?} {fetched:#?} {sources:?}")));
    texts.extend(texts_of_report(&fetched.report));
    assert_silent(&member, &texts);
}
