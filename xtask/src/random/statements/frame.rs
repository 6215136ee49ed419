//! The frame's memory, by numbers and by indices.

use super::super::dialect::{COUNTER, General, SOURCE, SP, TARGET};
use super::Function;

impl Function<'_> {
    /// An offset into the locals with room for so many bytes behind it; now and then of more than they have.
    pub(super) fn offset(&mut self, bytes: u32) -> Option<u32> {
        let word = self.dialect.word;
        let slip = if self.slips(40) { word } else { 0 };
        let room = (self.locals + slip).checked_sub(bytes)?;
        let step = [1, 4, word, word, word, word][self.random.below(6) as usize];
        Some(step * self.random.below(u64::from(room / step) + 1) as u32)
    }

    /// How many words the locals have; now and then one more. None if there are few.
    pub(super) fn words(&mut self) -> Option<u32> {
        let words = self.locals / self.dialect.word;
        let slip = u32::from(self.slips(16));
        (words >= 2).then_some(words + slip)
    }

    /// Reads, writes or changes an element of the locals.
    pub(super) fn access(&mut self, index: General, width: u32, offset: i64) {
        let place = self.element(index, width, offset);
        let other = self.register_beside(&[index]);
        let other = self.dialect.name(other % self.byte_limit(width), width);
        let text = match self.random.below(10) {
            0..=5 => format!("mov {place}, {other}"),
            6..=8 => format!("mov {other}, {place}"),
            _ => format!("add {place}, {other}"),
        };
        self.line(text);
    }

    /// The first register that has no name of this width; none in 64-bit code.
    fn byte_limit(&self, width: u32) -> u8 {
        match width {
            1 if self.dialect.is_narrow() => 3,
            _ => 16,
        }
    }

    fn name_of(&mut self, width: u32) -> String {
        let register = self.register() % self.byte_limit(width);
        self.dialect.name(register, width)
    }
}

pub(super) fn store(f: &mut Function<'_>, _: u32) {
    let width = f.width();
    if let Some(offset) = f.offset(width) {
        let (place, name) = (f.place(offset), f.name_of(width));
        f.line(format!("mov {place}, {name}"));
    }
}

pub(super) fn load(f: &mut Function<'_>, _: u32) {
    let width = f.width();
    if let Some(offset) = f.offset(width) {
        let (place, name) = (f.place(offset), f.name_of(width));
        f.line(format!("mov {name}, {place}"));
    }
}

pub(super) fn extended_load(f: &mut Function<'_>, _: u32) {
    if let Some(offset) = f.offset(4) {
        let (place, register) = (f.place(offset), f.register());
        let (whole, low) = (f.whole(register), f.dialect.name(register, 4));
        let text = match f.random.below(4) {
            0 if !f.dialect.is_narrow() => format!("movsxd {whole}, dword {place}"),
            1 => format!("movsx {low}, word {place}"),
            2 => format!("movsx {whole}, byte {place}"),
            _ => format!("movzx {low}, byte {place}"),
        };
        f.line(text);
    }
}

pub(super) fn vector(f: &mut Function<'_>, _: u32) {
    if let Some(offset) = f.offset(16) {
        let (place, vector) = (f.place(offset), f.vector());
        let what = f.one_of(&["movups", "movdqu", "vmovdqu"]);
        let text = match f.random.below(3) {
            0 => format!("{what} xmm{vector}, {place}"),
            _ => format!("{what} {place}, xmm{vector}"),
        };
        f.line(text);
    }
}

pub(super) fn halves(f: &mut Function<'_>, _: u32) {
    let (Some(from), Some(to)) = (f.offset(16), f.offset(8)) else {
        return;
    };
    let (from, to, vector) = (f.place(from), f.place(to), f.vector());
    let register = f.register();
    let register = f.whole(register);
    match f.random.below(4) {
        0 => {
            f.line(format!("movhps xmm{vector}, {from}"));
            f.line(format!("movlps {to}, xmm{vector}"));
        }
        1 => {
            f.line(format!("movups xmm{vector}, {from}"));
            f.line(format!("movhps {to}, xmm{vector}"));
        }
        2 if !f.dialect.is_narrow() => {
            f.line(format!("pinsrq xmm{vector}, {register}, 1"));
            f.line(format!("movdqu {from}, xmm{vector}"));
        }
        _ => {
            f.line(format!("pextrd {to}, xmm{vector}, 2"));
        }
    }
}

/// An access that demands an alignment, which the place has, or nearly.
pub(super) fn aligned_vector(f: &mut Function<'_>, _: u32) {
    let first = (16 - f.residue()) % 16;
    let first = if f.slips(8) { first + 8 } else { first };
    // What lies at the place is counted from SP, and locals begin above what was pushed.
    let (Some(offset), vector) = (first.checked_sub(f.pushed % 16), f.vector()) else {
        return;
    };
    let offset = offset + 16 * f.random.below(3) as u32;
    let aligned = offset + f.pushed % 16;
    if f.pushed.is_multiple_of(16) && aligned + 16 <= f.locals {
        let place = f.place(aligned);
        f.line(format!("movaps {place}, xmm{vector}"));
    }
}

/// `and` bounds an index.
pub(super) fn masked_index(f: &mut Function<'_>, _: u32) {
    let index = f.register();
    let width = [f.dialect.word, 4, 1][f.random.below(3) as usize];
    let room = f.locals / width;
    if room < 2 {
        return;
    }
    let slip = u32::from(f.slips(10));
    let count = 1 << (room.ilog2() + slip);
    let mask = f
        .dialect
        .name(index, [4, f.dialect.word][f.random.below(2) as usize]);
    f.line(format!("and {mask}, {}", count - 1));
    let last = f.locals.saturating_sub(count * width);
    let offset = f.random.below(u64::from(last) + 1) as i64;
    f.access(index, width, offset);
}

/// A comparison bounds an index, of one width or another.
pub(super) fn compared_index(f: &mut Function<'_>, _: u32) {
    let Some(words) = f.words() else { return };
    let (index, end, word) = (f.register(), f.label(), f.dialect.word);
    let low = f.dialect.name(index, 4);
    let whole = f.whole(index);
    match f.random.below(6) {
        0 | 1 => {
            f.line(format!("cmp {whole}, {words}"));
            let jump = if f.slips(6) { "jge" } else { "jae" };
            f.line(format!("{jump} {end}"));
        }
        2 => {
            f.line(format!("cmp {low}, {}", words - 1));
            f.line(format!("ja {end}"));
            // The comparison tells the low half alone.
            if !f.slips(3) {
                f.line(format!("mov {low}, {low}"));
            }
        }
        3 => {
            f.line(format!("test {low}, {low}"));
            f.line(format!("js {end}"));
            f.line(format!("cmp {low}, {words}"));
            f.line(format!("jge {end}"));
            let text = match f.dialect.is_narrow() {
                true => format!("mov {low}, {low}"),
                false => format!("movsxd {whole}, {low}"),
            };
            f.line(text);
        }
        4 => {
            f.line(format!("lea {low}, [{whole}-1]"));
            f.line(format!("cmp {low}, {}", words - 1));
            f.line(format!("jae {end}"));
        }
        _ => {
            f.line(format!("sub {whole}, {words}"));
            f.line(format!("jnc {end}"));
            f.line(format!("add {whole}, {words}"));
        }
    }
    f.access(index, word, 0);
    f.place_label(&end);
}

/// What is not a branch bounds an index: a narrow load, a shift, a conditional move.
pub(super) fn clamped_index(f: &mut Function<'_>, _: u32) {
    let Some(words) = f.words() else { return };
    let index = f.register();
    let bound = f.register_beside(&[index]);
    let (whole, low, limit) = (f.whole(index), f.dialect.name(index, 4), f.whole(bound));
    match f.random.below(4) {
        0 => {
            let narrow = f.dialect.name(index % 3, 1);
            f.line(format!("movzx {low}, {narrow}"));
            let bits = 8 - words.ilog2().min(8);
            f.line(format!("shr {low}, {bits}"));
        }
        1 => {
            f.line(format!("mov {limit}, {}", words - 1));
            f.line(format!("cmp {whole}, {limit}"));
            let what = if f.slips(6) { "cmovg" } else { "cmova" };
            f.line(format!("{what} {whole}, {limit}"));
        }
        2 => {
            f.line(format!(
                "shr {whole}, {}",
                8 * f.dialect.word - words.ilog2()
            ));
        }
        _ => {
            f.line(format!("cmp {whole}, {words}"));
            f.line(format!("sbb {limit}, {limit}"));
            f.line(format!("and {whole}, {limit}"));
        }
    }
    let word = f.dialect.word;
    f.access(index, word, 0);
}

/// An index that counts down from the end of the locals.
pub(super) fn signed_index(f: &mut Function<'_>, _: u32) {
    let Some(words) = f.words() else { return };
    let index = f.register();
    let (whole, word) = (f.whole(index), f.dialect.word);
    let count = 1_u32 << words.ilog2();
    f.line(format!("and {whole}, {}", count - 1));
    match f.random.below(3) {
        0 => f.line(format!("neg {whole}")),
        1 => f.line(format!("sub {whole}, {}", count - 1)),
        _ => f.line(format!("or {whole}, -{count}")),
    }
    let slip = if f.slips(6) { 1 } else { 0 };
    f.access(index, word, i64::from(word * (count - 1 + slip)));
}

pub(super) fn address_in_a_register(f: &mut Function<'_>, _: u32) {
    let Some(offset) = f.offset(f.dialect.word) else {
        return;
    };
    let address = f.register();
    let other = f.register_beside(&[address]);
    let (sp, place) = (f.whole(SP), f.place(offset));
    let (address, other) = (f.whole(address), f.whole(other));
    match f.random.below(3) {
        0 => {
            f.line(format!("mov {address}, {sp}"));
            f.line(format!("add {address}, {}", f.pushed + offset));
        }
        1 => {
            f.line(format!("lea {other}, [{sp}+{}]", f.pushed));
            f.line(format!("mov {address}, {offset}"));
            f.line(format!("add {address}, {other}"));
        }
        _ => f.line(format!("lea {address}, {place}")),
    }
    let text = match f.random.below(3) {
        0 => format!("mov {other}, [{address}]"),
        1 => format!("xchg [{address}], {other}"),
        _ => format!("mov [{address}], {other}"),
    };
    f.line(text);
    // No address of the frame leads into arithmetic that bounds it no more.
    f.line(format!("mov {address}, {other}"));
}

pub(super) fn atomic(f: &mut Function<'_>, _: u32) {
    let width = [f.dialect.word, 4][f.random.below(2) as usize];
    if let Some(offset) = f.offset(width) {
        let (place, name) = (f.place(offset), f.name_of(width));
        let what = f.one_of(&["xchg", "xadd", "cmpxchg", "lock xadd", "or", "sub"]);
        f.line(format!("{what} {place}, {name}"));
    }
}

/// From memory to memory, by the stack or by a vector register.
pub(super) fn through_memory(f: &mut Function<'_>, _: u32) {
    let bytes = if f.random.one_in(2) {
        16
    } else {
        f.dialect.word
    };
    let (Some(from), Some(to)) = (f.offset(bytes), f.offset(bytes)) else {
        return;
    };
    let (from, to, vector) = (f.place(from), f.place(to), f.vector());
    if bytes == 16 {
        f.line(format!("movups xmm{vector}, {from}"));
        f.line(format!("movups {to}, xmm{vector}"));
    } else {
        let size = if bytes == 8 { "qword" } else { "dword" };
        f.line(format!("push {size} {from}"));
        // SP is counted behind the pop.
        f.line(format!("pop {size} {to}"));
    }
}

/// String instructions on the locals.
pub(super) fn string(f: &mut Function<'_>, _: u32) {
    let free = [COUNTER, SOURCE, TARGET].map(|register| f.usable.contains(&register));
    let Some(words) = f.words().filter(|_| free == [true; 3]) else {
        return;
    };
    let [counter, source, target] = [COUNTER, SOURCE, TARGET].map(|register| f.whole(register));
    let ending = if f.dialect.is_narrow() { "d" } else { "q" };
    let first = f.place(0);
    f.line(format!("lea {target}, {first}"));
    match f.random.below(4) {
        0 => {
            let last = f.place((words - 1) * f.dialect.word);
            f.line(format!("lea {source}, {last}"));
            f.line(format!("movs{ending}"));
        }
        1 => {
            let last = f.place((words - 1) * f.dialect.word);
            f.line(format!("lea {target}, {last}"));
            f.line("std".to_owned());
            f.line(format!("mov {counter}, {words}"));
            f.line(format!("rep stos{ending}"));
            f.line("cld".to_owned());
        }
        _ => {
            f.line(format!("mov {counter}, {words}"));
            f.line(format!("rep stos{ending}"));
        }
    }
    for name in [counter, source, target] {
        f.line(format!("mov {name}, {words}"));
    }
}

/// Below SP, as far as the convention lets.
pub(super) fn below(f: &mut Function<'_>, _: u32) {
    let [one, other] = [(); 2].map(|()| f.register());
    let (sp, word) = (f.whole(SP), f.dialect.word);
    let (one, other) = (f.whole(one), f.whole(other));
    if f.dialect.convention.red_zone > 0 {
        let down = word * (1 + f.random.below(16) as u32);
        f.line(format!("mov [{sp}-{down}], {one}"));
        f.line(format!("mov {other}, [{sp}-{down}]"));
    }
}

/// An argument on the stack is read, or written.
pub(super) fn argument(f: &mut Function<'_>, _: u32) {
    let Some(place) = f.argument_place() else {
        return;
    };
    let register = f.register();
    let register = f.whole(register);
    let text = match f.random.below(3) {
        0 => format!("mov {place}, {register}"),
        _ => format!("mov {register}, {place}"),
    };
    f.line(text);
}

/// Memory of the caller's.
pub(super) fn outside(f: &mut Function<'_>, _: u32) {
    let Some(pointer) = f.pointer else { return };
    let other = f.register();
    let (pointer, other) = (f.whole(pointer), f.whole(other));
    let offset = f.dialect.word * f.random.below(8) as u32;
    let text = match f.random.below(2) {
        0 => format!("mov [{pointer}+{offset}], {other}"),
        _ => format!("mov {other}, [{pointer}+{offset}]"),
    };
    f.line(text);
}
