//! Each source does what the contract says, as far as its author can see.

use author::{
    flags::{Flag, Flags},
    least::Shout,
};
use component_model_source::{Asked, Change, Record, Reply, Request, RequestSpec, Source, Value, Watched, plan::Layer};
use futures_util::StreamExt;

fn flag(flags: &Flags, name: &'static str) -> Request<Flag> {
    let layer = Layer { key: Some(name), options: &[("project", "shop")], ..Layer::NEW };
    flags.bind(&RequestSpec::new(&layer, &[])).unwrap()
}

#[tokio::test]
async fn the_least_source_answers() {
    let request = Shout.bind(&RequestSpec::new(&Layer { key: Some("port"), ..Layer::NEW }, &[])).unwrap();
    let reply = Shout.fetch(Asked::new(request.query())).await.unwrap();
    assert_eq!(reply.record().map(Record::value), Some(&Value::text("PORT")));
}

#[tokio::test]
async fn flags_of_a_project_are_one_group_of_which_a_part_may_be_known() {
    let flags = Flags::default();
    flags.set("shop", "dark_mode", true);
    let (dark, beta) = (flag(&flags, "dark_mode"), flag(&flags, "beta"));
    assert_eq!((dark.group(), dark.locator()), (beta.group(), "shop/dark_mode"));
    assert_eq!(dark.endpoint(), Some("https://shop.flags:443"));

    let answers = flags.fetch_many(&[Asked::new(dark.query()), Asked::new(beta.query())]).await;
    let [Ok(Reply::Found(on)), Ok(Reply::Absent { .. })] = &answers[..] else { panic!("{answers:?}") };
    let known = Asked::new(dark.query()).unless(on.version());
    assert!(matches!(flags.fetch(known).await, Ok(Reply::Unchanged { .. })));
}

#[tokio::test]
async fn a_watch_tells_the_present_state_and_then_what_changes_and_nothing_else() {
    let flags = Flags::default();
    flags.set("shop", "dark_mode", true);
    let watched = ["dark_mode", "beta"].map(|name| Watched::new(flag(&flags, name).query().clone()));
    let mut changes = flags.watch(watched.into()).expect("flags can be watched");
    let mut next = async || match changes.next().await {
        Some(Change::Answer { index, answer: Ok(reply) }) => {
            (index, reply.record().map(|record| record.value().clone()))
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(next().await, (0, Some(Value::Bool(true))));
    assert_eq!(next().await, (1, None));
    flags.set("shop", "other", true);
    flags.set("shop", "beta", true);
    assert_eq!(next().await, (1, Some(Value::Bool(true))));
}
