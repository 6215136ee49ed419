//! Why a name is missing: the likeliest cause, from what is there.

use super::super::facts::{in_source, whole};
use super::super::foreign_object;
use super::super::{Facts, Location};
use super::{Missing, locals, nearest};
use crate::inputs::link::{Target, is_definition};
use crate::inputs::{Language, Object, Symbol, demangle};
use crate::signatures::rust_source::RustItem;

/// A cause, and what it is seen by.
pub(super) struct Cause {
    /// Goes on after "`name` is undefined: ".
    pub(super) because: String,
    pub(super) places: Vec<Location>,
    pub(super) notes: Vec<String>,
    pub(super) help: String,
}

impl Cause {
    fn new(because: String, help: String) -> Self {
        Self {
            because,
            places: Vec::new(),
            notes: Vec::new(),
            help,
        }
    }

    fn at(mut self, place: Location) -> Self {
        self.places.push(place);
        self
    }
}

/// From the surest trace, the very name in another place, to the weakest, a similar one.
pub(super) fn likeliest(facts: &Facts<'_>, missing: &Missing<'_>) -> Cause {
    local(facts, missing)
        .or_else(|| foreign(facts, missing))
        .or_else(|| passed_by(facts, missing))
        .or_else(|| underscore(facts, missing))
        .or_else(|| unexported(facts, missing))
        .or_else(|| only_mangled(facts, missing))
        .or_else(|| similar(facts, missing))
        .or_else(|| conditional(facts, missing))
        .unwrap_or_else(|| nowhere(facts, missing))
}

/// The name is there, but its object keeps it to itself.
fn local(facts: &Facts<'_>, missing: &Missing<'_>) -> Option<Cause> {
    let symbol = locals(facts, missing.symbol).next()?;
    let object = facts.object_name(symbol);
    let language = facts.unit.objects.get(symbol.object)?.language;
    let name = missing.symbol;
    let help = match language {
        Language::C => format!("drop `static` from `{name}`"),
        Language::Rust => format!("give `{name}` the attribute `#[unsafe(no_mangle)]`"),
        _ => format!("write `global {name}` before the label (GNU as: `.globl {name}`)"),
    };
    let cause = Cause::new(format!("`{object}` defines it, but for itself only"), help);
    Some(cause.at(facts.definition(symbol, "defined here, as a local symbol")))
}

/// An object that the linker rejects or skips has it.
fn foreign(facts: &Facts<'_>, missing: &Missing<'_>) -> Option<Cause> {
    let target = facts.unit.target?;
    let defines = |object: &&Object| {
        defines(object, missing.symbol) || defines_variant(object, missing.symbol)
    };
    let object = facts.unit.foreign.iter().find(defines)?;
    let made_for = Target::of(object);
    let cause = Cause::new(
        format!(
            "`{}` defines it, but is {made_for}, and the link is {target}",
            object.name
        ),
        foreign_object::next_step(target),
    );
    Some(cause.at(whole(object, format!("this is {made_for}"))))
}

/// A member of an archive has it that was searched before anything asked for the name.
fn passed_by(facts: &Facts<'_>, missing: &Missing<'_>) -> Option<Cause> {
    let mut left_out = facts.unit.left_out.iter();
    let object = left_out.find(|object| defines(object, missing.symbol))?;
    let (archive, _) = object.name.rsplit_once('(')?;
    let cause = Cause::new(
        format!(
            "`{}` defines it, but stands before those who need it",
            object.name
        ),
        format!("put `{archive}` after them, or both between `--start-group` and `--end-group`"),
    );
    Some(cause.at(whole(object, "searched when nothing needed the name yet")))
}

/// The name differs by a leading underscore, as 32-bit Windows and Mach-O have it.
fn underscore(facts: &Facts<'_>, missing: &Missing<'_>) -> Option<Cause> {
    let other = variants(missing.symbol).find(|other| !facts.unit.definitions(other).is_empty())?;
    let symbol = *facts.unit.definitions(&other).first()?;
    let object = facts.object_name(symbol);
    let how = if other.len() > missing.symbol.len() {
        "with"
    } else {
        "without"
    };
    let cause = Cause::new(
        format!("`{object}` defines `{other}`, {how} a leading underscore"),
        format!("write `{}` there too", missing.symbol),
    );
    Some(cause.at(facts.definition(symbol, format!("`{other}` is defined here"))))
}

fn variants(name: &str) -> impl Iterator<Item = String> {
    let without = name.strip_prefix('_').filter(|rest| !rest.is_empty());
    without
        .map(str::to_owned)
        .into_iter()
        .chain([format!("_{name}")])
}

fn defines_variant(object: &Object, name: &str) -> bool {
    variants(name).any(|other| defines(object, &other))
}

fn defines(object: &Object, name: &str) -> bool {
    let named = |symbol: &Symbol| symbol.name == name && is_definition(symbol);
    object.symbols.iter().any(named)
}

/// Rust source has the function, but under no name that a linker could find.
fn unexported(facts: &Facts<'_>, missing: &Missing<'_>) -> Option<Cause> {
    let mut named = facts.source.definitions.iter().filter(|item| {
        let exported_as = item.symbol.as_deref();
        item.name == missing.name && exported_as != Some(missing.name)
    });
    // Where only Rust looks for it, a function of Rust's own ABI is more likely a wrapper.
    let item = named.find(|item| item.abi.is_some() || !missing.only_rust_seeks())?;
    let name = missing.name;
    let mut cause = match item.symbol.as_deref() {
        Some(symbol) => Cause::new(
            format!("Rust exports the function of that name as `{symbol}`"),
            format!("look for `{symbol}`, or export it as `{name}`"),
        ),
        None => Cause::new(
            "the Rust function of that name has no `#[unsafe(no_mangle)]`".to_owned(),
            format!("write `#[unsafe(no_mangle)]` before `{name}`"),
        ),
    };
    cause.notes.extend(mangled(facts, name).map(|found| {
        format!(
            "in `{}` its symbol is mangled: `{}`",
            found.object, found.symbol
        )
    }));
    if item.symbol.is_none() && cause.notes.is_empty() {
        cause.notes.push(absence(item));
    }
    if item.symbol.is_none() && item.abi.is_none() {
        cause.notes.push(
            "it has Rust's own ABI, which nothing else can rely on: `extern \"C\"`".to_owned(),
        );
    }
    Some(cause.at(in_source(item, "defined here")))
}

/// rustc drops what is neither exported nor used.
fn absence(item: &RustItem) -> String {
    let private = if item.is_public {
        ""
    } else {
        "neither `pub` nor "
    };
    let cfg = if item.is_conditional {
        ", or its `cfg` is off"
    } else {
        ""
    };
    let exported = if item.is_public {
        "not exported"
    } else {
        "exported"
    };
    format!("no object has it: it is {private}{exported}, so rustc may drop it{cfg}")
}

/// A symbol whose mangled name ends in the missing one.
struct Mangled<'a> {
    object: &'a str,
    symbol: &'a str,
    path: String,
}

fn mangled<'a>(facts: &'a Facts<'_>, name: &str) -> Option<Mangled<'a>> {
    facts
        .unit
        .objects
        .iter()
        .chain(&facts.unit.left_out)
        .find_map(|object| {
            object
                .symbols
                .iter()
                .filter(|symbol| symbol.name.contains(name))
                .find_map(|symbol| {
                    if symbol.place == crate::inputs::SymbolPlace::Undefined {
                        return None;
                    }
                    let path = demangle(&symbol.name)?;
                    (path.rsplit("::").next() == Some(name)).then_some(Mangled {
                        object: &object.name,
                        symbol: &symbol.name,
                        path,
                    })
                })
        })
}

/// The objects have the function, under its mangled name only.
fn only_mangled(facts: &Facts<'_>, missing: &Missing<'_>) -> Option<Cause> {
    let found = mangled(facts, missing.name)?;
    let mut cause = Cause::new(
        format!(
            "`{}` has it under the mangled name of `{}` only",
            found.object, found.path
        ),
        format!("write `#[unsafe(no_mangle)]` before `{}`", missing.name),
    );
    cause
        .notes
        .push(format!("its symbol is `{}`", found.symbol));
    Some(cause)
}

/// A name that is nearly the same.
fn similar(facts: &Facts<'_>, missing: &Missing<'_>) -> Option<Cause> {
    let names = nearest::names(facts, missing.symbol);
    let (first, others) = names.split_first()?;
    let symbol = *facts.unit.definitions(first).first()?;
    let object = facts.object_name(symbol);
    let mut cause = Cause::new(
        format!("nothing defines it; the nearest name is `{first}`, in `{object}`"),
        format!(
            "write the same name on both sides, `{}` or `{first}`",
            missing.symbol
        ),
    );
    if !others.is_empty() {
        let others: Vec<_> = others.iter().map(|name| format!("`{name}`")).collect();
        cause
            .notes
            .push(format!("other names are near: {}", others.join(", ")));
    }
    Some(cause.at(facts.definition(symbol, format!("`{first}` is defined here"))))
}

/// Source exports it, but the objects lack it.
fn conditional(facts: &Facts<'_>, missing: &Missing<'_>) -> Option<Cause> {
    let mut items = facts.source.definitions.iter();
    let item = items.find(|item| item.symbol.as_deref() == Some(missing.name))?;
    let why = if item.is_conditional {
        ", perhaps because its `cfg` is off"
    } else {
        ""
    };
    let cause = Cause::new(
        format!("Rust source exports it, but no object of the link has it{why}"),
        "build the crate anew and link what it made".to_owned(),
    );
    Some(cause.at(in_source(item, "exported here")))
}

/// No trace of it.
fn nowhere(facts: &Facts<'_>, missing: &Missing<'_>) -> Cause {
    let name = missing.symbol;
    let declared = facts.source.declarations_of(missing.name).next().is_some();
    let because = if declared {
        "Rust declares it, and nothing defines it".to_owned()
    } else {
        "nothing defines it".to_owned()
    };
    let mut cause = Cause::new(
        because,
        format!("add the object or archive that defines `{name}` to the link"),
    );
    let is_entry = facts.unit.options.entry.as_deref() == Some(name);
    if facts.unit.options.script.is_none() && !is_entry {
        cause
            .notes
            .push("names that a linker script defines are known by `--script FILE`".to_owned());
    }
    cause
}
