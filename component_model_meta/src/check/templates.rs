//! The components that templates and `depends_on` name: those of this struct exist, and none needs itself.

use component_model_types::{plan::template, text};
use proc_macro2::Span;

use super::{Component, layers::Layer, prefix::Prefix};
use crate::mistakes::Mistakes;

/// A path of names that another field needs, and where it is written.
struct Named {
    path: String,
    span: Span,
    /// Whether its value is inserted.
    inserted: bool,
}

/// Reports names that no field has, mistakes in templates, and cycles among the fields of the struct.
pub(super) fn check(prefix: &Prefix, components: &[Component<'_>], mistakes: &mut Mistakes) {
    let fields = Fields(components);
    let mut needs = vec![Vec::new(); components.len()];
    for (index, component) in components.iter().enumerate() {
        for named in names_of(component, mistakes) {
            match fields.find(&named, Some(index)) {
                Ok(field) if component.nested.is_none() => needs[index].push(field),
                Ok(_) => {}
                Err(message) => mistakes.push(named.span, message),
            }
        }
    }
    for layer in components.iter().flat_map(|component| &component.layers) {
        fields.check_query(layer, mistakes);
    }
    let mut names = Vec::new();
    prefix_names(prefix, &mut names, mistakes);
    for named in names {
        if let Err(message) = fields.find(&named, None) {
            mistakes.push(named.span, message);
        }
    }
    if let Some(cycle) = cycle(&needs) {
        mistakes.push(components[cycle[0]].field.ident.span(), drawn(&cycle, components));
    }
}

fn drawn(cycle: &[usize], components: &[Component<'_>]) -> String {
    let name = |index: &usize| format!("`{}`", components[*index].field.name());
    match cycle {
        [only, _] => format!("{} needs itself: name another field", name(only)),
        _ => {
            let drawn = cycle.iter().map(name).collect::<Vec<_>>().join(" needs ");
            format!("the fields need each other: {drawn}; one of them must not name another")
        }
    }
}

/// The names in one field's settings.
fn names_of(component: &Component<'_>, mistakes: &mut Mistakes) -> Vec<Named> {
    let mut names = Vec::new();
    for layer in component.layers.iter().chain(&component.policies.fallback_to) {
        layer_names(layer, &mut names, mistakes);
    }
    let ordered = component.depends_on.iter();
    names.extend(ordered.map(|(path, span)| Named { path: path.clone(), span: *span, inserted: false }));
    if let Some(prefix) = component.nested.as_ref().and_then(|nested| nested.prefix.as_ref()) {
        prefix_names(prefix, &mut names, mistakes);
    }
    names
}

fn prefix_names(prefix: &Prefix, names: &mut Vec<Named>, mistakes: &mut Mistakes) {
    for text in prefix.texts() {
        template_names(text, prefix.span(), names, mistakes);
    }
}

fn template_names(text: &str, span: Span, names: &mut Vec<Named>, mistakes: &mut Mistakes) {
    for part in template::parts(text) {
        match part {
            Ok(template::Part::Text(_)) => {}
            Ok(template::Part::Component(name)) => names.push(Named { path: name.to_owned(), span, inserted: true }),
            Err(mistake) => mistakes.push(span, mistake),
        }
    }
}

/// The names in a layer whose source is known. Whether an option of another one is a template, only the source says.
fn layer_names(layer: &Layer, names: &mut Vec<Named>, mistakes: &mut Mistakes) {
    let Some(declared) = layer.declared() else { return };
    let given =
        layer.options.iter().map(|(name, text)| (name.as_str(), text)).chain(layer.key.iter().map(|key| ("key", key)));
    for (option, text) in given {
        if declared.iter().any(|spec| spec.name() == option && spec.is_template()) {
            template_names(text, layer.span_of(option), names, mistakes);
        }
    }
}

struct Fields<'c, 'a>(&'c [Component<'a>]);

impl Fields<'_, '_> {
    /// The field that a name begins with, for the field at a position. The fields of a nested struct are not known here.
    fn find(&self, named: &Named, of: Option<usize>) -> Result<usize, String> {
        let (first, rest) = match named.path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (named.path.as_str(), None),
        };
        let found = self.0.iter().position(|component| component.field.name() == first);
        let Some(index) = found else { return Err(self.unknown(first, of, named.inserted)) };
        let component = &self.0[index];
        match (component.nested.is_some(), rest) {
            (false, _) if !component.is_fetched() => {
                Err(format!("`{first}` has no source, so no field can need it: give it a `fetch_from`"))
            }
            (false, Some(rest)) => Err(format!("`{first}` is not nested, so it has no `{rest}`: name `{first}`")),
            (true, None) if named.inserted => {
                Err(format!("`{first}` is a struct: name one of its fields, as `{{{first}.name}}`"))
            }
            _ => Ok(index),
        }
    }

    /// Reports a field in braces in a query, outside of its literals.
    fn check_query(&self, layer: &Layer, mistakes: &mut Mistakes) {
        let is_query = |option: &str| {
            option == "query" && layer.declared().is_some_and(|all| all.iter().any(|spec| spec.name() == option))
        };
        for (option, text) in layer.options.iter().filter(|(option, _)| is_query(option)) {
            // Every other part is between quotes.
            let is_in = |braces: &str| text.split('\'').step_by(2).any(|part| part.contains(braces));
            let braces = self.0.iter().map(|component| format!("{{{}}}", component.field.name()));
            if let Some(braces) = braces.into_iter().find(|braces| is_in(braces)) {
                let message = format!(
                    "a `query` is never a template: write `?` (PostgreSQL: `$1`), and `params = [\"{braces}\"]`"
                );
                mistakes.push(layer.span_of(option), message);
            }
        }
    }

    fn unknown(&self, name: &str, of: Option<usize>, inserted: bool) -> String {
        let is_known = |(index, component): &(usize, &Component<'_>)| {
            Some(*index) != of && (component.is_fetched() || component.nested.is_some())
        };
        let known = self.0.iter().enumerate().filter(is_known);
        let known: Vec<_> = known.map(|(_, component)| component.field.name()).collect();
        let braces = match inserted {
            true => format!(
                "; write `{{{{{name}}}}}` for text in braces; the value of a struct around this one is passed in the \
                 prefix of the nested field: `prefix = \"{{{name}}}\"`"
            ),
            false => String::new(),
        };
        match text::nearest(name, known.iter().map(String::as_str)) {
            Some(near) => format!("`{name}` is not a field that is fetched; did you mean `{near}`?"),
            None if known.is_empty() => format!("`{name}` is not a field that is fetched{braces}"),
            None => format!("`{name}` is not a field that is fetched; it can be {}{braces}", text::list_of(&known)),
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
