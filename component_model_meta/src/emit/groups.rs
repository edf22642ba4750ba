//! Groups the fields by their type.

use syn::Generics;

use super::types::{bare, may_be_one, mentions};
use crate::input::{Field, Input};

/// Fields of one type.
pub(super) struct Group<'a> {
    /// The fields with their index among all fields; at least one.
    pub(super) fields: Vec<(usize, &'a Field)>,
    /// Whether the type could be the same as another group's for some choice of the struct's parameters, so that its
    /// fields can be set only by name. If one of the two types has no parameters, its group keeps the assignment by
    /// type.
    pub(super) vague: bool,
}

/// Puts fields of the same type together, in the order of their declaration.
pub(super) fn groups(input: &Input) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for place in input.fields.iter().enumerate() {
        match groups.iter_mut().find(|group| bare(&group.fields[0].1.ty) == bare(&place.1.ty)) {
            Some(group) => group.fields.push(place),
            None => groups.push(Group { fields: vec![place], vague: false }),
        }
    }
    let vague: Vec<bool> = (0..groups.len()).map(|index| is_vague(index, &groups, &input.generics)).collect();
    for (group, vague) in groups.iter_mut().zip(vague) {
        group.vague = vague;
    }
    groups
}

fn is_vague(index: usize, groups: &[Group<'_>], generics: &Generics) -> bool {
    let ty = &groups[index].fields[0].1.ty;
    let others = groups.iter().enumerate().filter(|(other, _)| *other != index);
    others.map(|(_, group)| &group.fields[0].1.ty).any(|other| {
        let yields = mentions(ty, generics) || !mentions(other, generics);
        yields && may_be_one(ty, other, generics)
    })
}
