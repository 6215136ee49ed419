//! Whatever a run on numbers reaches lies in the abstract state of that place.
//!
//! Random programs are analysed, then run by the concrete evaluator. After each
//! instruction there must be numbers for the bases of the abstract state that
//! give every register, slot and condition the number that the run has there,
//! and no branch that the run takes may have been ruled out.

mod programs;
mod valuation;

use super::*;
use crate::conventions::SYSTEM_V_X86_64;
use crate::inputs::{Image, SectionId};
use crate::interpret::Base;
use crate::interpret::code::behind;
use crate::machine::concrete::{Layout, Machine, Step};
use crate::machine::x86::Lifter;
use crate::machine::{Effects, Flow};
use crate::registers::Register;
use programs::{Dice, image_of};
use valuation::{Valuation, entry_machine};

const START: Place = Place {
    section: SectionId(0),
    offset: 0,
};

fn surroundings(image: &Image) -> Surroundings<'_> {
    Surroundings::new(image, &SYSTEM_V_X86_64)
}

/// Analyses one program and follows some of its runs.
fn check(program: &[u8], seed: u64) {
    let image = image_of(program);
    let around = surroundings(&image);
    let mut code = Code::new(&image);
    let contract = Contract::of(&SYSTEM_V_X86_64);
    let calls = match seed % 3 {
        0 => Calls::Closely,
        _ => Calls::ByContract,
    };
    let analysis = Explorer::analyse(&mut code, &around, calls, START, &contract);
    let gave_up = |seen: &super::super::Seen| matches!(seen.event, Event::Unknown { .. });
    if analysis.facts.events.iter().any(gave_up) {
        return;
    }
    let mut granted = Granted::default();
    loop {
        let mut explorer = Explorer::new(&mut code, &around, calls, &[START], &contract);
        explorer.granted = granted;
        explorer.settle();
        if let Some(other) = explorer.again() {
            granted = other;
            continue;
        }
        for run in 0..3 {
            let seed = seed.wrapping_mul(31) + run;
            follow(&mut explorer, &image, START, program, seed);
        }
        return;
    }
}

/// Analyses a program together with a root that begins somewhere in it, and follows runs of both.
fn check_together(program: &[u8], seed: u64) {
    let image = image_of(program);
    let around = surroundings(&image);
    let mut code = Code::new(&image);
    let contract = Contract::of(&SYSTEM_V_X86_64);
    let mut within = START;
    for _ in 0..seed % 7 {
        let Ok(instruction) = code.at(within) else {
            return;
        };
        within = behind(within, instruction.length);
    }
    let roots = [START, within];
    let mut explorer = Explorer::new(&mut code, &around, Calls::ByContract, &roots, &contract);
    explorer.settle();
    let mut records = explorer.blocks.iter().map(|block| &block.record);
    let gave_up = |seen: &Seen| matches!(seen.event, Event::Unknown { .. });
    if !explorer.summaries.is_empty() || records.any(|record| record.events.iter().any(gave_up)) {
        return;
    }
    for root in roots {
        follow(&mut explorer, &image, root, program, seed);
    }
}

/// Runs the program once, comparing after each instruction.
fn follow(explorer: &mut Explorer<'_, '_>, image: &Image, root: Place, program: &[u8], seed: u64) {
    let layout = Layout::new(image);
    let mut machine = entry_machine(&layout, seed);
    let mut lifter = Lifter::new(image);
    let mut effects = Effects::new();
    let mut place = root;
    let mut trace = Vec::new();
    explorer.evaluator.record.clear();
    let mut context = 0;
    let mut callers = Vec::new();
    let key = Key {
        place,
        context,
        stack_pointer: Value::FRAME,
        base: GsBase::AsEntered,
        links: Links::NONE,
    };
    let entry = enclosing(explorer, &layout, seed, &mut machine, &key);
    let Ok(mut state) = entry else {
        panic!("no state at the entry of {program:02x?}: {entry:?}");
    };
    for _ in 0..200 {
        trace.push(place.offset);
        if lifter.lift(place, &mut effects).is_err() {
            return;
        }
        let at = At { place, context };
        explorer.evaluator.run(&mut state, at, &effects.list);
        let (next, is_return) = match machine.step(&effects, place) {
            Step::Continue(next) => (next, false),
            Step::Call(crate::machine::concrete::Destination::Place(next)) => (next, false),
            Step::Return(address) => match layout.place_of(address) {
                Some(next) => (next, true),
                None => return,
            },
            _ => return,
        };
        // The run is held to no more than what was assumed.
        if explorer.evaluator.record.assumptions.index_in_bounds {
            return;
        }
        let behind = place.offset + i64::from(effects.length);
        let Some(leads_to) = lead(explorer, &mut callers, at, effects.flow, behind, next) else {
            return;
        };
        if let Flow::Branch { target, taken, .. } = effects.flow {
            let value = explorer.evaluator.operand(taken);
            let jumps = next.offset != behind;
            let both = explorer.reference(target) == explorer.evaluator.terms.place(next) && !jumps;
            let terms = &mut explorer.evaluator.terms;
            assert!(
                both || state.assume(terms, value, jumps),
                "a branch was ruled out that run {seed} of {program:02x?} takes: {trace:x?}"
            );
        }
        let found =
            Valuation::new(&explorer.evaluator.terms, &layout, seed).contains(&state, &mut machine);
        if let Err(why) = found {
            panic!("run {seed} of {program:02x?} left its state: {trace:x?}: {why}\n{state:?}");
        }
        (place, context) = (next, leads_to);
        let number = explorer.code.number_at(place);
        let is_start = number.is_ok_and(|number| explorer.code.is_marked(number));
        if is_start || is_return {
            let at = At { place, context };
            let key = explorer.key(at, &state);
            match enclosing(explorer, &layout, seed, &mut machine, &key) {
                Ok(entered) => state = entered,
                Err(why) => panic!(
                    "run {seed} of {program:02x?} is in no state: {trace:x?}, {place:x?}: {why:#?}"
                ),
            }
        }
    }
}

/// The context that a step leads to, if the analysis follows it there. An exit
/// to an address that is not known is an event, and no proof.
fn lead(
    explorer: &Explorer<'_, '_>,
    callers: &mut Vec<u32>,
    at: At,
    flow: Flow,
    behind: i64,
    next: Place,
) -> Option<u32> {
    match flow {
        Flow::Call(_) => {
            callers.push(at.context);
            let returns_to = Place {
                offset: behind,
                ..at.place
            };
            let own = explorer.context_ids.get(&(at.context, returns_to, next));
            own.copied().or(explorer.summary_context(next))
        }
        Flow::Return(address) => {
            let caller = callers.pop();
            let address = explorer.evaluator.operand(address);
            match explorer.evaluator.terms.as_place(address) {
                Some(place) => Some(explorer.returned_to(at, place).context),
                None if explorer.is_back(at.context, address) => caller,
                None => None,
            }
        }
        _ => Some(at.context),
    }
}

/// The state of the block that a step leads to, if the run is in it. After a
/// call that a summary speaks of, that is not the block of the step's own state.
fn enclosing(
    explorer: &Explorer<'_, '_>,
    layout: &Layout<'_>,
    seed: u64,
    machine: &mut Machine<'_>,
    key: &Key,
) -> Result<State, Vec<String>> {
    let mut why = Vec::new();
    let here = explorer.blocks.iter();
    let mut here: Vec<_> = here
        .filter(|block| block.key.place == key.place && block.key.context == key.context)
        .collect();
    // The block that the analysis goes to from there comes before others that the run may be in.
    here.sort_by_key(|block| (block.key != *key, block.key.stack_pointer));
    for block in here {
        let terms = &explorer.evaluator.terms;
        let mut valuation = Valuation::new(terms, layout, seed);
        match valuation.contains(&block.state, machine) {
            Ok(()) => return Ok(State::clone(&block.state)),
            Err(reason) => why.push(reason),
        }
    }
    Err(why)
}

#[test]
fn what_runs_reach_lies_in_the_abstract_states() {
    let count = std::env::var("ABIDE_PROGRAMS")
        .ok()
        .and_then(|n| n.parse().ok());
    for seed in 0..count.unwrap_or(800) {
        let program = programs::random(&mut Dice::new(seed));
        check(&program, seed);
        check_together(&program, seed);
    }
}

fn analyse(program: &[u8]) -> Analysis {
    let image = image_of(program);
    let around = surroundings(&image);
    let contract = Contract::of(&SYSTEM_V_X86_64);
    let mut code = Code::new(&image);
    Explorer::analyse(&mut code, &around, Calls::ByContract, START, &contract)
}

/// The registers of the convention's preserved set that a program does not
/// give back at some return; none where the analysis gave up.
fn clobbered(program: &[u8]) -> Option<Vec<Register>> {
    let analysis = analyse(program);
    let mut bad = Vec::new();
    for seen in &analysis.facts.events {
        match &seen.event {
            Event::Unknown { .. } => return None,
            Event::Exit { state, .. } => {
                let is_bad = |&r: &Register| {
                    analysis.terms.as_base(state.register(r)) != Some(Base::Entry(r))
                };
                bad.extend(SYSTEM_V_X86_64.preserved.iter().filter(is_bad));
            }
            _ => {}
        }
    }
    Some(bad)
}

#[test]
fn helpers_that_call_themselves_are_summarised() {
    // call h; ret; h: push rbx; mov ebx, edi; dec edi; jz +5; call h; pop rbx; ret.
    let kept = [
        0xe8, 0x01, 0, 0, 0, 0xc3, 0x53, 0x89, 0xfb, 0xff, 0xcf, 0x74, 0x05, 0xe8, 0xf4, 0xff,
        0xff, 0xff, 0x5b, 0xc3,
    ];
    assert_eq!(clobbered(&kept), Some(Vec::new()));
    // The same without push and pop: it gives rbx back at no depth.
    let mut lost = kept;
    (lost[6], lost[18]) = (0x90, 0x90);
    assert_eq!(clobbered(&lost), Some(vec![Register::RBX]));
    // It writes over its return address: mov [rsp + 8], rdi for mov ebx, edi; dec edi.
    let mut above = vec![0xe8, 0x01, 0, 0, 0, 0xc3, 0x53];
    above.extend([
        0x48, 0x89, 0x7c, 0x24, 0x08, 0x74, 0x05, 0xe8, 0xf3, 0xff, 0xff, 0xff,
    ]);
    above.extend([0x5b, 0xc3]);
    assert_eq!(clobbered(&above), None);
}

/// Programs that once showed an unsound step, by hand.
#[test]
fn known_traps_are_avoided() {
    let traps: [&[u8]; 4] = [
        // `cmp edi, -1; je`: the immediate comes extended to 64 bits.
        &[0x83, 0xff, 0xff, 0x74, 0x01, 0xc3, 0xc3],
        // A loop whose head is found late: std; a: dec edi; jnz b; ret; b: cld; jmp a.
        &[0xfd, 0xff, 0xcf, 0x75, 0x01, 0xc3, 0xfc, 0xeb, 0xf8],
        // `test rdi, rdi; js; add rdi, 8; js`: a sum that wraps.
        &[
            0x48, 0x85, 0xff, 0x78, 0x07, 0x48, 0x83, 0xc7, 0x08, 0x78, 0x01, 0xc3, 0xc3,
        ],
        // Two slots of one value, one of which a store changes on one way only:
        // inc r11; push r11; push r11; and edi, 8; test esi, esi; jz +4; mov byte [rsp + rdi], 1;
        // pop rcx; pop rdx; sub rcx, rdx; jz +1.
        &[
            0x49, 0xff, 0xc3, 0x41, 0x53, 0x41, 0x53, 0x83, 0xe7, 0x08, 0x85, 0xf6, 0x74, 0x04,
            0xc6, 0x04, 0x3c, 0x01, 0x59, 0x5a, 0x48, 0x29, 0xd1, 0x74, 0x01, 0xc3, 0xc3,
        ],
    ];
    for trap in traps {
        for seed in 0..40 {
            check(trap, seed);
        }
    }
}
