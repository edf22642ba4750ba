//! A record as a cache keeps it.

use std::{mem::size_of, sync::Arc};

use super::{
    Record,
    held::{self, Held, Whole},
};
use crate::{Value, decode::Path};

impl Record {
    /// The record as a cache keeps it: no clone of it copies the value, a value without parts keeps no document in memory,
    /// and a secret value is overwritten when its last holder drops it, which takes a copy if others share it now.
    #[doc(hidden)]
    #[must_use]
    pub fn retained(self, secret: bool) -> Self {
        let secret = secret || self.is_sensitive();
        let alone = !self.positions.is_empty() && (secret || held::is_scalar(self.value()));
        let record = if alone { self.with_fixed_place() } else { self };
        let value = match record.value {
            held if held.is_secret() => held,
            held if secret => held.into_own_secret(&record.positions),
            Held::Part(whole) if alone => Held::new(whole.part(&record.positions)).into_shared(),
            held => held.into_shared(),
        };
        Self { value, ..record }
    }

    /// About how many bytes the record keeps in memory, with the document of which it is a part.
    #[doc(hidden)]
    #[must_use]
    pub fn footprint(&self) -> usize {
        let value = match &self.value {
            Held::Own(value) => held::footprint(value),
            Held::Shared(whole) | Held::Part(whole) => held::footprint(whole),
        };
        // To find a place, a source keeps the text that it read.
        let text = if self.about.as_ref().is_some_and(|about| about.place.is_some()) { value } else { 0 };
        size_of::<Self>() + value + text
    }

    /// The record with its own place instead of a function that finds those of its parts too.
    fn with_fixed_place(self) -> Self {
        if self.about.as_ref().is_none_or(|about| about.place.is_none()) {
            return self;
        }
        let place = self.place(&Path::default());
        self.with(|about| about.place = place.map(|place| Arc::new(move |_: &[usize]| Some(place.clone())) as _))
    }
}

impl Held {
    /// The value as a secret one that nobody else shares.
    fn into_own_secret(self, positions: &[usize]) -> Self {
        match self.into_secret() {
            Self::Own(value) => Self::secret(value),
            Self::Shared(Whole::Plain(shared)) => Self::secret((*shared).clone()),
            Self::Part(Whole::Plain(whole)) => Self::secret(Whole::Plain(whole).part(positions)),
            secret => secret,
        }
    }
}

impl Whole {
    /// A copy of the part at these positions.
    fn part(&self, positions: &[usize]) -> Value {
        self.at(positions).unwrap_or(self).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::held::tests::WIPED, *};

    fn document() -> (Record, Arc<()>) {
        let text = Arc::new(());
        let kept = Arc::clone(&text);
        let record = Record::shared(Value::from_json(r#"{"a": [1, {"b": "x"}], "c": "long"}"#).unwrap());
        let places = move |positions: &[usize]| {
            let _ = &kept;
            Some(format!("{positions:?}"))
        };
        (record.with_places(places), text)
    }

    fn place(record: &Record) -> String {
        record.place(&Path::default()).unwrap()
    }

    #[test]
    fn no_clone_copies_the_value() {
        let record = Record::new(Value::text("short")).retained(false);
        assert!(std::ptr::eq(record.value(), record.clone().value()));
    }

    #[test]
    fn a_value_without_parts_keeps_its_place_and_nothing_else_of_its_document() {
        let (document, text) = document();
        let part = document.part(&[1]).unwrap().retained(false);
        drop(document);
        assert_eq!((Arc::strong_count(&text), place(&part).as_str()), (1, "[1]"));
        assert_eq!(part.value(), &Value::String("long".to_owned()));
    }

    #[test]
    fn a_list_and_what_is_in_it_keep_their_places() {
        let (document, _) = document();
        let list = document.part(&[0]).unwrap().retained(false);
        assert!(std::ptr::eq(list.value(), document.value().at(&[0]).unwrap()));
        assert_eq!(place(&list.part(&[1, 0]).unwrap()), "[0, 1, 0]");
        assert_eq!(list.footprint(), document.footprint(), "it keeps the document");
    }

    #[test]
    fn a_part_of_a_secret_part_is_within_it() {
        let (document, _) = document();
        let map = document.part(&[0, 1]).unwrap().retained(true);
        assert_eq!(map.part(&[0]).unwrap().value(), &Value::String("x".to_owned()));
        assert!(map.part(&[1]).is_none());
    }

    #[test]
    fn a_secret_is_overwritten_even_if_others_share_what_it_was_copied_from() {
        let wiped = || WIPED.with(std::cell::Cell::get);
        let (document, text) = document();
        for (count, positions) in [(1, &[][..]), (2, &[0]), (3, &[1])] {
            let record = document.part(positions).unwrap().retained(true);
            assert_eq!(record.value(), document.value().at(positions).unwrap());
            drop(record);
            assert_eq!(wiped(), count);
        }
        drop(document);
        assert_eq!((wiped(), Arc::strong_count(&text)), (3, 1));
        drop(Record::new(Value::Bool(true)).sensitive().retained(false));
        assert_eq!(wiped(), 4);
    }
}
