//! The components that templates and `depends_on` name: those of this struct exist, and none needs itself.

use component_model_types::{plan::template, text};
use proc_macro2::Span;

use super::{Component, layers::Layer, prefix::Prefix};
use crate::{input::Input, mistakes::Mistakes};

/// Reports names that no field has, mistakes in templates, and cycles among the fields of the struct.
pub(super) fn check(input: &Input, prefix: &Prefix, components: &[Component<'_>], mistakes: &mut Mistakes) {
    let fields = Fields(components);
    let mut needs = vec![Vec::new(); components.len()];
    for (index, component) in components.iter().enumerate() {
        let mut names = Vec::new();
        for layer in &component.layers {
            layer_names(layer, &mut names, mistakes);
        }
        let span = component.field.ident.span();
        names.extend(component.depends_on.iter().map(|name| (name.clone(), span)));
        if let Some(prefix) = component.nested.as_ref().and_then(|nested| nested.prefix.as_ref()) {
            names.extend(names_of(prefix, span));
        }
        for (name, span) in names {
            match fields.find(&name) {
                Ok(field) if component.nested.is_none() => needs[index].push(field),
                Ok(_) => {}
                Err(message) => mistakes.push(span, message),
            }
        }
    }
    for (name, span) in names_of(prefix, input.ident.span()) {
        if let Err(message) = fields.find(&name) {
            mistakes.push(span, message);
        }
    }
    if let Some(cycle) = cycle(&needs) {
        let name = |index: &usize| format!("`{}`", components[*index].field.name());
        let drawn = cycle.iter().map(name).collect::<Vec<_>>().join(" needs ");
        mistakes.push(components[cycle[0]].field.ident.span(), format!("the fields need each other: {drawn}"));
    }
}

fn names_of(prefix: &Prefix, span: Span) -> Vec<(String, Span)> {
    prefix.texts().flat_map(template::names).map(|name| (name.to_owned(), span)).collect()
}

/// The names in a layer whose source is known. Whether an option of another one is a template, only the source says.
fn layer_names(layer: &Layer, names: &mut Vec<(String, Span)>, mistakes: &mut Mistakes) {
    let Some(declared) = layer.declared() else { return };
    let given =
        layer.options.iter().map(|(name, text)| (name.as_str(), text)).chain(layer.key.iter().map(|key| ("key", key)));
    for (option, text) in given {
        if !declared.iter().any(|spec| spec.name() == option && spec.is_template()) {
            continue;
        }
        for part in template::parts(text) {
            match part {
                Ok(template::Part::Text(_)) => {}
                Ok(template::Part::Component(name)) => names.push((name.to_owned(), layer.span_of(option))),
                Err(mistake) => mistakes.push(layer.span_of(option), mistake),
            }
        }
    }
}

struct Fields<'c, 'a>(&'c [Component<'a>]);

impl Fields<'_, '_> {
    /// The field that a name begins with.
    fn find(&self, name: &str) -> Result<usize, String> {
        let first = name.split('.').next().unwrap_or_default();
        let of_struct = |component: &&Component<'_>| component.is_fetched() || component.nested.is_some();
        let found = self.0.iter().position(|component| component.field.name() == first);
        match found {
            Some(index) if of_struct(&&self.0[index]) => Ok(index),
            Some(_) => Err(format!("`{first}` has no source, so it cannot be inserted")),
            None => {
                let known: Vec<_> = self.0.iter().filter(of_struct).map(|component| component.field.name()).collect();
                let nearest = text::nearest(first, known.iter().map(String::as_str));
                Err(match nearest {
                    Some(near) => format!("`{first}` is not a field that is fetched; did you mean `{near}`?"),
                    None => format!("`{first}` is not a field that is fetched; there are {}", text::list_of(&known)),
                })
            }
        }
    }
}

/// The first cycle, with its beginning again at the end.
fn cycle(needs: &[Vec<usize>]) -> Option<Vec<usize>> {
    (0..needs.len()).find_map(|start| {
        let mut path = vec![start];
        back_to(start, start, needs, &mut path, &mut vec![false; needs.len()]).then_some(path)
    })
}

fn back_to(start: usize, from: usize, needs: &[Vec<usize>], path: &mut Vec<usize>, seen: &mut [bool]) -> bool {
    for &next in &needs[from] {
        if next == start {
            path.push(start);
            return true;
        }
        if !std::mem::replace(&mut seen[next], true) {
            path.push(next);
            if back_to(start, next, needs, path, seen) {
                return true;
            }
            path.pop();
        }
    }
    false
}
