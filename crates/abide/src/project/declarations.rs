//! What is declared of the functions of a link unit, from everywhere it is told.

use rustc_hash::FxHashMap;

use super::Project;
use crate::contracts::{Configuration, Contract, Lowered, decorated, imported};
use crate::conventions::Convention;
use crate::inputs::link::LinkUnit;
use crate::inputs::{Assembly, Image, Language, Object, Place, Resolved, SymbolKind, SymbolPlace};
use crate::interpret::Callee;
use crate::signatures::rust_source::RustSource;
use crate::signatures::{Signature, Signatures};

/// The signatures that were given, those of C's debug information, what source knows, and prototypes.
pub(super) fn all(
    project: &Project,
    unit: &LinkUnit,
    source: &RustSource,
    prototypes: Vec<Signature>,
) -> Signatures {
    let mut signatures = project.signatures.clone();
    let of_c = unit.objects.iter().filter(|o| o.language == Language::C);
    // Tables say what they are of where nothing is said of their functions' names.
    signatures.add_debug_info(of_c, |object| refers_to_assembly(unit, object));
    // What nothing calls, no IR declares: only the object tells how its name was mangled.
    for object in unit.objects.iter().filter(|o| o.language == Language::Rust) {
        add_naked(&mut signatures, object);
    }
    signatures.add_source(source);
    signatures.add_prototypes(prototypes);
    signatures
}

/// Takes in the mangled names of functions in assembly inside of an object by rustc.
fn add_naked(signatures: &mut Signatures, object: &Object) {
    let assembly = Assembly::of(object);
    if assembly.is_none() {
        return;
    }
    for symbol in &object.symbols {
        if let SymbolPlace::Section(section) = symbol.place
            && symbol.kind == SymbolKind::Function
            && assembly.trace(section, symbol.value).is_some()
        {
            signatures.add_mangled(&symbol.name);
        }
    }
}

fn refers_to_assembly(unit: &LinkUnit, object: &Object) -> bool {
    let is_assembly = |object: usize| {
        let object = unit.objects.get(object);
        object.is_some_and(|object| object.language == Language::Assembly)
    };
    let undefined = object.symbols.iter();
    let mut undefined = undefined.filter(|symbol| symbol.place == SymbolPlace::Undefined);
    undefined.any(|symbol| {
        let definition = unit.definition(&symbol.name);
        definition.is_some_and(|definition| is_assembly(definition.object))
    })
}

/// The contract that a declaration makes of each function, by where it is.
pub(super) fn contracts(
    image: &Image,
    signatures: &Signatures,
    platform: &'static Convention,
) -> FxHashMap<Callee, Contract> {
    let mut contracts = FxHashMap::default();
    if signatures.is_empty() {
        return contracts;
    }
    for (id, symbol) in image.symbols() {
        if symbol.name.is_empty() || symbol.place == SymbolPlace::Absolute {
            continue;
        }
        let callee = match image.resolve(id) {
            Some(Resolved::Place(place)) => Callee::Place(place),
            Some(Resolved::External(symbol)) => Callee::External(symbol),
            _ => continue,
        };
        if contracts.contains_key(&callee) {
            continue;
        }
        let name = image.name_of_function(id).unwrap_or(&symbol.name);
        if signatures.is_unfamiliar(name) {
            contracts.insert(callee, Contract::unfamiliar(platform));
            continue;
        }
        let signature = signatures.first(name);
        let declared = signature.and_then(|signature| Lowered::of(signature, platform));
        if let Some(declared) = declared {
            contracts.insert(callee, Contract::declared(declared));
        }
    }
    add_tabled(image, signatures, platform, &mut contracts);
    contracts
}

/// Adds functions of which nothing is declared, and whose addresses stand in a table whose type
/// says what its pointers lead to.
fn add_tabled(
    image: &Image,
    signatures: &Signatures,
    platform: &'static Convention,
    contracts: &mut FxHashMap<Callee, Contract>,
) {
    for (id, symbol) in image.symbols() {
        let Some(declared) = signatures.static_of(&symbol.name) else {
            continue;
        };
        let Some(Resolved::Place(table)) = image.resolve(id) else {
            continue;
        };
        for (offset, signature) in &declared.functions {
            let pointer = Place {
                offset: table.offset.wrapping_add(*offset as i64),
                ..table
            };
            if let Some(place) = image.led_to(pointer)
                && let Some(declared) = Lowered::of(signature, platform)
            {
                let contract = Contract::declared(declared);
                contracts.entry(Callee::Place(place)).or_insert(contract);
            }
        }
    }
}

/// Adds what names tell of functions of which nothing else is declared.
pub(super) fn add_decorated(image: &Image, contracts: &mut FxHashMap<Callee, Contract>) {
    for (id, symbol) in image.symbols() {
        let object = image.objects().get(id.object as usize);
        let told = object.and_then(|object| match image.name_of_import(&symbol.name) {
            Some(name) => imported(object, name),
            None => decorated(object, image.name_of_function(id)?),
        });
        let Some(told) = told else {
            continue;
        };
        let callee = match image.resolve(id) {
            Some(Resolved::Place(place)) => Callee::Place(place),
            Some(Resolved::External(symbol)) => Callee::External(symbol),
            _ => continue,
        };
        contracts.entry(callee).or_insert(told);
    }
}

/// Adds what the configuration says of functions that are called and not given.
pub(super) fn configure(
    image: &Image,
    configuration: &Configuration,
    platform: &'static Convention,
    contracts: &mut FxHashMap<Callee, Contract>,
) {
    for (id, symbol) in image.symbols() {
        let name = image.name_of_function(id).unwrap_or(&symbol.name);
        if !configuration.tells_how_called(name) {
            continue;
        }
        if let Some(Resolved::External(symbol_id)) = image.resolve(id) {
            let callee = Callee::External(symbol_id);
            let known = contracts.remove(&callee);
            let known = known.unwrap_or_else(|| Contract::of(platform));
            contracts.insert(callee, configuration.contract(name, &[], known));
        }
    }
}
