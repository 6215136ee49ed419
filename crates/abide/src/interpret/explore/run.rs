//! One run of a block: its instructions, one after the other, up to where the next block begins.

use std::sync::Arc;

use super::Explorer;
use crate::contracts::Stated;
use crate::inputs::Place;
use crate::interpret::code::behind;
use crate::interpret::evaluate::At;
use crate::interpret::events::{Event, Exit, Reason};
use crate::interpret::state::{FlagSource, State};
use crate::interpret::terms::Value;
use crate::machine::Flow;
use crate::machine::x86::is_far_branch;

impl Explorer<'_, '_> {
    pub(super) fn run_block(&mut self, number: u32) {
        self.evaluator.record.clear();
        self.evaluator.block = number;
        self.blocks[number as usize].has_run = true;
        let mut state = self.spares.copy(&self.blocks[number as usize].state);
        self.run_from(number, &mut state);
        self.spares.put(state);
        let mut record = self.evaluator.record.take();
        let before = &mut self.blocks[number as usize].record;
        // What a loop writes to an argument, its first turn found as the caller left it.
        let read = &mut record.assumptions.read_arguments;
        *read = before.assumptions.read_arguments.max(*read);
        *before = record;
    }

    fn run_from(&mut self, number: u32, state: &mut State) {
        let block = &self.blocks[number as usize];
        let mut at = At {
            place: block.key.place,
            context: block.key.context,
        };
        if self.evaluator.terms.contract().is_unfamiliar {
            let reason = Reason::Convention(None);
            return self.evaluator.record(at, Event::Unknown { reason });
        }
        self.evaluator.guard = self.guard_of(at.context);
        let mut first = true;
        let is_unwound = self.has_unwind && at.context == 0;
        // How many plain instructions are to run one by one.
        let mut one_by_one: u32 = 0;
        // Up to where code is known to be of the mode that the processor is in.
        let mut end_of_mode = i64::MIN;
        let mut found = self.code.number_at(at.place);
        loop {
            if at.place.offset >= end_of_mode {
                if !self.is_in_mode(state, at) {
                    return;
                }
                end_of_mode = self.around.image.modes().end_of_run(at.place);
            }
            let Ok(instruction) = found else {
                if is_far_branch(self.code.image(), at.place) {
                    let reason = Reason::Mode(0);
                    return self.evaluator.record(at, Event::Unknown { reason });
                }
                let into = self.what_lies_at(at.place);
                return self.evaluator.record(at, Event::FellThrough { into });
            };
            if !first && self.code.is_marked(instruction) {
                return self.enter(at, state, Some(number));
            }
            first = false;
            let is_call = matches!(self.code.flow(instruction), Flow::Call(_));
            if is_unwound || is_call && at.context == 0 {
                let call = is_call.then(|| self.code.length(instruction));
                self.unwind(state, at, call);
            }
            // Where not all of a stretch is plain in this state, some of its instructions are.
            let stretch = match one_by_one {
                0 if !is_unwound => self.code.stretch(instruction, at.place),
                _ => self.code.alone(instruction),
            };
            if let Some(stretch) = stretch {
                let on_frame = self.code.on_frame(stretch.plain);
                if self.evaluator.run_plain(state, stretch.plain, on_frame) {
                    one_by_one = one_by_one.saturating_sub(stretch.count);
                    self.visited += u64::from(stretch.count);
                    at.place.offset += i64::from(stretch.bytes);
                    self.blocks[number as usize].end = at.place.offset;
                    found = self.code.number_behind(stretch.last, at.place);
                    continue;
                }
                one_by_one = one_by_one.max(stretch.count);
            }
            one_by_one = one_by_one.saturating_sub(1);
            self.visited += 1;
            let Some(next) = self.step(state, at, instruction, number) else {
                return;
            };
            at.place = next;
            found = self.code.number_behind(instruction, next);
        }
    }

    /// Runs one instruction; the place behind it, where the next instruction comes next.
    pub(super) fn step(
        &mut self,
        state: &mut State,
        at: At,
        number: u32,
        from: u32,
    ) -> Option<Place> {
        let instruction = self.code.with_effects(number, at.place);
        let next = behind(at.place, instruction.length);
        self.blocks[from as usize].end = next.offset;
        let effects = self.code.effects(&instruction);
        if let Flow::System(takes) = instruction.flow {
            let terms = &self.evaluator.terms;
            let hands_out = |register| terms.has_frame(state.register(register));
            state.escaped |= takes.iter().any(hands_out);
        }
        self.evaluator.run(state, at, effects);
        let goes_on = match instruction.flow {
            Flow::Next => true,
            flow => self.follow(state, at, next, flow, from),
        };
        if std::mem::take(&mut self.evaluator.passed_guard) {
            self.wrote_above(at.context);
        }
        goes_on.then_some(next)
    }

    fn what_lies_at(&self, place: Place) -> &'static str {
        match self.evaluator.image.section(place.section) {
            Some(section) if place.offset as u64 >= section.size => "the end of the section",
            Some(section) if !section.flags.execute => "data",
            _ => "bytes that are no instruction",
        }
    }

    /// Follows an instruction's flow; true where the next instruction comes next.
    pub(super) fn follow(
        &mut self,
        state: &mut State,
        at: At,
        next: Place,
        flow: Flow,
        from: u32,
    ) -> bool {
        match flow {
            Flow::Next | Flow::Halt => true,
            Flow::System(_) => {
                self.leave_to_kernel(state, at);
                true
            }
            Flow::Stop => false,
            Flow::Unknown(_) if self.stated(at).is_some_and(Stated::tells_flow) => {
                self.follow_stated(state, at, from)
            }
            Flow::Unknown(why) => {
                let reason = Reason::Instruction(why);
                self.evaluator.record(at, Event::Unknown { reason });
                false
            }
            Flow::InterruptReturn { bits } if self.is_handler => {
                let exit = Exit::Resume { bits };
                let state = Arc::new(state.clone());
                self.evaluator.record(at, Event::Exit { exit, state });
                false
            }
            Flow::InterruptReturn { .. } => {
                let reason = Reason::InterruptReturn;
                self.evaluator.record(at, Event::Unknown { reason });
                false
            }
            Flow::Far { address, selector } => {
                self.far(state, at, address, selector, from);
                false
            }
            Flow::SwapBase | Flow::WriteBase => {
                state.base = state.base.behind(flow);
                true
            }
            Flow::SetMode(value) => self.set_mode(state, at, value),
            Flow::Branch {
                target,
                taken,
                condition,
            } => self.branch(state, at, target, taken, condition, from),
            Flow::Jump(target) => {
                self.note_stub(state, at);
                let target = self.target(at, target);
                self.jump(state, at, target, from);
                false
            }
            Flow::Call(target) => {
                self.note_stub(state, at);
                let target = self.target(at, target);
                self.call(state, at, next, target, from)
            }
            Flow::Return(address) => {
                let address = self.evaluator.operand(address);
                self.give_back(state, at, address, from);
                false
            }
        }
    }

    /// An instruction that is not modelled, as it is declared; true where the next comes next.
    fn follow_stated(&mut self, state: &mut State, at: At, from: u32) -> bool {
        let Some(stated) = self.stated(at) else {
            return false;
        };
        for &place in &stated.leads_to {
            let mut state = state.clone();
            self.jump_to(&mut state, at, place, from);
        }
        for register in stated
            .clobbers
            .iter()
            .flat_map(|registers| registers.iter())
        {
            if let Some(value) = state.registers.get_mut(register.index()) {
                *value = Value::ANYTHING;
            }
        }
        state.carry = FlagSource::Open(None);
        state.status = FlagSource::Open(None);
        stated.clobbers.is_some()
    }
}
