use super::{
    held::{SHORT, tests::WIPED},
    *,
};
use crate::decode::Step;

fn document() -> Record {
    Record::shared(Value::from_json(r#"{"a": [1, {"b": [2]}]}"#).unwrap())
}

#[test]
fn a_clone_shares_what_is_large() {
    for value in [Value::List(vec![Value::Null]), Value::text("x".repeat(SHORT + 1))] {
        let record = Record::new(value);
        assert!(std::ptr::eq(record.value(), record.clone().value()), "{record:?}");
    }
}

#[test]
fn a_part_is_not_copied_out_of_its_document() {
    let document = document();
    let part = document.part(&[0, 1]).unwrap();
    let inner = document.value().at(&[0, 1]).unwrap();
    assert!(std::ptr::eq(part.value(), inner) && inner.get("b").is_some());
    assert_eq!(document.part(&[0, 0]).unwrap().value(), &Value::Unsigned(1));
}

#[test]
fn a_part_of_a_part_is_within_it_and_what_is_missing_is_no_part() {
    let document = document().with_places(|positions| Some(format!("{positions:?}")));
    let list = document.part(&[0]).unwrap();
    let inner = list.part(&[1]).unwrap().part(&[0]).unwrap().part(&[0]).unwrap();
    assert_eq!(inner.value(), &Value::Unsigned(2));
    assert_eq!(inner.place(&Path::default()).as_deref(), Some("[0, 1, 0, 0]"));
    assert_eq!(list.part(&[]).unwrap().value(), list.value());
    for missing in [&[2][..], &[1, 1], &[0, 0]] {
        assert!(list.part(missing).is_none(), "{missing:?}");
    }
}

#[test]
fn what_is_known_about_the_whole_is_known_about_its_parts() {
    let document = document().with_version(Version::new("1")).sensitive();
    for part in [document.part(&[0, 0]).unwrap(), document.part(&[0, 1]).unwrap()] {
        assert!(part.version().is_some() && part.is_sensitive());
    }
}

#[test]
fn a_place_is_that_of_the_part_and_of_the_path_within_it() {
    let document = document().with_places(|positions| Some(format!("{positions:?}")));
    let within: Path = [Step::Key("b".to_owned()), Step::Index(0)].into_iter().collect();
    assert_eq!(document.part(&[0, 1]).unwrap().place(&within).unwrap(), "[0, 1, 0, 0]");
    let elsewhere: Path = [Step::Key("b".to_owned()), Step::Key("c".to_owned())].into_iter().collect();
    assert_eq!(document.part(&[0, 1]).unwrap().place(&elsewhere).unwrap(), "[0, 1, 0]");
}

#[test]
fn the_message_of_a_type_is_withheld_if_the_record_is_sensitive() {
    let record = Record::new(Value::from_json(r#"{"hunter2": "x"}"#).unwrap()).sensitive();
    let record = record.with_places(|positions| Some(format!("{positions:?}"))).with_version(Version::new("hunter2"));
    let error = record.read_into(&mut None::<std::collections::HashMap<String, u8>>, false).unwrap_err();
    // Not even the position of a key.
    assert_eq!(error.place(), Some("[]"));
    assert!(!format!("{error} {record:?}").contains("hunter2"), "{error}");
}

#[test]
fn a_sensitive_value_is_overwritten_when_its_last_holder_drops_it() {
    let wiped = || WIPED.with(std::cell::Cell::get);
    let record = Record::new(Value::text("hunter2")).sensitive();
    drop(record.clone());
    assert_eq!(wiped(), 0);
    drop(record);
    assert_eq!(wiped(), 1);

    // A small part shares the value too, instead of copying it.
    let part = document().sensitive().part(&[0, 0]).unwrap();
    assert_eq!((part.value(), wiped()), (&Value::Unsigned(1), 1));
    drop(part);
    assert_eq!(wiped(), 2);

    drop(document());
    assert_eq!(wiped(), 2);
}

#[test]
fn a_value_that_is_shared_already_is_not_taken_from_those_who_share_it() {
    let shared = Arc::new(Value::text("hunter2"));
    let record = Record::shared(Arc::clone(&shared)).sensitive();
    assert!(std::ptr::eq(record.value(), &*shared));
    drop(record);
    assert_eq!((WIPED.with(std::cell::Cell::get), &*shared), (0, &Value::text("hunter2")));
}
