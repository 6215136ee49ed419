//! What every analysis of one link unit shares.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::boundaries::Boundaries;
use super::events::Callee;
use super::linked::Linked;
use super::red_zone::RedZone;
use super::unwinding::UnwindTables;
use crate::contracts::{Contract, Stated, Statics};
use crate::conventions::Convention;
use crate::inputs::link::Stubs;
use crate::inputs::{Format, Image, Place};
use crate::registers::RegisterSet;

/// What every analysis of one link unit shares.
pub struct Surroundings<'image> {
    /// The image.
    pub image: &'image Image,
    /// The C convention of the platform, which callees keep of which nothing else is known.
    pub convention: &'static Convention,
    /// Where objects begin.
    pub boundaries: Arc<Boundaries>,
    /// What is declared of single instructions.
    pub stated: FxHashMap<Place, Stated>,
    /// What the linked code changes.
    pub linked: Linked<'image>,
    /// Functions that are called by their contract: the roots.
    pub contracted: FxHashMap<Place, Contract>,
    /// Functions outside of the unit's assembly that are declared.
    pub declared: FxHashMap<Callee, Contract>,
    /// Symbols that never return.
    pub never_return: fn(&str) -> bool,
    /// The unwind tables.
    pub unwind: UnwindTables<'image>,
    /// Who keeps data below SP, where a handler may come on the same stack.
    pub red_zone: RedZone,
    /// Statics that are shared with compiled code.
    pub statics: Arc<Statics>,
    /// Which calls the linker leads through stubs.
    pub stubs: Stubs,
}

impl<'image> Surroundings<'image> {
    /// Those of an image in which no function has a contract yet, and every callee returns.
    #[must_use]
    pub fn new(image: &'image Image, convention: &'static Convention) -> Self {
        Self {
            image,
            convention,
            boundaries: Arc::new(Boundaries::new(image)),
            stated: FxHashMap::default(),
            linked: Linked::new(image),
            contracted: FxHashMap::default(),
            declared: FxHashMap::default(),
            never_return: |_| false,
            unwind: UnwindTables::new(image),
            red_zone: RedZone::default(),
            statics: Arc::default(),
            stubs: Stubs::default(),
        }
    }

    pub(super) fn is_compiled(&self, place: Place) -> bool {
        self.image.trace_of_assembly(place).is_none()
    }

    /// The contract of a callee, where it has one of its own.
    pub(super) fn contract_of(&self, callee: Callee) -> Option<&Contract> {
        let own = match callee {
            Callee::Place(place) => self.contracted.get(&place),
            _ => None,
        };
        own.or_else(|| self.declared.get(&callee))
    }

    /// The convention by which a root calls: its callee's own; a pointer's target is taken to
    /// keep the root's.
    pub(super) fn convention_of(&self, callee: Callee, caller: &Contract) -> &'static Convention {
        match (self.contract_of(callee), callee) {
            (Some(contract), _) => contract.convention,
            (None, Callee::Pointer) => caller.callees,
            (None, _) => self.convention,
        }
    }

    /// How many bytes of its arguments a callee takes off the stack, where that is known.
    pub(super) fn pops_of(&self, callee: Callee, caller: &Contract) -> Option<u32> {
        match self.contract_of(callee) {
            Some(contract) => contract.pops,
            None if self.is_import_of_32_bits(callee) => None,
            None => {
                let convention = self.convention_of(callee, caller);
                (!convention.callee_pops).then_some(0)
            }
        }
    }

    /// Whether a 32-bit image of Windows takes the callee from another library: most of those pop their
    /// arguments, and the names there no longer tell which.
    fn is_import_of_32_bits(&self, callee: Callee) -> bool {
        let Callee::External(symbol) = callee else {
            return false;
        };
        let object = self.image.objects().get(symbol.object as usize);
        object.is_some_and(|object| object.format == Format::Pe { is_64: false })
    }

    /// How many bytes above its return address, once it has returned, a callee may have written:
    /// its home space, and those of its arguments that stay there.
    pub(super) fn given_above(&self, callee: Callee, caller: &Contract) -> u32 {
        let convention = self.convention_of(callee, caller);
        let own = self.contract_of(callee).and_then(|contract| {
            let arguments = contract.declared.as_ref()?.stack_bytes;
            Some(arguments.saturating_sub(contract.pops?))
        });
        own.unwrap_or(0).max(convention.home_space)
    }

    /// The registers that a callee preserves by its contract.
    pub(super) fn preserved_by(&self, callee: Callee, caller: &Contract) -> RegisterSet {
        let own = self.contract_of(callee);
        own.map_or_else(
            || self.convention_of(callee, caller).preserved,
            |contract| contract.preserved,
        )
    }

    /// Whether a callee is declared so that it may be left by unwinding.
    pub(super) fn may_unwind(&self, callee: Callee) -> bool {
        let declared = self
            .contract_of(callee)
            .and_then(|own| own.declared.as_ref());
        declared.is_some_and(|declared| declared.signature.unwinds == Some(true))
    }

    pub(super) fn callee_returns(&self, callee: Callee) -> bool {
        if self
            .declared
            .get(&callee)
            .is_some_and(|own| own.never_returns)
        {
            return false;
        }
        match callee {
            Callee::External(symbol) => {
                let name = self.image.name_of_function(symbol);
                !name.is_some_and(self.never_return)
            }
            Callee::Place(place) => {
                let contract = self.contracted.get(&place);
                !contract.is_some_and(|contract| contract.never_returns)
            }
            Callee::Pointer => true,
        }
    }
}
