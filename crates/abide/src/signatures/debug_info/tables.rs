//! Variables of C that hold pointers to functions: what assembly is put into, or defines itself.

use std::collections::HashMap;

use gimli::{AttributeValue, Operation, UnitOffset};

use super::{Entry, Nesting, Origin, Signature, UnitReader, is_transparent};
use crate::inputs::{DebugSections, SectionIndex, SourceLine};

/// How many elements of an array are looked at.
const MOST_ELEMENTS: u64 = 4096;

/// A variable that holds pointers to functions.
pub(in crate::signatures) struct Table {
    /// Where it is.
    pub(in crate::signatures) of: TablePlace,
    /// What its pointers lead to, each by its pointer's offset.
    pub(in crate::signatures) functions: Vec<(u64, Signature)>,
}

/// Where a variable is.
pub(in crate::signatures) enum TablePlace {
    /// Another object defines it by this name, which is declared here.
    Named(String, SourceLine),
    /// In a section of its object, so far behind the section's beginning.
    Within(SectionIndex, u64),
}

impl<'data> UnitReader<'_, 'data> {
    pub(super) fn tables(
        &self,
        debug: &DebugSections,
        found: &mut Vec<Table>,
    ) -> gimli::Result<()> {
        let mut entries = self.unit.entries();
        let mut files = HashMap::new();
        while let Some(entry) = entries.next_dfs()? {
            if entry.tag() != gimli::DW_TAG_variable {
                continue;
            }
            let mut functions = Vec::new();
            self.add_functions(
                self.type_of(entry),
                0,
                self.looks.outermost(),
                &mut functions,
            )?;
            if functions.is_empty() {
                continue;
            }
            let line = self.line(entry, &mut files);
            for (_, function) in &mut functions {
                function.line.clone_from(&line);
            }
            let of = self.table_place(entry, line, debug)?;
            found.extend(of.map(|of| Table { of, functions }));
        }
        Ok(())
    }

    /// Where a variable is; `None` for one that lives on the stack, or nowhere.
    fn table_place(
        &self,
        entry: &Entry<'data>,
        line: Option<SourceLine>,
        debug: &DebugSections,
    ) -> gimli::Result<Option<TablePlace>> {
        if entry.attr_value(gimli::DW_AT_declaration) == Some(AttributeValue::Flag(true)) {
            let named = self.name(entry)?.zip(line);
            return Ok(named.map(|(name, line)| TablePlace::Named(name, line)));
        }
        // What a declaration said before is only referred to where it is defined.
        let Some(AttributeValue::Exprloc(location)) = entry.attr_value(gimli::DW_AT_location)
        else {
            return Ok(None);
        };
        let address = match location.operations(self.unit.encoding()).next()? {
            Some(Operation::Address { address }) => address,
            Some(Operation::AddressIndex { index }) => self.dwarf.address(self.unit, index)?,
            _ => return Ok(None),
        };
        let place = debug.place_at(address);
        Ok(place.map(|(section, offset)| TablePlace::Within(section, offset)))
    }

    /// The functions that pointers in a type lead to, by the pointers' offsets.
    fn add_functions(
        &self,
        ty: Option<UnitOffset>,
        start: u64,
        nesting: Nesting<'_>,
        found: &mut Vec<(u64, Signature)>,
    ) -> gimli::Result<()> {
        let (Some(ty), Some(nesting)) = (ty, nesting.inner()) else {
            return Ok(());
        };
        let entry = self.unit.entry(ty)?;
        let of = self.type_of(&entry);
        match entry.tag() {
            gimli::DW_TAG_pointer_type => {
                let function = self.function_type(of, nesting)?;
                found.extend(function.map(|function| (start, function)));
            }
            gimli::DW_TAG_array_type => {
                let size = self.size_of(of, nesting)?;
                let (Some(size), Some(count)) = (size, self.count(&entry)?) else {
                    return Ok(());
                };
                for number in 0..count.min(MOST_ELEMENTS) {
                    let known = found.len();
                    let element = start.saturating_add(number.saturating_mul(size));
                    self.add_functions(of, element, nesting, found)?;
                    if found.len() == known {
                        break;
                    }
                }
            }
            gimli::DW_TAG_structure_type | gimli::DW_TAG_class_type => {
                let mut tree = self.unit.entries_tree(Some(ty))?;
                let mut members = tree.root()?.children();
                while let Some(member) = members.next()? {
                    let member = member.entry();
                    let offset = member.attr_value(gimli::DW_AT_data_member_location);
                    let offset = offset.and_then(|offset| offset.udata_value());
                    if let Some(offset) = offset {
                        let start = start.saturating_add(offset);
                        self.add_functions(self.type_of(member), start, nesting, found)?;
                    }
                }
            }
            tag if is_transparent(tag) => self.add_functions(of, start, nesting, found)?,
            _ => {}
        }
        Ok(())
    }

    /// The signature that a type of functions makes.
    ///
    /// `void (*)(void)` makes none: C hands around functions of any type by it, and casts them back.
    fn function_type(
        &self,
        ty: Option<UnitOffset>,
        nesting: Nesting<'_>,
    ) -> gimli::Result<Option<Signature>> {
        let (Some(ty), Some(nesting)) = (ty, nesting.inner()) else {
            return Ok(None);
        };
        let mut tree = self.unit.entries_tree(Some(ty))?;
        let root = tree.root()?;
        let entry = root.entry();
        match entry.tag() {
            gimli::DW_TAG_subroutine_type => {}
            tag if is_transparent(tag) => return self.function_type(self.type_of(entry), nesting),
            _ => return Ok(None),
        }
        let is_told = self.is_prototyped(entry);
        let signature = self.without_parameters(entry, String::new())?;
        let Some(mut signature) = signature.filter(|_| is_told) else {
            return Ok(None);
        };
        signature.origin = Origin::Tabled;
        let mut parameters = root.children();
        while let Some(parameter) = parameters.next()? {
            match parameter.entry().tag() {
                gimli::DW_TAG_formal_parameter => match self.parameter(parameter.entry())? {
                    Some(parameter) => signature.parameters.push(parameter),
                    None => return Ok(None),
                },
                gimli::DW_TAG_unspecified_parameters => signature.variadic = true,
                _ => {}
            }
        }
        let is_any = signature.parameters.is_empty() && signature.result.is_none();
        Ok((!is_any).then_some(signature))
    }

    fn size_of(&self, ty: Option<UnitOffset>, nesting: Nesting<'_>) -> gimli::Result<Option<u64>> {
        let (Some(ty), Some(nesting)) = (ty, nesting.inner()) else {
            return Ok(None);
        };
        let entry = self.unit.entry(ty)?;
        let size = entry.attr_value(gimli::DW_AT_byte_size);
        if let Some(size) = size.and_then(|size| size.udata_value()) {
            return Ok(Some(size));
        }
        let of = self.type_of(&entry);
        Ok(match entry.tag() {
            gimli::DW_TAG_pointer_type => Some(self.unit.encoding().address_size.into()),
            gimli::DW_TAG_array_type => {
                let size = self.size_of(of, nesting)?;
                let count = self.count(&entry)?;
                size.zip(count)
                    .and_then(|(size, count)| size.checked_mul(count))
            }
            tag if is_transparent(tag) => return self.size_of(of, nesting),
            _ => None,
        })
    }
}
