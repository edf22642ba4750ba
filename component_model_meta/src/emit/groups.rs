//! Groups the fields by their type.

use syn::{Generics, Type};

use super::types::{bare, may_be_aliases, may_be_one, mentions};
use crate::input::{Field, Input};

/// Fields of one type.
pub(super) struct Group<'a> {
    /// The fields with their index among all fields; at least one.
    pub(super) fields: Vec<(usize, &'a Field)>,
    /// Whether the type could be the same as another group's for some choice of the struct's parameters, so that its
    /// fields can be set only by name. If one of the two types has no parameters, its group keeps the assignment by
    /// type.
    pub(super) vague: bool,
    /// The other groups whose type could be the same under another name; without those whose types have parameters,
    /// since the compiler cannot be asked about them.
    pub(super) aliases: Vec<usize>,
}

impl Group<'_> {
    pub(super) fn ty(&self) -> &Type {
        &self.fields[0].1.ty
    }
}

/// Puts fields of the same type together, in the order of their declaration.
pub(super) fn groups(input: &Input) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for place in input.fields.iter().enumerate() {
        match groups.iter_mut().find(|group| bare(group.ty()) == bare(&place.1.ty)) {
            Some(group) => group.fields.push(place),
            None => groups.push(Group { fields: vec![place], vague: false, aliases: Vec::new() }),
        }
    }
    for index in 0..groups.len() {
        groups[index].vague = is_vague(index, &groups, &input.generics);
        groups[index].aliases = aliases(index, &groups, &input.generics);
    }
    groups
}

fn is_vague(index: usize, groups: &[Group<'_>], generics: &Generics) -> bool {
    let ty = groups[index].ty();
    mentions(ty, generics) && others(index, groups).any(|(_, other)| may_be_one(ty, other, generics))
}

fn aliases(index: usize, groups: &[Group<'_>], generics: &Generics) -> Vec<usize> {
    let ty = groups[index].ty();
    if mentions(ty, generics) {
        return Vec::new();
    }
    let others = others(index, groups).filter(|(_, other)| !mentions(other, generics) && may_be_aliases(ty, other));
    others.map(|(number, _)| number).collect()
}

/// The types of the other groups, with their numbers.
fn others<'a>(index: usize, groups: &'a [Group<'_>]) -> impl Iterator<Item = (usize, &'a Type)> {
    groups.iter().enumerate().filter(move |(other, _)| *other != index).map(|(number, group)| (number, group.ty()))
}
