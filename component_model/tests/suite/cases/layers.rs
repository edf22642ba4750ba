//! A source among others: above a layer that has what it lacks, and under a fallback.

use component_model::{ErrorKind, Memory, Outcome, prelude::*};

use crate::{
    check::assert_silent,
    member::{
        Content::{Number, Text},
        Member,
    },
};

/// What a source lacks, the next layer serves; what it has goes before the next layer.
pub(crate) async fn layered<M: Member>() {
    #[derive(Debug, AsyncAssign)]
    struct Layered {
        #[component(fetch_from = [source(key = "port"), below(key = "port")])]
        port: u16,
        #[component(fetch_from = [source(key = "host"), below(key = "host")])]
        host: String,
    }
    let member = testbed::require!(M::start(&[("port", Number(8080))]).await);
    let below = Memory::new([("port", "1"), ("host", "below")]);
    let sources = member.source().source("below", below).build();
    let fetched = Layered::fetch().sources(&sources).report().await.unwrap();
    assert_eq!((fetched.value.port, fetched.value.host.as_str()), (8080, "below"));
    assert_eq!(fetched.report.entry("host").unwrap().source(), "below");
}

/// A fallback serves for what is absent and for what is malformed, and the report says why without the value.
pub(crate) async fn fallback<M: Member>() {
    #[derive(Debug, AsyncAssign)]
    struct Covered {
        #[component(fetch_from = "source", key = "missing", fallback = 80)]
        absent: u16,
        #[component(fetch_from = "source", key = "wrong", fallback = 81, fallback_on = ["malformed"])]
        malformed: u16,
    }
    let member = testbed::require!(M::start(&[("wrong", Text("hunter2"))]).await);
    let fetched = Covered::fetch().sources(&member.sources()).report().await.unwrap();
    assert_eq!((fetched.value.absent, fetched.value.malformed), (80, 81));
    for (field, kind) in [("absent", ErrorKind::Absent), ("malformed", ErrorKind::Malformed)] {
        let entry = fetched.report.entry(field).unwrap();
        assert_eq!((entry.outcome(), entry.problem().unwrap().kind()), (Outcome::Fallback, kind));
    }
    assert_silent(&member, &crate::check::texts_of_report(&fetched.report));
}
