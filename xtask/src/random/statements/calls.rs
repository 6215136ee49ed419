//! Calls, and what is done around them.

use super::super::dialect::{BP, COUNTER, SP, TARGET};
use super::Function;

impl Function<'_> {
    /// Sets what a callee may take for arguments, and what a call has left as garbage.
    pub(super) fn set_arguments(&mut self) {
        for register in self.dialect.general(false) {
            if self.pointer != Some(register) {
                let name = self.dialect.name(register, 4);
                let number = self.random.below(64);
                self.line(format!("mov {name}, {number}"));
            }
        }
    }
}

/// A call of a private helper, none of which changes what this function has not saved; or nearly none.
pub(super) fn helper(f: &mut Function<'_>, _: u32) {
    let helpers = f.dialect.helpers;
    let helper = &helpers[f.random.below(helpers.len() as u64) as usize];
    let is_saved = helper
        .changes
        .iter()
        .all(|&register| f.has_saved(register) && f.usable.contains(&register));
    if is_saved || f.slips(6) {
        f.line(format!("call {}", helper.name));
    }
}

/// A call by the convention, of what is not in the unit.
pub(super) fn outside(f: &mut Function<'_>, _: u32) {
    let home = f.dialect.convention.home_space;
    let missing = (f.residue() + 16 * 1024 - home) % 16;
    let missing = if f.slips(8) {
        missing + f.dialect.word
    } else {
        missing
    };
    let bytes = missing + home;
    let pointer = f.pointer.take();
    f.set_arguments();
    if bytes > 0 {
        f.move_sp(-i64::from(bytes));
    }
    f.line("call outside".to_owned());
    if bytes > 0 {
        f.move_sp(i64::from(bytes));
    }
    f.set_arguments();
    // It is garbage now.
    f.pointer = pointer.filter(|_| false);
}

/// A helper that writes where it is told.
pub(super) fn filler(f: &mut Function<'_>, _: u32) {
    let free = [COUNTER, TARGET].map(|register| f.usable.contains(&register));
    let Some(words) = f.words().filter(|_| free == [true; 2]) else {
        return;
    };
    let [counter, target] = [f.dialect.name(COUNTER, 4), f.whole(TARGET)];
    let first = f.random.below(u64::from(words)) as u32;
    let place = f.place(first * f.dialect.word);
    f.line(format!("lea {target}, {place}"));
    f.line(format!("mov {counter}, {}", words - first));
    f.line("call fills".to_owned());
    f.line(format!("mov {target}, {words}"));
}

/// A register that the function has not saved is, for a while: pushed, in a local or in a vector register.
pub(super) fn borrowed_register(f: &mut Function<'_>, depth: u32) {
    let preserved = f.dialect.general(true);
    let free = preserved
        .iter()
        .filter(|&&register| register != BP && !f.has_saved(register));
    let free: Vec<_> = free.copied().collect();
    let Some(&register) = free.get(f.random.below(free.len() as u64) as usize) else {
        return;
    };
    let name = f.whole(register);
    let other = f.register();
    let other = f.whole(other);
    match f.random.below(3) {
        0 => {
            f.line(format!("push {name}"));
            f.pushed += f.dialect.word;
            f.line(format!("mov {name}, {other}"));
            f.usable.push(register);
            f.inner_block(depth);
            f.usable.retain(|&other| other != register);
            f.pushed -= f.dialect.word;
            f.line(format!("pop {name}"));
        }
        1 => {
            let Some(offset) = f.offset(f.dialect.word) else {
                return;
            };
            let place = f.place(offset);
            f.line(format!("mov {place}, {name}"));
            f.line(format!("lea {name}, [{other}+1]"));
            if f.slips(2) {
                f.inner_block(depth);
            }
            f.line(format!("mov {name}, {place}"));
        }
        _ => {
            f.line(format!("xchg {name}, {other}"));
            f.line(format!("add {name}, 1"));
            f.line(format!("xchg {name}, {other}"));
            if !f.slips(2) {
                f.line(format!("dec {other}"));
                // What was added to the one is in the other, so that nothing is lost.
            }
        }
    }
}

/// SP is kept in a register, and comes back from it.
pub(super) fn stack_pointer_in_a_register(f: &mut Function<'_>, depth: u32) {
    let (holder, other) = (f.register(), f.register());
    if holder == other {
        return;
    }
    let (word, sp) = (f.dialect.word, f.whole(SP));
    let size = word * (1 + f.random.below(6) as u32);
    let (holder_name, other) = (f.whole(holder), f.whole(other));
    match f.random.below(3) {
        0 => {
            f.line(format!("mov {holder_name}, {sp}"));
            f.move_sp(-i64::from(size));
            f.pushed += size;
            let usable = f.usable.clone();
            if !f.slips(4) {
                f.usable.retain(|&register| register != holder);
            }
            f.inner_block(depth);
            f.usable = usable;
            f.pushed -= size;
            f.line(format!("mov {sp}, {holder_name}"));
        }
        1 => {
            f.line(format!("lea {holder_name}, [{sp}-{size}]"));
            f.line(format!("xchg {holder_name}, {sp}"));
            f.line(format!("mov [{sp}], {other}"));
            f.line(format!("mov {sp}, {holder_name}"));
        }
        _ => {
            f.line(format!("mov {holder_name}, {size}"));
            f.line(format!("sub {sp}, {holder_name}"));
            f.line(format!("mov [{sp}], {other}"));
            let back = if f.slips(8) { size + word } else { size };
            f.line(format!("mov {holder_name}, {back}"));
            f.line(format!("lea {sp}, [{sp}+{holder_name}]"));
        }
    }
    f.line(format!("xor {holder_name}, {holder_name}"));
}

/// A frame whose size is an argument, bounded and aligned.
pub(super) fn dynamic_frame(f: &mut Function<'_>, _: u32) {
    let (size, holder) = (f.register(), f.register());
    let other = f.register_beside(&[size, holder]);
    if size == holder {
        return;
    }
    let (sp, word) = (f.whole(SP), f.dialect.word);
    let (size, holder, other) = (f.whole(size), f.whole(holder), f.whole(other));
    f.line(format!("and {size}, {}", 16 * 7));
    f.line(format!("mov {holder}, {sp}"));
    match f.random.below(3) {
        0 => f.line(format!("sub {sp}, {size}")),
        1 => {
            f.line(format!("neg {size}"));
            f.line(format!("add {sp}, {size}"));
        }
        _ => {
            f.line(format!("mov {size}, {size}"));
            f.line(format!("sub {sp}, {size}"));
            f.move_sp(-32);
        }
    }
    // At its least it has no room.
    if f.slips(3) {
        let up = word * f.random.below(6) as u32;
        f.line(format!("mov [{sp}+{up}], {other}"));
    } else {
        f.line(format!("push {other}"));
    }
    match f.random.below(3) {
        0 => f.line(format!("lea {sp}, [{holder}]")),
        _ => f.line(format!("mov {sp}, {holder}")),
    }
    f.line(format!("xor {holder}, {holder}"));
}

/// A frame within the frame, by `enter` and `leave`.
pub(super) fn inner_frame(f: &mut Function<'_>, depth: u32) {
    let (bp, sp, word) = (f.whole(BP), f.whole(SP), f.dialect.word);
    if !f.has_saved(BP) || !f.usable.contains(&BP) {
        return;
    }
    let size = word * f.random.below(5) as u32;
    if f.random.one_in(2) {
        f.line(format!("enter {size}, 0"));
    } else {
        f.line(format!("push {bp}"));
        f.line(format!("mov {bp}, {sp}"));
        f.line(format!("sub {sp}, {size}"));
    }
    f.pushed += size + word;
    let usable = f.usable.clone();
    if !f.slips(6) {
        f.usable.retain(|&register| register != BP);
    }
    f.inner_block(depth);
    f.usable = usable;
    f.pushed -= size + word;
    f.line("leave".to_owned());
}
