//! The components of a plan and of all structs nested in it, as one list.
//!
//! What always holds: the order is that of the declaration. The stage numbers its slots in another one, which costs less
//! code: those of a struct's own components come before those of its nested structs.

use component_model_types::plan::{Component, Plan, Prefix, mistakes};

/// A component that is fetched.
pub(crate) struct Leaf<'p> {
    pub(crate) component: &'p Component<'p>,
    /// The names of the fields from the root to the component.
    pub(crate) path: Vec<&'p str>,
    /// What precedes the name of the field in a derived key.
    pub(super) prefixes: Vec<Step<'p>>,
    pub(crate) slot: usize,
    /// The innermost nested struct around it that may be missing.
    pub(crate) optional: Option<usize>,
}

impl Leaf<'_> {
    /// The struct that declares it, as the number of names that lead there.
    pub(super) fn scope(&self) -> usize {
        self.path.len().saturating_sub(1)
    }

    /// `pool.max`.
    pub(crate) fn path_text(&self) -> String {
        self.path.join(".")
    }
}

/// One step of a derived key.
#[derive(Clone, Copy)]
pub(crate) enum Step<'p> {
    /// A prefix, written in the struct to which this many names lead.
    Prefix(Prefix<'p>, usize),
    /// The name of a nested field.
    Name(&'p str),
}

/// A struct in whose documents unknown keys are errors.
pub(super) struct Denying<'p> {
    /// The names of the fields that lead to it.
    pub(super) path: Vec<&'p str>,
    /// What precedes the derived keys of its components.
    pub(super) prefixes: Vec<Step<'p>>,
    /// The sources, without those that a struct around it names.
    pub(super) sources: Vec<&'p str>,
}

/// A prefix with texts for single sources.
pub(super) struct Prefixed<'p> {
    /// The names of the fields that lead to the struct whose keys have it.
    pub(super) path: Vec<&'p str>,
    pub(super) prefix: Prefix<'p>,
}

/// A nested struct that may be missing.
pub(crate) struct Optional {
    /// The one around it.
    pub(crate) within: Option<usize>,
    /// How many names lead to it.
    pub(crate) depth: usize,
}

/// A mistake in a component that is not in the list, or that is there twice.
pub(super) struct Misplaced<'p> {
    pub(super) component: &'p Component<'p>,
    pub(super) path: String,
    pub(super) message: String,
}

/// How deep structs may be nested: a plan may come from outside, and walking it is recursive.
const MAX_DEPTH: usize = 64;

/// How many components a plan may have. Nested plans may be shared, so that few of them can have any number of components.
const MAX_COMPONENTS: usize = 100_000;

/// The components of a plan and of all structs nested in it; none if the plan is too large.
pub(super) fn flatten<'p>(plan: &'p Plan<'p>) -> Tree<'p> {
    let mut tree = Tree { too_large: too_large(plan), ..Tree::default() };
    if tree.too_large.is_some() {
        return tree;
    }
    tree.prefix(plan.prefix, &[]);
    let prefixes = vec![Step::Prefix(plan.prefix, 0)];
    tree.walk(plan, &Place { path: Vec::new(), prefixes, optional: None, denied: Vec::new() }, 0);
    tree
}

/// What a plan consists of.
#[derive(Default)]
pub(super) struct Tree<'p> {
    pub(super) leaves: Vec<Leaf<'p>>,
    /// In the order in which the stage numbers them.
    pub(super) optional: Vec<Optional>,
    pub(super) denying: Vec<Denying<'p>>,
    pub(super) misplaced: Vec<Misplaced<'p>>,
    pub(super) prefixed: Vec<Prefixed<'p>>,
    /// Why nothing else is known about it.
    pub(super) too_large: Option<String>,
}

fn too_large(plan: &Plan<'_>) -> Option<String> {
    let (mut open, mut components) = (vec![(plan, 0)], 0);
    while let Some((plan, depth)) = open.pop() {
        components += plan.components.len();
        if depth > MAX_DEPTH {
            return Some(format!("structs are nested more than {MAX_DEPTH} deep"));
        }
        if components > MAX_COMPONENTS {
            return Some(format!("it has more than {MAX_COMPONENTS} components, with those of nested structs"));
        }
        open.extend(plan.components.iter().filter_map(|component| Some((component.nested?.plan, depth + 1))));
    }
    None
}

/// Whether the component itself is fetched.
fn is_leaf(component: &Component<'_>) -> bool {
    component.nested.is_none() && !component.layers.is_empty()
}

/// Where a struct is in the tree.
struct Place<'p> {
    path: Vec<&'p str>,
    prefixes: Vec<Step<'p>>,
    optional: Option<usize>,
    /// The sources in whose documents unknown keys are errors.
    denied: Vec<&'p str>,
}

impl<'p> Tree<'p> {
    fn walk(&mut self, plan: &'p Plan<'p>, place: &Place<'p>, first_slot: usize) {
        let denied = self.deny(plan, place);
        self.misplace(plan, place);
        let own = plan.components.iter().filter(|component| is_leaf(component));
        let (mut slot, mut nested_slot) = (first_slot, first_slot + own.count());
        for component in plan.components {
            let path: Vec<_> = place.path.iter().copied().chain([component.name]).collect();
            if let Some(nested) = &component.nested {
                let step = match nested.prefix {
                    Some(prefix) => {
                        self.prefix(prefix, &path);
                        Step::Prefix(prefix, place.path.len())
                    }
                    None => Step::Name(component.name),
                };
                let prefixes = place.prefixes.iter().copied().chain([step]).collect();
                let optional =
                    if nested.optional { Some(self.add_optional(place.optional, path.len())) } else { place.optional };
                let denied = denied.clone();
                self.walk(nested.plan, &Place { path, prefixes, optional, denied }, nested_slot);
                nested_slot += nested.plan.fetched();
            } else if is_leaf(component) {
                let (prefixes, optional) = (place.prefixes.clone(), place.optional);
                self.leaves.push(Leaf { component, path, prefixes, slot, optional });
                slot += 1;
            }
        }
    }

    /// Notes the mistakes in components that are not fetched themselves, and names that lead to several.
    fn misplace(&mut self, plan: &'p Plan<'p>, place: &Place<'p>) {
        let twice = mistakes::names_given_twice(plan);
        let second = |name: &&str| plan.components.iter().rfind(|component| component.name == *name);
        let twice = twice.iter().filter_map(second).map(|component| {
            let message = "another component of the struct has this name: give each its own";
            (component, message.to_owned())
        });
        let unfetched = plan.components.iter().filter(|component| !is_leaf(component));
        let of_unfetched = unfetched.flat_map(|component| {
            mistakes::of_component(component).into_iter().map(move |mistake| (component, mistake.to_string()))
        });
        self.misplaced.extend(twice.chain(of_unfetched).map(|(component, message)| {
            let names: Vec<_> = place.path.iter().copied().chain([component.name]).collect();
            Misplaced { component, path: names.join("."), message }
        }));
    }

    fn prefix(&mut self, prefix: Prefix<'p>, path: &[&'p str]) {
        if !prefix.of.is_empty() {
            self.prefixed.push(Prefixed { path: path.to_vec(), prefix });
        }
    }

    /// Notes the sources of a `deny_unknown`; returns those that are denied within the struct.
    fn deny(&mut self, plan: &Plan<'p>, place: &Place<'p>) -> Vec<&'p str> {
        let new = plan.deny_unknown.iter().copied().filter(|source| !place.denied.contains(source));
        let sources: Vec<_> = new.collect();
        let denied = [&place.denied[..], &sources].concat();
        if !sources.is_empty() {
            self.denying.push(Denying { path: place.path.clone(), prefixes: place.prefixes.clone(), sources });
        }
        denied
    }

    fn add_optional(&mut self, within: Option<usize>, depth: usize) -> usize {
        self.optional.push(Optional { within, depth });
        self.optional.len() - 1
    }
}
