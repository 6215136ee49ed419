//! Whether code reads what a changed declaration makes garbage, as a reader of a listing tells: the
//! first instruction that names the register reads it, before anything is called, since a helper may
//! write it. What is read may still decide nothing.

use abide::contracts::Contract;
use abide::registers::Register;
use iced_x86::{FlowControl, InstructionInfoFactory, OpAccess};

use crate::mutants::subject::Subject;

/// Whether it does, for any general register.
pub(crate) fn garbage(subject: &Subject, before: &Contract, after: &Contract) -> bool {
    let spoilt = (0..16)
        .map(Register)
        .filter(|&register| after.garbage_in(register) & !before.garbage_in(register) != 0);
    spoilt
        .into_iter()
        .any(|register| is_read_first(subject, register, before, after))
}

fn is_read_first(
    subject: &Subject,
    register: Register,
    before: &Contract,
    after: &Contract,
) -> bool {
    let spoilt = after.garbage_in(register) & !before.garbage_in(register);
    let name = register.to_string();
    let mut factory = InstructionInfoFactory::new();
    for step in subject
        .body
        .steps
        .range(subject.body.entry..)
        .map(|(_, step)| step)
    {
        let info = factory.info(&step.instruction);
        let named = info.used_registers().iter().filter(|used| {
            let full = format!("{:?}", used.register().full_register());
            full.eq_ignore_ascii_case(&name)
        });
        let named: Vec<_> = named.collect();
        if named.is_empty() {
            if step.instruction.flow_control() == FlowControl::Call {
                return false;
            }
            continue;
        }
        return named.iter().any(|used| {
            let reaches = spoilt & u64::MAX >> (64 - 8 * used.register().size().min(8)) != 0;
            reaches && !matches!(used.access(), OpAccess::Write | OpAccess::CondWrite)
        });
    }
    false
}
