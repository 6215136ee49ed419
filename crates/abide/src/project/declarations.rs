//! What is declared of the functions of a link unit, from everywhere it is told.

use rustc_hash::FxHashMap;

use super::Project;
use crate::contracts::{Contract, Lowered};
use crate::conventions::SYSTEM_V_X86_64;
use crate::inputs::link::LinkUnit;
use crate::inputs::{Image, Language, Resolved, SymbolPlace};
use crate::interpret::Callee;
use crate::signatures::Signatures;
use crate::signatures::rust_source::RustSource;

/// The signatures that were given, those of C's debug information, and what source knows.
pub(super) fn all(project: &Project, unit: &LinkUnit, source: &RustSource) -> Signatures {
    let mut signatures = project.signatures.clone();
    let with_code = unit.objects.iter().filter(|o| o.language == Language::C);
    for object in with_code {
        signatures.add_debug_info(object);
    }
    signatures.add_source(source);
    signatures
}

/// The contract that a declaration makes of each function, by where it is.
pub(super) fn contracts(image: &Image, signatures: &Signatures) -> FxHashMap<Callee, Contract> {
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
        let declared = signatures.first(&symbol.name).and_then(Lowered::of);
        if let Some(declared) = declared {
            let contract = Contract::declared(&SYSTEM_V_X86_64, declared);
            contracts.insert(callee, contract);
        }
    }
    contracts
}
